"""What a message from a person means here and now, in the order in which meanings count."""

from __future__ import annotations

from bot.dialogue.answer import asks, take_inform, take_listed, take_words
from bot.dialogue.beside import stand_beside
from bot.dialogue.flow import Flow
from bot.dialogue.meaning import meaning_of
from bot.dialogue.miss import miss
from bot.dialogue.note import hand_on_media, is_sign_of_life, media_flow, take_note
from bot.dialogue.obey import obey
from bot.dialogue.patterns import (
    ASKS_FOR_HELP,
    GRAVITY,
    IMMEDIATE,
    LEAVE_BRIGADE,
    OFFER_AT,
    SAFE_NOW,
    SMALL_TALK,
    gravity,
)
from bot.dialogue.payload import Inform, Meaning
from bot.dialogue.roles import leaves_the_brigade, note_store
from bot.dialogue.state import Mode, Phone
from bot.dialogue.talk import Talk
from bot.dialogue.triggers import rests_on_a_guess, wanted_flow
from bot.dialogue.waiting import is_after_a_crisis, is_for_the_person, stay_beside, the_night_began, while_waiting
from bot.messages import Alert, Role


def hear(talk: Talk) -> None:
    """Do what a message asks for; else ask again in other words. The first of these that fits:

    1. a command: the whole message, or its button. It interrupts anything.
    2. while a person of the team speaks, nothing but the lock and the alarm.
    3. a tap, a number, the words of a choice, and whole messages that are listed answers: she was asked, and
       this is what she says. So nothing that rests on a guess comes before it.
    4. danger, in words or by a guess: it interrupts the question that waits.
    5. free words as an answer to that question, unless they tell something graver.
    6. while she waits for a person, what is for that person; after a crisis, a short word.
    7. before her "Sí", the neutral question; after it, the story or wish that she wrote.
    """
    if obey(talk):
        return
    meaning = meaning_of(talk)
    note_store(talk)
    if meaning is None and talk.mode is not Mode.HUMAN and leaves_the_brigade(talk):
        _leave_the_brigade(talk)
        return
    wanted = wanted_flow(talk, meaning)
    take_note(talk, wanted)
    if talk.mode is Mode.HUMAN:
        stand_beside(talk, wanted)
        return
    hand_on_media(talk)
    if _changed_under_way(talk):
        _after_a_change(talk, wanted, meaning)
    elif isinstance(meaning, Inform):
        take_inform(talk, meaning)
    elif take_listed(talk):
        return
    elif wanted is not None and wanted.name in IMMEDIATE:
        _face_danger(talk, wanted)
    elif not take_words(talk, wanted) and not _answers_what_was_before(talk, wanted):
        _speak(talk, wanted, meaning)


def _answers_what_was_before(talk: Talk, wanted: Flow | None) -> bool:
    """A question that is asked once is let go of; whether her words answer what it had interrupted."""
    if not talk.let_go():
        return False
    if not talk.has_spoken:
        return take_listed(talk) or take_words(talk, wanted)
    if wanted is None or wanted.topic not in GRAVITY:
        return True  # what she wrote (a place) was all that was missing
    talk.unsay()
    return False


def _speak(talk: Talk, wanted: Flow | None, meaning: Meaning | None) -> None:
    """Nothing that was asked is answered: what she writes is news, a story or a wish."""
    the_night_began(talk)
    if talk.mode is Mode.WAITING and meaning is None and is_for_the_person(talk, wanted):
        while_waiting(talk)
    elif is_after_a_crisis(talk) and (wanted is None or talk.phone is Phone.UNKNOWN or wanted.name in SMALL_TALK):
        stay_beside(talk)
    elif talk.phone is Phone.UNKNOWN:
        _before_it_is_safe(talk)
    else:
        _tell(talk, wanted, meaning)


def _leave_the_brigade(talk: Talk) -> None:
    """She speaks of herself: from here on nothing is the shop's. Her story waits for her "Sí", danger does not."""
    talk.place = talk.event.understanding.place  # the shop's is not hers
    talk.speak_as(Role.WOMAN)
    wanted = wanted_flow(talk, None)
    take_note(talk, wanted)
    hand_on_media(talk)
    if wanted is not None and wanted.name in IMMEDIATE:
        talk.start(wanted.name)
    else:
        talk.start(LEAVE_BRIGADE)


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
    """Danger told anew begins its conversation; the same told again while its question waits is heard as an answer.

    To the brigade "now" is told anew each time: the first instruction is another one then.
    """
    is_under_way = any(frame.flow == wanted.name for frame in talk.stack)
    is_now = talk.role is Role.BRIGADE and talk.event.understanding.alert == Alert.EMERGENCY
    if not is_under_way or is_now:
        talk.start(wanted.name)
    elif not take_words(talk, wanted):
        talk.misses = min(talk.misses + 1, OFFER_AT)
        talk.ask_again()


def _before_it_is_safe(talk: Talk) -> None:
    """Only the neutral question may be said; what she sent is answered after her yes."""
    if not talk.remembered and (sent := media_flow(talk.event)) is not None:
        talk.remembered = sent
    question = talk.question
    if is_sign_of_life(talk.event) and not talk.is_immediate:
        if talk.flow is not None and talk.flow.name == "pattern_silent_hello":
            talk.be_silent("asked_already")
        else:
            talk.start("pattern_silent_hello")
    elif talk.role is Role.BRIGADE and talk.remembered == "pattern_human_handoff" and talk.is_immediate:
        talk.start("pattern_session_start")  # a person, at a word: only her yes is missing
    elif talk.is_immediate or (question is not None and question.slot == SAFE_NOW):
        miss(talk)
    else:
        talk.start("pattern_session_start")


def _tell(talk: Talk, wanted: Flow | None, meaning: Meaning | None) -> None:
    """A story or a wish, in place of an answer or out of the blue: it is followed, not scolded."""
    over = None if talk.event.text else media_flow(talk.event)
    if over is not None and not talk.is_immediate and (talk.flow is None or talk.flow.name != over):
        talk.start(over, over=True)
    elif wanted is None:
        miss(talk)
    elif wanted.name in SMALL_TALK and talk.question is not None:
        if talk.event.understanding.intent == ASKS_FOR_HELP:
            miss(talk)  # "ayúdeme" is no answer, and the same question for ever is no help
        else:
            talk.ask_again()
    elif meaning is None and _is_idle_guess(talk, wanted):
        miss(talk)
    elif wanted.returns:
        talk.start(wanted.name, over=True)
    elif _switches(talk, wanted):
        talk.start(wanted.name)
    else:
        miss(talk)


def _is_idle_guess(talk: Talk, wanted: Flow) -> bool:
    """An unsure guess does not take a question away from her, unless it is of something graver."""
    is_graver = wanted.topic in GRAVITY and gravity(wanted.topic) > gravity(talk.topic)
    return talk.question is not None and not is_graver and rests_on_a_guess(talk, wanted)


def _switches(talk: Talk, wanted: Flow) -> bool:
    """What she is being helped with is not left for something less grave; a wish is always followed."""
    now = talk.topic
    if any(frame.flow == wanted.name for frame in talk.stack):
        return False
    return now is None or wanted.topic not in GRAVITY or gravity(wanted.topic) > gravity(now)
