"""One portion of what is past its period goes in a short transaction, with its line in the trail."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from datetime import timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import BigInteger, Interval, Row, TextClause, Uuid, bindparam, text
from sqlalchemy.ext.asyncio import AsyncConnection
from sqlalchemy.types import TypeEngine

from storage.audit import Act, Trail
from storage.database import Database

#: After what is due: a portion of it, and nothing that somebody holds.
TAKE_SOME = " LIMIT :limit FOR UPDATE SKIP LOCKED"
_TYPES: dict[str, TypeEngine[Any]] = {
    "after": Interval(),
    "quiet": Interval(),
    "limit": BigInteger(),
    "person": Uuid(),
}


async def remove(database: Database, trail: Trail, key: str, changes: Sequence[str], params: dict[str, object]) -> int:
    """Carry out statements that remove rows, all or none, and note how many it were under ``retention.key``."""
    removed = 0
    async with planned_anew(database) as tx:
        for sql in changes:
            removed += (await tx.execute(timed(sql), params)).rowcount
        if removed:
            await note(tx, trail, key, removed)
    return removed


async def look(database: Database, sql: str, params: Mapping[str, object]) -> Sequence[Row[Any]]:
    """Read what is due, and change nothing."""
    async with planned_anew(database) as tx:
        return (await tx.execute(timed(sql), params)).all()


@asynccontextmanager
async def planned_anew(database: Database) -> AsyncIterator[AsyncConnection]:
    """A transaction whose statements are planned for their own values each time.

    They look through whole tables, and seldom. A plan that is made once knows neither how long ago nor how many:
    with 100,000 people it took a second to see that nobody is due, and this one 0.1.
    """
    async with database.transaction() as tx:
        await tx.execute(text("SET LOCAL plan_cache_mode = force_custom_plan"))
        yield tx


async def note(tx: AsyncConnection, trail: Trail, key: str, removed: int) -> None:
    """Write in the trail how much went, and of nobody."""
    await trail.record(tx, Act(act=f"retention.{key}", detail=str(removed)))


def of(after: timedelta, *, limit: int | None = None, person: UUID | None = None) -> dict[str, object]:
    """What a statement about ages is given."""
    return {"after": after, "person": person} if limit is None else {"after": after, "person": person, "limit": limit}


def timed(sql: str) -> TextClause:
    """A statement whose parameters have their types."""
    clause = text(sql)
    return clause.bindparams(*(bindparam(name, type_=_TYPES[name]) for name in clause.compile().params))
