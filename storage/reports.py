"""Counts for the Secretaría: sessions and distinct persons, never a word and never a phone.

Whoever said that she is not to be counted is in none of them, not even as a total (ADR 8).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Literal
from zoneinfo import ZoneInfo

from sqlalchemy import distinct, func, select

from storage.consents import is_counted
from storage.database import Database
from storage.tables.sessions import sessions

#: The day and the month of a session are those of the department, not of the server.
LOCAL = ZoneInfo("America/Bogota")
Grouping = Literal["municipality", "zone", "month", "helped"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Count:
    """One line: what it counts, how many sessions, how many persons, how many of them grave."""

    group: str
    sessions: int
    persons: int
    urgent: int
    emergencies: int


async def count_sessions(database: Database, *, by: Grouping, first: date, last: date) -> Sequence[Count]:
    """Sessions opened between two local days, both included; what was not told is an empty group.

    ``helped`` groups by her answer to the one question: yes, no or unsaid.
    """
    column = {
        "municipality": sessions.c.municipality,
        "zone": sessions.c.zone,
        "month": func.to_char(func.timezone(str(LOCAL), sessions.c.opened_at), "YYYY-MM"),
        "helped": sessions.c.helped,
    }[by]
    group = func.coalesce(column, "").label("group")
    rows = await database.run(
        select(
            group,
            func.count().label("sessions"),
            func.count(distinct(sessions.c.pseudonym)).label("persons"),
            func.count().filter(sessions.c.alert == 2).label("urgent"),
            func.count().filter(sessions.c.alert == 3).label("emergencies"),
        )
        .where(sessions.c.opened_at >= _midnight(first), sessions.c.opened_at < _midnight(last + timedelta(days=1)))
        .where(is_counted())
        .group_by(group)
        .order_by(group)
    )
    return [
        Count(
            group=row.group,
            sessions=row.sessions,
            persons=row.persons,
            urgent=row.urgent,
            emergencies=row.emergencies,
        )
        for row in rows
    ]


def _midnight(day: date) -> datetime:
    return datetime.combine(day, time(), LOCAL)
