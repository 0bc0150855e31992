"""Whether it is a machine that writes: the same words again and again, or more than anybody can type."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta

from bot.dialogue.state import Pace
from bot.spelling import plain

#: One window for all counts.
WINDOW = timedelta(minutes=10)
#: The same words this often, or this many turns, within the window.
SAME, TURNS = 6, 80
#: People say "no", "ayuda" or "me quiero morir" again and again; so few words are a machine's only this often.
FEW_WORDS, SAME_FEW = 3, 16
#: What is grave is answered also where it is repeated like that, but no sooner after the bot's last word.
GRAVE_AGAIN = timedelta(seconds=30)
#: Of so many different texts it is known whether they come again: a machine has a handful that it goes through.
_KNOWN = 8
#: No two people tell what happens to them in so many same words.
OWN_WORDS = 6
_LONG = "long "
_NUMBERS = re.compile(r"[\d\W_]+")


def paced(pace: Pace, text: str, now: datetime) -> Pace:
    """Count one more message; taps and numbers have no text and only count as a turn.

    A machine's clock or counter ("recibido a las 10:31") makes no other text of it.
    """
    if pace.since is None or now - pace.since > WINDOW or now < pace.since:
        pace = Pace(since=now)
    said = _NUMBERS.sub(" ", plain(text)).strip()
    if not said:
        return replace(pace, repeats=1, most=SAME, turns=pace.turns + 1)
    words = len(said.split())
    mark = f"{_LONG if words >= OWN_WORDS else ''}{hashlib.sha256(said.encode()).hexdigest()[:16]}"
    repeats = pace.marks.get(mark, 0) + 1
    others = [(one, count) for one, count in pace.marks.items() if one != mark]
    marks = dict([*others, (mark, repeats)][-_KNOWN:])
    most = SAME_FEW if words <= FEW_WORDS else SAME
    return replace(pace, marks=marks, repeats=repeats, most=most, turns=pace.turns + 1)


def is_machine(pace: Pace) -> bool:
    """Whether to stop answering the last message; a person of the team looks instead."""
    return is_repeated(pace) or pace.turns > TURNS


def is_repeated(pace: Pace) -> bool:
    """Whether the last message is one that came too often in these very words."""
    return pace.repeats >= pace.most


def own_words(pace: Pace) -> frozenset[str]:
    """The texts of late that are long enough to be somebody's own, by a hash: from two phones they are a copy."""
    return frozenset(mark for mark in pace.marks if mark.startswith(_LONG))


def is_flooding(pace: Pace, texts: Sequence[str], now: datetime) -> bool:
    """Whether the last of what comes now is beyond the limits, before anybody has looked at what it means."""
    for text in texts:
        pace = paced(pace, text, now)
    return is_machine(pace)
