"""What an operator looks at first: does the database answer, and how long has anything waited."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import text

from storage.database import Database
from storage.watermarks import WHOLE_COPY

_AGES = """
SELECT coalesce(extract(epoch FROM now() - (SELECT min(received_at) FROM inbox WHERE turn_id IS NULL)), 0) AS unhandled,
       coalesce(extract(epoch FROM now() - (SELECT min(created_at) FROM outbox
                                            WHERE status IN ('queued', 'leased'))), 0) AS unsent,
       now() AS at
"""
_FAILED = text("""
SELECT count(*) AS failed FROM outbox
WHERE status = 'failed' AND created_at > now() - CAST(:within AS interval)
""")

_SENT = text("""
SELECT count(*) AS sent FROM outbox
WHERE status IN ('sent', 'delivered', 'read') AND created_at > now() - interval '24 hours'
""")


@dataclass(frozen=True, slots=True, kw_only=True)
class Waiting:
    """Ages in seconds of the oldest unhandled message and the oldest unsent letter; 0 if none."""

    unhandled_seconds: float
    unsent_seconds: float
    now: datetime


async def waiting(database: Database) -> Waiting:
    """Ask the database. Raises ``DatabaseUnavailable``."""
    rows = await database.run(text(_AGES))
    return Waiting(unhandled_seconds=float(rows[0].unhandled), unsent_seconds=float(rows[0].unsent), now=rows[0].at)


async def failed_lately(database: Database, within: timedelta) -> int:
    """How many of the letters of so long ago failed for good. Raises ``DatabaseUnavailable``."""
    rows = await database.run(_FAILED, {"within": within})
    return int(rows[0].failed)


async def sent_today(database: Database) -> int:
    """How many letters of the last 24 hours the provider took. Raises ``DatabaseUnavailable``."""
    rows = await database.run(_SENT)
    return int(rows[0].sent)


async def copied_ago(database: Database) -> timedelta:
    """How old the last whole copy is. Raises ``DatabaseUnavailable``."""
    query = text("SELECT now() - at AS age FROM watermarks WHERE name = CAST(:name AS text)")
    rows = await database.run(query, {"name": WHOLE_COPY})
    age: timedelta = rows[0].age
    return age
