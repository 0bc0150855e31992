"""What the dialogue does when a conversation passes to a person of the team, waits for one, or comes back. Pure."""

from __future__ import annotations

from enum import StrEnum
from typing import assert_never

from bot.dialogue.effects import CancelReminder, Withdraw
from bot.dialogue.engine import settle
from bot.dialogue.flow import FlowBook
from bot.dialogue.lock import is_stale, phone_now
from bot.dialogue.patterns import BOT_AGAIN, CRISIS_SILENCE, URGENT_SILENCE
from bot.dialogue.state import Event, Mode, Phone, State, Turn
from bot.dialogue.talk import Talk
from bot.takeover import load_times

#: From here on her silence is noticed by whoever speaks with her.
_SILENCES = frozenset({CRISIS_SILENCE, URGENT_SILENCE})


class Handed(StrEnum):
    """To whom the conversation passes now. ``ASKED``: may she write?"""

    TAKEN = "taken"
    QUEUED = "queued"
    RETURNED = "returned"
    CLOSED = "closed"
    ASKED = "asked"


def hand(book: FlowBook, state: State, event: Event, to: Handed) -> Turn:
    """Pass the conversation on. Only a safe phone, from which she has just written, hears of it."""
    talk = Talk(book, state, event)
    match to:
        case Handed.TAKEN:
            talk.mode = Mode.HUMAN
            talk.stack.clear()
            talk.buttons = ()
            talk.add(Withdraw(), *(CancelReminder(name=name) for name in talk.reminders if name in _SILENCES))
            talk.reminders = [name for name in talk.reminders if name not in _SILENCES]
            talk.be_silent("human")
            return talk.turn()
        case Handed.QUEUED:
            talk.mode = Mode.WAITING
            talk.be_silent("waiting")
            return talk.turn()
        case Handed.CLOSED:
            talk.mode = Mode.CLOSED
            talk.forget_context()
            talk.be_silent("closed")
            return talk.turn()
        case Handed.RETURNED:
            talk.mode = Mode.BOT
            return _say_if_there(talk, BOT_AGAIN)
        case Handed.ASKED:
            talk.start("pattern_session_start")
            return settle(talk)
        case _:
            assert_never(to)


def _say_if_there(talk: Talk, response: str) -> Turn:
    """She wrote a moment ago and her phone is hers: she is told. Otherwise she finds out when she writes."""
    state, now = talk.before, talk.event.now
    wrote_just_now = state.heard_at is not None and now - state.heard_at <= load_times().still_there
    if phone_now(state, now) is Phone.SAFE and wrote_just_now and not is_stale(state, now):
        talk.say(response)
        return talk.turn()
    talk.be_silent("waiting" if talk.mode is Mode.WAITING else "human_left")
    return talk.turn()
