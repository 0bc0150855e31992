"""Watermarks: how far something was done that is done again and again, by one process at a time."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import DateTime, Interval, bindparam, text

from storage.database import Database

#: Up to when everything is in a copy (``valle-sano backup``); a new database begins with the moment it was made.
WHOLE_COPY = "a whole copy"

_HOLD = text(
    "INSERT INTO watermarks AS w (name, at, held_until) VALUES (:name, now() - :begin, now() + :hold)"
    " ON CONFLICT (name) DO UPDATE SET held_until = excluded.held_until"
    " WHERE w.held_until IS NULL OR w.held_until <= now()"
    " RETURNING at, now() AS now"
).bindparams(bindparam("begin", type_=Interval()), bindparam("hold", type_=Interval()))
_MOVE = text("UPDATE watermarks SET at = greatest(at, :to), held_until = NULL WHERE name = :name").bindparams(
    bindparam("to", type_=DateTime(timezone=True))
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Watermark:
    """Everything up to ``at`` was done; ``now`` is the database's."""

    at: datetime
    now: datetime


async def hold_watermark(database: Database, name: str, *, hold: timedelta, begin: timedelta) -> Watermark | None:
    """Hold a watermark for a while; None while another process holds it. A new one lies ``begin`` back."""
    rows = await database.run(_HOLD, {"name": name, "hold": hold, "begin": begin})
    return Watermark(at=rows[0].at, now=rows[0].now) if rows else None


async def move_watermark(database: Database, name: str, to: datetime) -> None:
    """Everything up to ``to`` (aware) is done; it is let go of, and never moves back."""
    await database.run(_MOVE, {"name": name, "to": to})
