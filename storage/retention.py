"""What has been kept long enough goes, in short transactions; each notes in the trail how much went, and of nobody.

What is open stays, whatever its age. Nobody waits here: a row that somebody holds is left for the next time.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.takeover import load_times
from storage.audit import Trail
from storage.audit_chain import trim
from storage.database import Database
from storage.departed import ENDED_HANDOVERS, LEFT, PAST_SHIFTS
from storage.forgetting import hold_all
from storage.removal import TAKE_SOME, look, note, of, remove, timed
from storage.statements import statement

_AGED = """
SELECT p.id FROM people p
WHERE p.forgotten_at IS NULL AND p.created_at <= now() - :after AND (:person IS NULL OR p.id = :person)
  AND NOT EXISTS (SELECT 1 FROM conversations c WHERE c.person_id = p.id AND c.heard_at > now() - :after)
  AND NOT EXISTS (SELECT 1 FROM conversations c JOIN outbox o ON o.conversation_id = c.id
                  WHERE c.person_id = p.id AND o.sent_at > now() - :after)
  AND NOT EXISTS (SELECT 1 FROM conversations c JOIN handovers h ON h.conversation_id = c.id
                  WHERE c.person_id = p.id AND h.closed_at > now() - :after)
"""
#: An erasure that she asked for has a time of its own, and may wait for a person's decision.
_NOT_OPEN = """
  AND p.forget_at IS NULL
  AND NOT EXISTS (SELECT 1 FROM contacts t WHERE t.person_id = p.id AND t.ended_at IS NULL AND t.expires_at > now())
  AND NOT EXISTS (
      SELECT 1 FROM conversations c
      WHERE c.person_id = p.id AND (
          c.ready_at IS NOT NULL
          OR EXISTS (SELECT 1 FROM handovers h WHERE h.conversation_id = c.id AND h.closed_at IS NULL)
          OR EXISTS (SELECT 1 FROM sessions s WHERE s.conversation_id = c.id AND s.closed_at IS NULL)
          OR EXISTS (SELECT 1 FROM inbox i WHERE i.conversation_id = c.id AND i.turn_id IS NULL)
          OR EXISTS (SELECT 1 FROM outbox o WHERE o.conversation_id = c.id AND o.status IN ('queued', 'leased'))
          OR EXISTS (SELECT 1 FROM closings n WHERE n.conversation_id = c.id
                     AND n.psychiatry_on >= (now() AT TIME ZONE 'America/Bogota')::date)))
"""
_HOLD_PERSON = "SELECT 1 FROM people WHERE id = :person FOR UPDATE SKIP LOCKED"
#: Attendance ends with the handover, else with the session; where neither is counted, with twelve hours of silence.
_FILES = """
SELECT m.id
FROM media m JOIN inbox i ON i.id = m.inbox_id JOIN conversations c ON c.id = m.conversation_id
WHERE m.status IN ('kept', 'refused')
  AND NOT EXISTS (SELECT 1 FROM handovers h WHERE h.conversation_id = c.id AND h.closed_at IS NULL)
  AND NOT EXISTS (SELECT 1 FROM sessions s WHERE s.conversation_id = c.id AND s.closed_at IS NULL)
  AND coalesce(
        (SELECT max(ended.at)
         FROM (SELECT h.closed_at AS at FROM handovers h WHERE h.conversation_id = c.id
               UNION ALL
               SELECT s.closed_at FROM sessions s WHERE s.conversation_id = c.id) ended
         WHERE ended.at >= i.received_at),
        greatest(c.heard_at, i.received_at) + :quiet) <= now() - :after
LIMIT :limit
FOR UPDATE OF m SKIP LOCKED
"""
_DRAFTS = """
SELECT d.id FROM drafts d
WHERE d.saved_at <= now() - :after
  AND NOT EXISTS (SELECT 1 FROM handovers h WHERE h.conversation_id = d.conversation_id AND h.closed_at IS NULL)
LIMIT :limit
FOR UPDATE SKIP LOCKED
"""
_OF_NOBODY = """
JOIN conversations c ON c.id = one.conversation_id JOIN people p ON p.id = c.person_id
WHERE p.forgotten_at <= now() - :after
LIMIT :limit
FOR UPDATE OF one SKIP LOCKED
"""
_HEARD, _SAID = f"SELECT one.id FROM inbox one {_OF_NOBODY}", f"SELECT one.id FROM outbox one {_OF_NOBODY}"
_TRACES = {
    "reminders": "SELECT id FROM reminders WHERE coalesce(fired_at, cancelled_at) <= now() - :after",
    "alarms": "SELECT id FROM alarms WHERE rung_at <= now() - :after",
    "queue_passes": "SELECT ctid AS id FROM queue_passes WHERE until <= now() - :after",
    # Who asked for it and who confirmed it stands in the trail.
    "staff_resets": "SELECT id FROM staff_resets WHERE coalesce(closed_at, asked_at) <= now() - :after",
}
_LAST = """
SELECT DISTINCT ON (act) act, date_trunc('day', at) AS day, sum(split_part(detail, ' ', 1)::bigint) AS removed
FROM audit WHERE (act LIKE 'retention.%' OR act = 'audit.trim') AND at > now() - interval '400 days'
GROUP BY act, date_trunc('day', at) ORDER BY act, date_trunc('day', at) DESC
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Due:
    """How much of one kind is past its period: ``waiting`` goes with the next ticks, ``held`` stays while it is open.

    ``removed`` went on ``last_day`` (aware), the last day on which anything of it went; None if nothing ever did.
    """

    waiting: int
    held: int = 0
    removed: int = 0
    last_day: datetime | None = None


async def expire_people(database: Database, trail: Trail, *, after: timedelta, limit: int) -> int:
    """Destroy the key of whoever had no contact for so long and has nothing open; how many.

    Each is a transaction of its own. A message that comes in the meantime is answered: to the one who is there, or
    as to somebody new.
    """
    rows = await look(database, _AGED + _NOT_OPEN + " LIMIT :limit", of(after, limit=limit))
    gone = 0
    for row in rows:
        async with database.transaction() as tx:
            if not await _is_still_due(tx, row.id, after):
                continue
            told = {"person_id": row.id, "nobody": os.urandom(16), "aged": True}
            await tx.execute(statement("forget"), told)
            await note(tx, trail, "text", 1)
            gone += 1
    return gone


async def remove_files(database: Database, trail: Trail, *, after: timedelta, limit: int) -> int:
    """Remove what she sent in files once her attendance has ended; that there was one stays. How many."""
    change = (
        "UPDATE media SET bytes_sealed = NULL, url_sealed = NULL, status = 'removed' WHERE id IN (SELECT id FROM due)"
    )
    params = {**of(after, limit=limit), "quiet": load_times().quiet}
    return await remove(database, trail, "media", [f"WITH due AS ({_FILES}) {change}"], params)


async def remove_drafts(database: Database, trail: Trail, *, after: timedelta, limit: int) -> int:
    """Remove what was begun, never sent and is looked at by nobody any more; how many."""
    change = f"WITH due AS ({_DRAFTS}) DELETE FROM drafts WHERE id IN (SELECT id FROM due)"
    return await remove(database, trail, "drafts", [change], of(after, limit=limit))


async def remove_remains(database: Database, trail: Trail, *, after: timedelta, limit: int) -> int:
    """Remove the empty rows of whoever was forgotten so long ago; how many."""
    files = "files AS (DELETE FROM media WHERE inbox_id IN (SELECT id FROM due))"
    heard = f"WITH due AS ({_HEARD}), {files} DELETE FROM inbox WHERE id IN (SELECT id FROM due)"
    said = f"WITH due AS ({_SAID}) DELETE FROM outbox WHERE id IN (SELECT id FROM due)"
    return await remove(database, trail, "remains", [heard, said], of(after, limit=limit))


async def remove_traces(database: Database, trail: Trail, *, after: timedelta, limit: int) -> int:
    """Remove reminders, alarms, passes and resets that are long over; how many."""
    changes = [
        f"WITH due AS ({due}{TAKE_SOME}) DELETE FROM {table}"
        f" WHERE {'ctid' if table == 'queue_passes' else 'id'} IN (SELECT id FROM due)"
        for table, due in _TRACES.items()
    ]
    return await remove(database, trail, "traces", changes, of(after, limit=limit))


async def trim_audit(database: Database, trail: Trail, *, after: timedelta, limit: int) -> int:
    """Remove the oldest of the trail, and note, signed, where the chain begins from now on; how many rows."""
    async with database.transaction() as tx:
        return await trim(tx, trail, after=after, limit=limit)


async def count_due(database: Database, periods: Mapping[str, timedelta]) -> Mapping[str, Due]:
    """How each period stands, by its key; nothing is changed."""
    last = {
        ("audit" if row.act == "audit.trim" else row.act.removeprefix("retention.")): row
        for row in await database.run(text(_LAST))
    }
    found = {}
    for key, sql in _counted().items():
        params = {**of(periods[key], limit=10_000_000), "quiet": load_times().quiet}
        names = set(text(sql).compile().params)
        rows = await look(database, sql, {name: params[name] for name in names})
        waiting, held = rows[0].waiting, 0
        if key == "text":
            held = (await look(database, f"SELECT count(*) AS aged FROM ({_AGED}) a", of(periods[key])))[0].aged
            held -= waiting
        went = last.get(key)
        day, removed = (went.day, int(went.removed)) if went else (None, 0)
        found[key] = Due(waiting=waiting, held=held, removed=removed, last_day=day)
    return found


def _counted() -> Mapping[str, str]:
    without_locks = {
        "text": [_AGED + _NOT_OPEN],
        "media": [_FILES.replace("FOR UPDATE OF m SKIP LOCKED", "")],
        "drafts": [_DRAFTS.replace("FOR UPDATE SKIP LOCKED", "")],
        "remains": [sql.replace("FOR UPDATE OF one SKIP LOCKED", "") for sql in (_HEARD, _SAID)],
        "traces": list(_TRACES.values()),
        "handovers": [ENDED_HANDOVERS],
        "shifts": [PAST_SHIFTS],
        "staff": [LEFT],
        "audit": ["SELECT id FROM audit WHERE at <= now() - :after"],
    }
    return {
        key: f"SELECT {' + '.join(f'(SELECT count(*) FROM ({sql}) q{n})' for n, sql in enumerate(sqls))} AS waiting"
        for key, sqls in without_locks.items()
    }


async def _is_still_due(tx: AsyncConnection, person: UUID, after: timedelta) -> bool:
    if (await tx.execute(timed(_HOLD_PERSON), {"person": person})).first() is None:
        return False
    if not await hold_all(tx, person):  # she has just written, and is no more of age
        return False
    return (await tx.execute(timed(_AGED + _NOT_OPEN), of(after, person=person))).first() is not None
