"""What was not understood, by how often: other words, an offer, a person."""

from __future__ import annotations

from bot.dialogue.memory import ask_for_human
from bot.dialogue.patterns import ASK_AT, OFFER_AT
from bot.dialogue.state import Phone
from bot.dialogue.talk import Talk
from bot.messages import Alert


def miss(talk: Talk) -> None:
    """Not understood: the same in other words, then a person is offered, at the third time asked for."""
    talk.misses += 1
    if talk.is_immediate:
        _miss_in_danger(talk)
    elif talk.phone is Phone.UNKNOWN:
        if talk.misses == ASK_AT:
            ask_for_human(talk, "not_understood", Alert.ATTENTION)
        talk.ask_again()
    elif any(frame.flow == "pattern_cannot_handle" for frame in talk.stack):
        ask_for_human(talk, "not_understood", Alert.ATTENTION)
        talk.start("pattern_human_handoff")
    elif talk.misses < OFFER_AT and talk.question is not None:
        talk.ask_again()
    elif talk.question is None:
        talk.start("pattern_clarification")
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
