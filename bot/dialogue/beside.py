"""While a person of the team speaks: the bot is silent, and keeps the lock and the alarm."""

from __future__ import annotations

from bot.dialogue.flow import Flow
from bot.dialogue.meaning import meaning_of
from bot.dialogue.memory import ask_for_human
from bot.dialogue.patterns import CLOSING, SAFE_NOW
from bot.dialogue.payload import Inform, read_payload
from bot.dialogue.state import Phone
from bot.dialogue.talk import Talk
from bot.messages import Alert
from bot.spelling import plain


def stand_beside(talk: Talk, wanted: Flow | None) -> None:
    """A person of the team speaks. The bot only keeps the lock and raises danger, without a word.

    A number, a "no" or an "ahora no" answers that person, not the bot's last question.
    """
    question = talk.question
    if question is not None and question.slot == SAFE_NOW:
        _answer_whether_she_can_write(talk)
    if is_watched(talk) or (wanted is not None and wanted.name in CLOSING):
        talk.phone = Phone.UNSAFE
        ask_for_human(talk, "watched", Alert.URGENT)
    talk.be_silent("human")


def is_watched(talk: Talk) -> bool:
    """Whether she says, by a tap or in words that always mean it, that somebody sees her phone."""
    tapped = read_payload(talk.event.payload) if talk.event.payload else None
    tapped_so = isinstance(tapped, Inform) and tapped.slot == SAFE_NOW and tapped.value != "yes"
    return tapped_so or talk.book.slots[SAFE_NOW].anywhere.get(plain(talk.event.text)) == "watched"


def _answer_whether_she_can_write(talk: Talk) -> None:
    """The person of the team had her asked anew: her answer is the lock, and nothing else follows from it."""
    said = meaning_of(talk)
    if isinstance(said, Inform) and said.slot == SAFE_NOW:
        talk.phone = Phone.SAFE if said.value == "yes" else Phone.UNSAFE
        talk.stack.clear()
        talk.buttons = ()
        if talk.phone is Phone.UNSAFE:
            ask_for_human(talk, "watched", Alert.URGENT)
