"""What an operator looks at first: does the database answer, and how long has anything waited."""

from __future__ import annotations

from dataclasses import dataclass

from storage.database import Database
from storage.outbox import backlog


@dataclass(frozen=True, slots=True, kw_only=True)
class Waiting:
    """Ages in seconds of the oldest unhandled message and the oldest unsent letter; 0 if none."""

    unhandled_seconds: float
    unsent_seconds: float


async def waiting(database: Database) -> Waiting:
    """Ask the database. Raises ``DatabaseUnavailable``."""
    found = await backlog(database)
    return Waiting(
        unhandled_seconds=(found.now - found.unhandled_since).total_seconds() if found.unhandled_since else 0.0,
        unsent_seconds=(found.now - found.unsent_since).total_seconds() if found.unsent_since else 0.0,
    )
