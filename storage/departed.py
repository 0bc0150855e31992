"""What is kept of the team's work: closed handovers, past shifts, and the rows of whoever has left.

The trail names them by their ids, and whoever reads it must be able to say whose they are. So nothing goes here that
is not older than the oldest line of the trail, however short its period is written.
"""

from __future__ import annotations

from datetime import timedelta

from storage.audit import Trail
from storage.database import Database
from storage.removal import TAKE_SOME, of, remove

_BEFORE_THE_TRAIL = "coalesce((SELECT min(at) FROM audit), 'infinity')"
ENDED_HANDOVERS = f"""
SELECT h.id FROM handovers h WHERE h.closed_at <= now() - :after AND h.closed_at < {_BEFORE_THE_TRAIL}
"""  # noqa: S608 - a constant of ours
#: One shift stays: without any, "nobody is on shift" would become "nobody was ever planned", and then the hours count.
PAST_SHIFTS = f"""
SELECT s.id FROM shifts s
WHERE s.ends_at <= now() - :after AND s.ends_at < {_BEFORE_THE_TRAIL}
  AND EXISTS (SELECT 1 FROM shifts later WHERE later.ends_at > s.ends_at)
"""  # noqa: S608 - a constant of ours
LEFT = f"""
SELECT w.id FROM staff w
WHERE w.ended_at <= now() - :after AND w.ended_at < {_BEFORE_THE_TRAIL}
  AND NOT EXISTS (SELECT 1 FROM audit a WHERE w.id IN (a.staff_id, a.subject_id))
  AND NOT EXISTS (SELECT 1 FROM handovers h WHERE w.id IN (h.owner, h.reserved_for))
  AND NOT EXISTS (SELECT 1 FROM closings n WHERE n.staff_id = w.id)
  AND NOT EXISTS (SELECT 1 FROM shifts s WHERE s.staff_id = w.id)
  AND NOT EXISTS (SELECT 1 FROM staff_resets r WHERE w.id IN (r.staff_id, r.asked_by, r.confirmed_by))
"""  # noqa: S608 - a constant of ours
_REMOVE_HANDOVERS = f"""
WITH due AS ({ENDED_HANDOVERS} {TAKE_SOME}),
noted AS (SELECT id FROM closings WHERE handover_id IN (SELECT id FROM due)),
offered AS (DELETE FROM offers WHERE closing_id IN (SELECT id FROM noted)),
ended AS (DELETE FROM closings WHERE id IN (SELECT id FROM noted)),
rung AS (DELETE FROM alarms WHERE handover_id IN (SELECT id FROM due)),
passed AS (DELETE FROM queue_passes WHERE handover_id IN (SELECT id FROM due))
DELETE FROM handovers WHERE id IN (SELECT id FROM due)
"""  # noqa: S608 - a constant of ours
_REMOVE_SHIFTS = f"WITH due AS ({PAST_SHIFTS} {TAKE_SOME}) DELETE FROM shifts WHERE id IN (SELECT id FROM due)"  # noqa: S608
_REMOVE_STAFF = f"""
WITH due AS ({LEFT} {TAKE_SOME}),
doors AS (DELETE FROM staff_sign_ins WHERE staff_id IN (SELECT id FROM due)),
codes AS (DELETE FROM staff_recovery_codes WHERE staff_id IN (SELECT id FROM due))
DELETE FROM staff WHERE id IN (SELECT id FROM due)
"""  # noqa: S608 - a constant of ours


async def remove_handovers(database: Database, trail: Trail, *, after: timedelta, limit: int) -> int:
    """Remove handovers that were closed so long ago, with how they ended and whom they rang for; how many."""
    return await remove(database, trail, "handovers", [_REMOVE_HANDOVERS], of(after, limit=limit))


async def remove_shifts(database: Database, trail: Trail, *, after: timedelta, limit: int) -> int:
    """Remove shifts that are over so long; how many."""
    return await remove(database, trail, "shifts", [_REMOVE_SHIFTS], of(after, limit=limit))


async def remove_staff(database: Database, trail: Trail, *, after: timedelta, limit: int) -> int:
    """Remove whoever left so long ago that nothing names her any more; how many."""
    return await remove(database, trail, "staff", [_REMOVE_STAFF], of(after, limit=limit))
