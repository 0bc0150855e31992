"""The phone's lock, held over every turn's words whatever the content says (seguridad §1). Pure."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime

from bot.dialogue.effects import Effect, Remind, Say
from bot.dialogue.patterns import PARTING, SAYABLE_UNKNOWN
from bot.dialogue.state import Phone, State
from bot.takeover import load_times


def phone_now(state: State, now: datetime) -> Phone:
    """The lock at ``now``: a phone that was safe is unknown after twelve hours of silence."""
    if state.phone.is_locked:
        return state.phone
    if state.heard_at is None or now - state.heard_at >= load_times().quiet:
        return Phone.UNKNOWN
    return state.phone


def is_stale(state: State, now: datetime) -> bool:
    """Whether she has been silent so long that this is a new episode."""
    return state.heard_at is not None and now - state.heard_at >= load_times().quiet


def sayable(phone: Phone, effects: Iterable[Effect]) -> tuple[Effect, ...]:
    """The effects without the words that this phone may not be sent, the last words marked as such.

    Locked: only the last words before the lock, and nothing that would come back to it. Unknown: only
    the neutral question and the texts of danger.
    """
    kept: list[Effect] = []
    for effect in effects:
        match effect:
            case Say(response=response) if phone.is_locked:
                if response in PARTING:
                    # Choices would invite an answer; the last words only end.
                    kept.append(replace(effect, parting=True, reply=replace(effect.reply, buttons=())))
            case Say(response=response) if phone is Phone.UNKNOWN:
                if response in SAYABLE_UNKNOWN:
                    kept.append(effect)
            case Remind() if phone.is_locked:
                pass
            case _:
                kept.append(effect)
    return tuple(kept)
