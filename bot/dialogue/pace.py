"""Whether it is a machine that writes: the same words again and again, or more than anybody can type."""

from __future__ import annotations

import hashlib
from dataclasses import replace
from datetime import datetime, timedelta

from bot.dialogue.state import Pace
from bot.spelling import plain

#: One window for both counts.
WINDOW = timedelta(minutes=10)
#: The same words this often, or this many turns, within the window.
SAME, TURNS = 6, 80


def paced(pace: Pace, text: str, now: datetime) -> Pace:
    """Count one more message; taps and numbers have no text and only count as a turn."""
    if pace.since is None or now - pace.since > WINDOW or now < pace.since:
        pace = Pace(since=now)
    said = plain(text)
    mark = hashlib.sha256(said.encode()).hexdigest()[:16] if said and not said.isdigit() else ""
    same = bool(mark) and mark == pace.mark
    return replace(pace, mark=mark or pace.mark, repeats=pace.repeats + 1 if same else 1, turns=pace.turns + 1)


def is_machine(pace: Pace) -> bool:
    """Whether to stop answering; a person of the team looks instead."""
    return pace.repeats >= SAME or pace.turns > TURNS


def is_flooding(pace: Pace, now: datetime) -> bool:
    """Whether what comes now is of the same window in which answering was stopped."""
    return is_machine(pace) and pace.since is not None and timedelta() <= now - pace.since <= WINDOW
