"""Alarms as rows: those that must leave the console are taken by one process at a time, and tried until they do.

By mail and by WhatsApp each on its own: what the one does or fails at is nothing to the other.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from enum import Enum
from uuid import UUID

from sqlalchemy import TextClause, text

from bot.messages import Alert
from storage.database import Database

#: As long as one process may try; should it die, another tries again: twice is better than never.
_HELD = timedelta(minutes=2)
_AT_ONCE = 20
#: A psychologist is threatened by whoever writes (seguridad §12): told whatever became of the chat.
THREAT = "threatens_staff"
# Whoever was claimed meanwhile needs nobody more: her alarm does not leave. ``{...}`` are the columns of one way.
_TAKE = """
WITH due AS (
    SELECT a.id
    FROM alarms a JOIN handovers h ON h.id = a.handover_id
    WHERE a.{done} IS NULL AND coalesce(a.{next_try}, a.rung_at) <= now()
      AND a.rung_at > now() - interval '1 day'
      AND ((a.what = 'alarm_coordinator' AND h.closed_at IS NULL AND h.stage = 'waiting') OR a.what = :threat)
    ORDER BY h.alert DESC, a.rung_at
    LIMIT :limit
    FOR UPDATE OF a SKIP LOCKED
)
UPDATE alarms a
SET {attempts} = a.{attempts} + 1, {next_try} = now() + :held
FROM due, handovers h
JOIN conversations c ON c.id = h.conversation_id
LEFT JOIN sessions s ON s.id = c.session_id
WHERE a.id = due.id AND h.id = a.handover_id
RETURNING a.id, a.what = :threat AS is_threat, a.{attempts} AS attempts,
          h.alert, coalesce(h.zone, s.zone) AS zone, now() - h.since AS waited
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Columns:
    done: str
    attempts: str
    next_try: str


class Way(Enum):
    """How an alarm leaves, and the columns that say how far it came."""

    MAIL = _Columns(done="mailed_at", attempts="attempts", next_try="next_try_at")
    WHATSAPP = _Columns(done="texted_at", attempts="text_attempts", next_try="next_text_at")

    def fill(self, sql: str) -> TextClause:
        """The statement with this way's columns."""
        names = self.value
        return text(sql.format(done=names.done, attempts=names.attempts, next_try=names.next_try))


@dataclass(frozen=True, slots=True, kw_only=True)
class Alarm:
    """One alarm held by this process; ``attempts`` counts this one. ``is_threat``: against a psychologist."""

    id: UUID
    alert: Alert
    zone: str | None
    waited: timedelta
    attempts: int
    is_threat: bool = False


async def take_alarms(database: Database, way: Way = Way.MAIL) -> Sequence[Alarm]:
    """Hold the alarms that are to leave this way now, the gravest first; nobody else holds them for two minutes."""
    rows = await database.run(way.fill(_TAKE), {"limit": _AT_ONCE, "held": _HELD, "threat": THREAT})
    alarms = [
        Alarm(
            id=row.id,
            alert=Alert(row.alert),
            zone=row.zone,
            waited=row.waited,
            attempts=row.attempts,
            is_threat=row.is_threat,
        )
        for row in rows
    ]
    return sorted(alarms, key=lambda alarm: (-alarm.alert, -alarm.waited))


async def mark_gone(database: Database, alarm_id: UUID, way: Way = Way.MAIL) -> None:
    """The server that carries it took it."""
    await database.run(way.fill("UPDATE alarms SET {done} = now() WHERE id = :id"), {"id": alarm_id})


async def put_off(database: Database, alarm_id: UUID, way: Way = Way.MAIL, *, after: timedelta) -> None:
    """It was not taken; it is tried again after a while."""
    await database.run(
        way.fill("UPDATE alarms SET {next_try} = now() + :after WHERE id = :id"), {"id": alarm_id, "after": after}
    )
