"""Troubles of the service as rows: begun once and ended once, however many processes look and however often."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import text

from storage.database import Database

#: As long as one process may try to tell; should it die, another tries again: twice is better than never.
_HELD = timedelta(minutes=2)
_SEE = text("""
INSERT INTO troubles (name, place, began_at, seen_at) VALUES (:name, :place, now(), now())
ON CONFLICT (name, place) DO UPDATE SET seen_at = now()
""")
# Whether another machine's trouble has ended, only that machine knows.
_TAKE = text("""
WITH due AS (
    SELECT name, place FROM troubles
    WHERE place IN ('', :here) AND coalesce(next_try_at, began_at) <= now()
      AND (told_at IS NULL OR seen_at <= now() - CAST(:calm AS interval))
    ORDER BY began_at, name
    FOR UPDATE SKIP LOCKED
)
UPDATE troubles t SET next_try_at = now() + CAST(:held AS interval)
FROM due WHERE t.name = due.name AND t.place = due.place
RETURNING t.name, t.place, t.began_at, t.seen_at, t.told_at IS NOT NULL AS is_over
""")


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenTrouble:
    """One that is to be told of now; ``is_over``: its beginning was told, and it was last seen at ``seen_at``.

    ``place`` is the machine that has it, empty where it is everybody's.
    """

    name: str
    place: str
    began_at: datetime
    seen_at: datetime
    is_over: bool


async def see(database: Database, name: str, *, place: str) -> None:
    """It is there just now."""
    await database.run(_SEE, {"name": name, "place": place})


async def take_untold(database: Database, *, here: str, calm: timedelta) -> Sequence[OpenTrouble]:
    """Hold those whose beginning, or end after ``calm`` without them, nobody was told of; for two minutes."""
    rows = await database.run(_TAKE, {"here": here, "calm": calm, "held": _HELD})
    return [
        OpenTrouble(name=row.name, place=row.place, began_at=row.began_at, seen_at=row.seen_at, is_over=row.is_over)
        for row in rows
    ]


async def mark_told(database: Database, trouble: OpenTrouble) -> None:
    """Somebody was told: of its beginning, or of its end, and then it is forgotten."""
    where = {"name": trouble.name, "place": trouble.place}
    if trouble.is_over:
        await database.run(text("DELETE FROM troubles WHERE name = :name AND place = :place"), where)
    else:
        told = text("UPDATE troubles SET told_at = now(), next_try_at = NULL WHERE name = :name AND place = :place")
        await database.run(told, where)
