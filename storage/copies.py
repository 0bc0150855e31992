"""What the provider still keeps of us, as a queue: noted when it is old enough, tried until it is gone."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from sqlalchemy import BigInteger, DateTime, Interval, TextClause, bindparam, text

from storage.database import Database
from storage.removal import planned_anew
from storage.watermarks import hold_watermark, move_watermark

_INBOUND, _OUTBOUND = "copies of what came", "copies of what was said"
#: A letter may leave so long after it was written, and is then looked for again.
_LATEST_LETTER = timedelta(hours=13)
_HOLD_NOTING = timedelta(minutes=5)
#: So much is noted by one statement, and about so many messages by one tick: a past of years comes bit by bit.
_STEP, _PORTION = timedelta(days=1), 5000
#: How long one process may be about a copy before another tries it.
_HOLD_COPY = timedelta(minutes=2)
#: That something is gone is remembered so long, for the report.
_REMEMBERED = timedelta(days=7)
#: What is later than this is late enough to be told.
_LATE = timedelta(hours=1)

_NOTE_INBOUND = """
WITH noted AS (
    INSERT INTO provider_copies (provider_id, whole, due_at, attempts, next_try_at)
    SELECT external_id, false, received_at + :keeps, 0, now()
    FROM inbox
    WHERE received_at > :after AND received_at <= :until AND source = 'twilio' AND kind = 'person'
    ON CONFLICT DO NOTHING
    RETURNING 1
)
SELECT count(*) AS noted FROM noted
"""
_NOTE_OUTBOUND = """
WITH noted AS (
    INSERT INTO provider_copies (provider_id, whole, due_at, attempts, next_try_at)
    SELECT o.provider_id, false, o.sent_at + :keeps, 0, now()
    FROM outbox o JOIN conversations c ON c.id = o.conversation_id
    WHERE o.created_at > :after AND o.created_at <= :until AND o.sent_at <= :until
      AND o.provider_id IS NOT NULL AND c.channel IN ('whatsapp', 'sms')
    ON CONFLICT DO NOTHING
    RETURNING 1
)
SELECT count(*) AS noted FROM noted
"""
TAKE = """
WITH due AS (
    SELECT provider_id FROM provider_copies
    WHERE gone_at IS NULL AND next_try_at <= now()
    ORDER BY whole DESC, next_try_at
    LIMIT :limit
    FOR UPDATE SKIP LOCKED
)
UPDATE provider_copies copy
SET attempts = least(copy.attempts + 1, 1000), next_try_at = now() + :hold
FROM due
WHERE copy.provider_id = due.provider_id
RETURNING copy.provider_id, copy.whole, copy.attempts
"""
_GONE = "UPDATE provider_copies SET gone_at = now(), code = NULL WHERE provider_id = :id"
_LATER = "UPDATE provider_copies SET next_try_at = now() + :after, code = :code WHERE provider_id = :id"
_TIDY = "DELETE FROM provider_copies WHERE gone_at < now() - :remembered"
_COUNT = """
SELECT count(*) FILTER (WHERE gone_at IS NULL) AS waiting,
       count(*) FILTER (WHERE gone_at IS NULL AND whole AND due_at <= now()) AS forgotten,
       count(*) FILTER (WHERE gone_at IS NULL AND due_at <= now() - CAST(:late AS interval)) AS late,
       min(due_at) FILTER (WHERE gone_at IS NULL) AS oldest,
       count(*) FILTER (WHERE gone_at > now() - interval '1 day') AS gone_today,
       now() AS now
FROM provider_copies
"""
_CODES = """
SELECT code, count(*) AS copies FROM provider_copies WHERE gone_at IS NULL AND code IS NOT NULL
GROUP BY code ORDER BY count(*) DESC, code
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Copy:
    """One message of which the provider keeps words or, with ``whole``, anything; held by this process."""

    provider_id: str
    whole: bool
    attempts: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Copies:
    """What is still to be deleted there: how many, ``forgotten`` of people who were erased, ``late`` by an hour.

    ``late_by`` is the oldest one's delay; ``codes`` say why the last attempts failed; ``gone_today``: in 24 hours.
    """

    waiting: int = 0
    forgotten: int = 0
    late: int = 0
    late_by: timedelta = timedelta()
    gone_today: int = 0
    codes: Mapping[str, int] = field(default_factory=dict)


async def note_copies(database: Database, *, keeps: timedelta, portion: int = _PORTION) -> None:
    """Note what the provider has had for so long, each message once; and forget what went a week ago.

    After about ``portion`` messages, counted in whole days, the rest is left to the next time.
    """
    for name, sql, again in ((_INBOUND, _NOTE_INBOUND, timedelta()), (_OUTBOUND, _NOTE_OUTBOUND, _LATEST_LETTER)):
        # A first time looks at everything that is there: this came to an installation with a past.
        held = await hold_watermark(database, name, hold=_HOLD_NOTING, begin=timedelta(days=400))
        if held is None:
            continue
        noted, until = 0, held.now - keeps
        at = max(held.at, await _beginning(database, until))
        while at < until and noted < portion:
            to = min(at + _STEP, until)
            async with planned_anew(database) as tx:
                rows = await tx.execute(_timed(sql), {"keeps": keeps, "after": at - again, "until": to})
            noted, at = noted + rows.scalar_one(), to
        await move_watermark(database, name, at)
    await database.run(text(_TIDY).bindparams(bindparam("remembered", type_=Interval())), {"remembered": _REMEMBERED})


async def take_copies(database: Database, *, limit: int) -> Sequence[Copy]:
    """Hold what is to be deleted now, those of erased people first; nobody else holds it for two minutes."""
    rows = await database.run(
        text(TAKE).bindparams(bindparam("hold", type_=Interval()), bindparam("limit", type_=BigInteger())),
        {"hold": _HOLD_COPY, "limit": limit},
    )
    return [Copy(provider_id=row.provider_id, whole=row.whole, attempts=row.attempts) for row in rows]


async def mark_copy_gone(database: Database, provider_id: str) -> None:
    """The provider has deleted it."""
    await database.run(text(_GONE), {"id": provider_id})


async def put_copy_off(database: Database, provider_id: str, *, code: str, after: timedelta) -> None:
    """It is not gone; it is tried again, for as long as it takes."""
    later = text(_LATER).bindparams(bindparam("after", type_=Interval()))
    await database.run(later, {"id": provider_id, "code": code, "after": after})


async def count_copies(database: Database) -> Copies:
    """What the report shows."""
    row = (await database.run(text(_COUNT).bindparams(bindparam("late", type_=Interval())), {"late": _LATE}))[0]
    codes = await database.run(text(_CODES))
    oldest: datetime | None = row.oldest
    return Copies(
        waiting=row.waiting,
        forgotten=row.forgotten,
        late=row.late,
        late_by=max(row.now - oldest, timedelta()) if oldest else timedelta(),
        gone_today=row.gone_today,
        codes={one.code: one.copies for one in codes},
    )


async def _beginning(database: Database, otherwise: datetime) -> datetime:
    """A day before the first letter that is here: nothing of the provider's is older, since all is answered."""
    rows = await database.run(text("SELECT min(created_at) - interval '1 day' AS at FROM outbox"))
    return rows[0].at or otherwise


def _timed(sql: str) -> TextClause:
    moments = [bindparam(name, type_=DateTime(timezone=True)) for name in ("after", "until")]
    return text(sql).bindparams(bindparam("keeps", type_=Interval()), *moments)
