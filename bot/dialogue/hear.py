"""What a message from a person means here and now, in the order in which meanings count."""

from __future__ import annotations

from datetime import timedelta

from bot.dialogue.answer import asks, take_inform, take_words
from bot.dialogue.effects import LogSession
from bot.dialogue.flow import Flow
from bot.dialogue.patterns import (
    ASK_AT,
    COMMAND_INTENTS,
    COMMANDS,
    GRAVITY,
    IMMEDIATE,
    MUNICIPALITY,
    OFFER_AT,
    SAFE_NOW,
    SMALL_TALK,
    TOPIC,
)
from bot.dialogue.payload import Inform, Meaning, Start, read_payload
from bot.dialogue.state import Mode, Phone
from bot.dialogue.triggers import gravity, wanted_flow
from bot.dialogue.walk import Talk, ask_for_human
from bot.messages import Alert, MediaKind
from bot.safety import command, number, screen
from bot.spelling import plain

#: While she waits for a person the bot says so once in this long.
_A_WHILE = timedelta(minutes=2)


def hear(talk: Talk) -> None:
    """Do what a message asks for: command, danger, answer, wish, story; else ask again in other words."""
    if _command(talk):
        return
    kinds = screen(talk.event.text).kinds if talk.event.text else frozenset()
    meaning = _meaning(talk)
    wanted = wanted_flow(talk, kinds, meaning)
    _take_note(talk, wanted)
    if talk.mode is Mode.HUMAN:
        _beside_a_human(talk, wanted, meaning)
        return
    _hand_on_media(talk)
    if _changed_under_way(talk):
        _after_a_change(talk, wanted, meaning)
    elif wanted is not None and wanted.name in IMMEDIATE:
        _face_danger(talk, wanted)
    elif isinstance(meaning, Inform):
        take_inform(talk, meaning)
    elif take_words(talk, wanted):
        return
    elif talk.mode is Mode.WAITING and meaning is None:
        _while_waiting(talk)
    elif talk.phone is Phone.UNKNOWN:
        _before_it_is_safe(talk)
    else:
        _tell(talk, wanted)


def _command(talk: Talk) -> bool:
    """A command is the whole message, or a button that stands for one; it interrupts anything."""
    word = command(talk.event.text) if talk.event.text else None
    meaning = read_payload(talk.event.payload) if talk.event.payload else None
    if isinstance(meaning, Start):
        word = COMMAND_INTENTS.get(meaning.intent, word)
    if word is None or word not in COMMANDS:
        return False
    if talk.before.phone is Phone.LEFT and word in ("exit", "stop"):
        # Said twice: the first last line was enough.
        talk.phone, talk.mode = Phone.LEFT, talk.before.mode if word == "exit" else Mode.STOPPED
        return True
    talk.start(COMMANDS[word])
    return True


def _meaning(talk: Talk) -> Meaning | None:
    """A tap, the number of a choice, or the words on it: all the same."""
    if talk.event.payload and (meaning := read_payload(talk.event.payload)):
        return meaning
    text = talk.event.text
    if not text:
        return None
    said = plain(text)
    for choice in talk.buttons:
        if said and said == plain(choice.title):
            return read_payload(choice.payload)
    n = number(text)
    if n is not None and n <= len(talk.buttons):
        return read_payload(talk.buttons[n - 1].payload)
    return Start(intent="ask_human") if command(text) == "human" else None


def _take_note(talk: Talk, wanted: Flow | None) -> None:
    """What was told once is not asked again: gravity, topic, place, who she is, and what she wants to speak of."""
    heard = talk.event.understanding
    said = f" {plain(talk.event.text)} "
    for slot in talk.book.slots.values():
        for phrase, value in slot.said.items():
            if f" {phrase} " in said:
                talk.slots[slot.name] = value
    if heard.alert > talk.alert:
        talk.alert = heard.alert
        talk.add(LogSession(alert=heard.alert))
    if wanted is not None and wanted.topic is not None:
        if gravity(wanted.topic) >= gravity(talk.slots.get(TOPIC)):
            talk.slots[TOPIC] = wanted.topic
        talk.log_topic(wanted.topic)
    place = heard.place
    if place is not None and (MUNICIPALITY not in talk.slots or heard.intent == "inform_municipality"):
        talk.slots[MUNICIPALITY] = place.code
        talk.add(LogSession(municipality=place.code, zone=place.zone or place.code))
    is_later = talk.phone is Phone.UNKNOWN and wanted is not None and wanted.name not in IMMEDIATE
    if is_later and wanted is not None and _outweighs(talk, wanted):
        talk.remembered = wanted.name  # for after her "Sí"


def _beside_a_human(talk: Talk, wanted: Flow | None, meaning: Meaning | None) -> None:
    """A person of the team speaks. The bot only keeps the lock and raises danger, without a word."""
    watched = isinstance(meaning, Inform) and meaning.slot == SAFE_NOW and meaning.value != "yes"
    if watched or (wanted is not None and wanted.name == "pattern_watched"):
        talk.phone = Phone.UNSAFE
        ask_for_human(talk, "watched", Alert.URGENT)
    talk.be_silent("human")


def _hand_on_media(talk: Talk) -> None:
    """What the bot cannot hear or see, a person does. A voice note is unknown, which counts as urgent."""
    media = talk.event.media
    if MediaKind.AUDIO in media:
        if talk.alert < Alert.URGENT:
            talk.alert = Alert.URGENT
            talk.add(LogSession(alert=Alert.URGENT))
        ask_for_human(talk, "voice_note", Alert.URGENT)
    elif any(kind is not MediaKind.STICKER for kind in media):
        ask_for_human(talk, "media", Alert.ATTENTION)
    elif talk.event.has_location:
        ask_for_human(talk, "location", Alert.ATTENTION)


def _changed_under_way(talk: Talk) -> bool:
    """Whether a deploy took the step away at which she stood."""
    flows = talk.book.flows
    gone = [f for f in talk.stack if f.flow not in flows or f.step not in flows[f.flow].steps]
    return bool(gone) or bool(talk.stack and talk.question is None)


def _after_a_change(talk: Talk, wanted: Flow | None, meaning: Meaning | None) -> None:
    talk.stack.clear()
    if isinstance(meaning, Inform) and any(asks(talk.book, meaning.slot)):
        take_inform(talk, meaning)
    elif wanted is not None and wanted.name in IMMEDIATE:
        talk.start(wanted.name)
    elif talk.phone is Phone.UNKNOWN:
        _before_it_is_safe(talk)
    elif wanted is not None:
        talk.start(wanted.name)
    else:
        talk.start("pattern_code_change")


def _face_danger(talk: Talk, wanted: Flow) -> None:
    """Danger told anew begins its conversation; the same told again while its question waits is heard as an answer."""
    if talk.flow is None or talk.flow.name != wanted.name:
        talk.start(wanted.name)
    elif not take_words(talk, wanted):
        talk.misses = min(talk.misses + 1, OFFER_AT)
        talk.ask_again()


def _before_it_is_safe(talk: Talk) -> None:
    """Only the neutral question may be said."""
    if MediaKind.AUDIO in talk.event.media and not talk.remembered:
        talk.remembered = "pattern_voice_note"
    question = talk.question
    if _is_sign_of_life(talk) and not talk.is_immediate:
        if talk.flow is not None and talk.flow.name == "pattern_silent_hello":
            talk.be_silent("asked_already")
        else:
            talk.start("pattern_silent_hello")
    elif talk.is_immediate or (question is not None and question.slot == SAFE_NOW):
        _miss(talk)
    else:
        talk.start("pattern_session_start")


def _is_sign_of_life(talk: Talk) -> bool:
    """A dot, an emoji, a sticker: somebody is there and says nothing."""
    event = talk.event
    return not plain(event.text) and not event.payload and not event.has_location and _only_stickers(talk)


def _only_stickers(talk: Talk) -> bool:
    return all(kind is MediaKind.STICKER for kind in talk.event.media)


def _outweighs(talk: Talk, wanted: Flow) -> bool:
    """A graver story, or the first; small talk never replaces anything."""
    before = talk.book.flows.get(talk.remembered)
    return before is None or before.topic is None or gravity(wanted.topic) >= gravity(before.topic)


def _while_waiting(talk: Talk) -> None:
    """A person was asked for: what she writes is theirs to read, and the bot says so once in a while."""
    before, now = talk.before.heard_at, talk.event.now
    wrote_just_now = before is not None and now - before < _A_WHILE
    is_told = talk.flow is not None and talk.flow.name == "pattern_waiting"
    if wrote_just_now and (is_told or talk.phone is Phone.UNKNOWN):
        talk.be_silent("waiting")
    else:
        talk.start("pattern_waiting" if talk.phone is Phone.SAFE else "pattern_session_start")
    ask_for_human(talk, "wrote_while_waiting", talk.event.understanding.alert)


def _tell(talk: Talk, wanted: Flow | None) -> None:
    """A story or a wish, in place of an answer or out of the blue: it is followed, not scolded."""
    over = _about_media(talk)
    if over is not None and not talk.is_immediate and (talk.flow is None or talk.flow.name != over):
        talk.start(over, over=True)
    elif wanted is None:
        _miss(talk)
    elif wanted.name in SMALL_TALK and talk.question is not None:
        talk.ask_again()
    elif wanted.returns:
        talk.start(wanted.name, over=True)
    elif _switches(talk, wanted):
        talk.start(wanted.name)
    else:
        _miss(talk)


def _about_media(talk: Talk) -> str | None:
    """What is said of something that only a person can hear or see."""
    event = talk.event
    if event.text or (_only_stickers(talk) and not event.has_location):
        return None
    return "pattern_voice_note" if MediaKind.AUDIO in event.media else "pattern_media"


def _switches(talk: Talk, wanted: Flow) -> bool:
    """What she is being helped with is not left for something less grave; a wish is always followed."""
    now = talk.topic
    if any(frame.flow == wanted.name for frame in talk.stack):
        return False
    return now is None or wanted.topic not in GRAVITY or gravity(wanted.topic) > gravity(now)


def _miss(talk: Talk) -> None:
    """Not understood: the same in other words, then a person is offered, then asked for."""
    talk.misses += 1
    if talk.is_immediate:
        _miss_in_danger(talk)
    elif talk.phone is Phone.UNKNOWN:
        if talk.misses == ASK_AT:
            ask_for_human(talk, "not_understood", Alert.ATTENTION)
        talk.ask_again()
    elif talk.misses < OFFER_AT and talk.question is not None:
        talk.ask_again()
    elif talk.question is None:
        talk.start("pattern_clarification")
    elif any(frame.flow == "pattern_cannot_handle" for frame in talk.stack):
        ask_for_human(talk, "not_understood", Alert.ATTENTION)
        talk.start("pattern_human_handoff")
    else:
        talk.start("pattern_cannot_handle", over=True)


def _miss_in_danger(talk: Talk) -> None:
    """A person was asked for already; after two misses she may be asked anew whether she can write."""
    if talk.misses <= OFFER_AT:
        talk.ask_again()
    elif talk.phone is Phone.SAFE:
        talk.start("pattern_clarification")
    else:
        talk.start("pattern_session_start")
