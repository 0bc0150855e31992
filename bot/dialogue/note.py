"""What is remembered of a message, whatever is said to it: how grave, about what, where, who, and what was sent."""

from __future__ import annotations

from bot.dialogue.effects import NoteConsent
from bot.dialogue.flow import Flow
from bot.dialogue.memory import ask_for_human
from bot.dialogue.patterns import IMMEDIATE, MUNICIPALITY, TAKES_BACK, gravity
from bot.dialogue.state import Event, Mode, Phone
from bot.dialogue.talk import Talk
from bot.messages import Alert, MediaKind
from bot.spelling import plain


def take_note(talk: Talk, wanted: Flow | None) -> None:
    """What was told once is not asked again: gravity, topic, place, who she is, and what she wants to speak of."""
    heard = talk.event.understanding
    said = f" {plain(talk.event.text)} "
    for slot in talk.book.slots.values():
        by_phrase = (value for phrase, value in slot.said.items() if f" {phrase} " in said)
        by_kind = (value for kind, value in slot.kinds.items() if kind in heard.kinds)
        for value in (*by_phrase, *by_kind):
            talk.slots[slot.name] = value
    talk.raise_alert(heard.alert)
    if talk.forgetting and heard.alert >= Alert.URGENT:
        # She asked to be forgotten and is in danger since: a person decides (seguridad §4).
        talk.forgetting = False
        ask_for_human(talk, "forget_in_crisis", heard.alert)
    if wanted is not None and wanted.topic is not None:
        talk.note_topic(wanted.topic)
    if wanted is not None and wanted.name in TAKES_BACK and (talk.phone is Phone.UNKNOWN or talk.mode is Mode.HUMAN):
        layer, text = TAKES_BACK[wanted.name]  # elsewhere its flow notes it
        talk.add(NoteConsent(layer=layer, answer="withdrawn", text=text))
    place = talk.place
    if place is not None and (MUNICIPALITY not in talk.slots or heard.intent == "inform_municipality"):
        talk.note_place(place)
    is_later = talk.phone is Phone.UNKNOWN and wanted is not None and wanted.name not in IMMEDIATE
    if is_later and wanted is not None and _outweighs(talk, wanted):
        talk.remembered = wanted.name  # for after her "Sí"


def hand_on_media(talk: Talk) -> None:
    """What the bot cannot hear or see, a person does. A voice note is unknown, which counts as urgent."""
    media = talk.event.media
    if MediaKind.AUDIO in media:
        talk.raise_alert(Alert.URGENT)
        ask_for_human(talk, "voice_note", Alert.URGENT)
    elif any(kind is not MediaKind.STICKER for kind in media):
        ask_for_human(talk, "media", Alert.ATTENTION)
    elif talk.event.has_location:
        ask_for_human(talk, "location", Alert.ATTENTION)


def media_flow(event: Event) -> str | None:
    """What is said of something that only a person can hear or see."""
    if MediaKind.AUDIO in event.media:
        return "pattern_voice_note"
    return "pattern_media" if event.has_location or not _only_stickers(event) else None


def is_sign_of_life(event: Event) -> bool:
    """A dot, an emoji (a knife too), a sticker: somebody is there and says nothing."""
    says_nothing = not any(letter.isalnum() for letter in event.text)
    return says_nothing and not event.payload and not event.has_location and _only_stickers(event)


def _only_stickers(event: Event) -> bool:
    return all(kind is MediaKind.STICKER for kind in event.media)


def _outweighs(talk: Talk, wanted: Flow) -> bool:
    """A graver story, or the first; small talk never replaces anything."""
    before = talk.book.flows.get(talk.remembered)
    return before is None or before.topic is None or gravity(wanted.topic) >= gravity(before.topic)
