"""The session: one logged episode of attention, without a word of what was said. Pure."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime
from uuid import UUID

from bot.dialogue.effects import LogSession
from bot.dialogue.patterns import LENT
from bot.messages import Alert
from bot.takeover import load_times


@dataclass(frozen=True, slots=True, kw_only=True)
class Session:
    """One row of the log. ``turns`` counts those that she began; an outcome closes it."""

    id: UUID
    opened_at: datetime
    last_at: datetime
    municipality: str | None = None
    zone: str | None = None
    topics: tuple[str, ...] = ()
    alert: Alert = Alert.NONE
    outcome: str | None = None
    turns: int = 0


def session_at(current: Session | None, *, now: datetime, new_id: UUID, by_person: bool) -> Session:
    """The episode that something belongs to: the one under way, or a new one after 12 hours or a lent phone."""
    if current is None or (by_person and (now - current.last_at >= load_times().quiet or current.outcome == LENT)):
        return Session(id=new_id, opened_at=now, last_at=now)
    return current


def session_after(session: Session, *, now: datetime, by_person: bool, logs: Iterable[LogSession]) -> Session:
    """The row after a turn: what is new is added, an alert is only raised, the last outcome stands."""
    session = replace(session, turns=session.turns + by_person, last_at=now if by_person else session.last_at)
    for log in logs:
        session = replace(
            session,
            municipality=log.municipality or session.municipality,
            zone=log.zone or session.zone,
            topics=tuple(dict.fromkeys((*session.topics, *((log.topic,) if log.topic else ())))),
            alert=max(session.alert, log.alert or Alert.NONE),
            outcome=log.outcome or session.outcome,
        )
    return session
