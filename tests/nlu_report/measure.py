"""The figures: how often meaning, alert and place are right. Pure."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from bot.messages import Alert
from tests.nlu_report.examples import Message


@dataclass(frozen=True, slots=True, kw_only=True)
class Heard:
    """What was understood of one message: by words alone, by the readers alone, by all; ``one``: without the second."""

    intent: str
    model_intent: str
    words: Alert
    model: Alert
    both: Alert
    municipality: str | None
    one: Alert
    one_intent: str


@dataclass(frozen=True, slots=True, kw_only=True)
class IntentFigures:
    """One intent: shares from 0 to 1, and how many messages mean it."""

    intent: str
    precision: float
    recall: float
    f1: float
    meant: int


@dataclass(frozen=True, slots=True, kw_only=True)
class AlertFigures:
    """Counts: how many are urgent, how many of them were seen, and so on; ``share`` makes them readable."""

    urgent: int
    seen: int
    raised: int
    emergencies: int
    emergencies_seen: int
    looks_grave: int
    looks_grave_raised: int


def by_intent(pairs: Iterable[tuple[str, str]]) -> list[IntentFigures]:
    """Figures for each intent that is meant somewhere, from pairs of (meant, understood)."""
    known = list(pairs)
    figures = []
    for intent in sorted({meant for meant, _ in known}):
        right = sum(meant == got == intent for meant, got in known)
        meant_so, got_so = (sum(pair[side] == intent for pair in known) for side in (0, 1))
        precision, recall = right / got_so if got_so else 0.0, right / meant_so
        f1 = 2 * precision * recall / (precision + recall) if right else 0.0
        figures.append(IntentFigures(intent=intent, precision=precision, recall=recall, f1=f1, meant=meant_so))
    return figures


def macro_f1(figures: Sequence[IntentFigures]) -> float:
    """The mean of the intents' F1: a rare meaning weighs as much as a common one."""
    return sum(one.f1 for one in figures) / len(figures)


def alerts(rows: Sequence[tuple[Message, Heard]], said: Callable[[Heard], Alert]) -> AlertFigures:
    """How well ``said`` tells what is at least urgent."""
    urgent = [row for row in rows if row[0].alert >= Alert.URGENT]
    emergencies = [row for row in rows if row[0].alert is Alert.EMERGENCY]
    looks = [row for row in rows if row[0].looks_grave]
    return AlertFigures(
        urgent=len(urgent),
        seen=sum(said(heard) >= Alert.URGENT for _, heard in urgent),
        raised=sum(said(heard) >= Alert.URGENT for _, heard in rows),
        emergencies=len(emergencies),
        emergencies_seen=sum(said(heard) >= Alert.URGENT for _, heard in emergencies),
        looks_grave=len(looks),
        looks_grave_raised=sum(said(heard) >= Alert.URGENT for _, heard in looks),
    )


def share(some: int, of: int) -> str:
    """``0.95 (190 of 200)``, or a dash of nothing."""
    return f"{some / of:.3f} ({some} of {of})" if of else "–"
