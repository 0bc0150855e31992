"""Alarms as rows: those that must be mailed are taken by one process at a time, and tried until they are."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID

from sqlalchemy import text

from bot.messages import Alert
from storage.database import Database

#: As long as one process may try; should it die, another tries again: twice is better than never.
_HELD = timedelta(minutes=2)
_AT_ONCE = 20
#: A psychologist is threatened by whoever writes (seguridad §12): told whatever became of the chat.
THREAT = "threatens_staff"
# Whoever was claimed meanwhile needs nobody more: her alarm is not mailed.
_TAKE = """
WITH due AS (
    SELECT a.id
    FROM alarms a JOIN handovers h ON h.id = a.handover_id
    WHERE a.mailed_at IS NULL AND coalesce(a.next_try_at, a.rung_at) <= now()
      AND a.rung_at > now() - interval '1 day'
      AND ((a.what = 'alarm_coordinator' AND h.closed_at IS NULL AND h.stage = 'waiting') OR a.what = :threat)
    ORDER BY h.alert DESC, a.rung_at
    LIMIT :limit
    FOR UPDATE OF a SKIP LOCKED
)
UPDATE alarms a
SET attempts = a.attempts + 1, next_try_at = now() + :held
FROM due, handovers h
JOIN conversations c ON c.id = h.conversation_id
LEFT JOIN sessions s ON s.id = c.session_id
WHERE a.id = due.id AND h.id = a.handover_id
RETURNING a.id, a.what = :threat AS is_threat, a.attempts,
          h.alert, coalesce(h.zone, s.zone) AS zone, now() - h.since AS waited
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Alarm:
    """One alarm held by this process; ``attempts`` counts this one. ``is_threat``: against a psychologist."""

    id: UUID
    alert: Alert
    zone: str | None
    waited: timedelta
    attempts: int
    is_threat: bool = False


async def take_alarms(database: Database) -> Sequence[Alarm]:
    """Hold the alarms that are to be mailed now, the gravest first; nobody else holds them for two minutes."""
    rows = await database.run(text(_TAKE), {"limit": _AT_ONCE, "held": _HELD, "threat": THREAT})
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


async def mark_mailed(database: Database, alarm_id: UUID) -> None:
    """The mail server took it."""
    await database.run(text("UPDATE alarms SET mailed_at = now() WHERE id = :id"), {"id": alarm_id})


async def put_off(database: Database, alarm_id: UUID, *, after: timedelta) -> None:
    """It was not taken; it is tried again after a while."""
    await database.run(
        text("UPDATE alarms SET next_try_at = now() + :after WHERE id = :id"), {"id": alarm_id, "after": after}
    )
