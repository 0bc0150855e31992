"""Who did what to what, and when: rows that are only added, each signed with a key outside the database."""

from __future__ import annotations

import hashlib
import hmac
import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Row, func, insert, select
from sqlalchemy.ext.asyncio import AsyncConnection

from storage.database import Database
from storage.ids import new_id
from storage.tables.audit import audit, audit_chain


@dataclass(frozen=True, slots=True, kw_only=True)
class Act:
    """One act: ``Act(act="staff.add", staff_id=…, subject_kind="staff", subject_id=…, detail="psychologist")``.

    ``staff_id`` is None for whoever runs a command on the server. ``detail`` is a word of ours or a name of a list,
    never something that a person wrote.
    """

    act: str
    staff_id: UUID | None = None
    subject_kind: str | None = None
    subject_id: UUID | None = None
    detail: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Recorded:
    """An act as it stands in the trail. ``seq`` is its place in the chain, None until a tick has chained it."""

    id: UUID
    at: datetime
    act: Act
    mac: bytes
    seq: int | None = None


class Trail:
    """The trail under one key of 32 bytes, ``AUDIT_KEY``."""

    def __init__(self, database: Database, key: bytes) -> None:
        self._database, self._key = database, key

    async def record(self, tx: AsyncConnection, act: Act) -> None:
        """Write one act, in the transaction of what was done: both happen or neither."""
        at = (await tx.execute(select(func.now()))).scalar_one()
        row = Recorded(id=new_id(), at=at, act=act, mac=b"")
        await tx.execute(
            insert(audit).values(
                id=row.id,
                at=row.at,
                staff_id=act.staff_id,
                act=act.act,
                subject_kind=act.subject_kind,
                subject_id=act.subject_id,
                detail=act.detail,
                mac=sign_row(self._key, row),
            )
        )

    async def note(self, act: Act) -> None:
        """Write one act that changed nothing else, such as a reading."""
        async with self._database.transaction() as tx:
            await self.record(tx, act)

    async def between(self, first: datetime, last: datetime, *, limit: int = 500) -> Sequence[Recorded]:
        """The acts from ``first`` until before ``last``, newest first."""
        rows = await self._database.run(
            select(audit, audit_chain.c.seq)
            .outerjoin(audit_chain, audit_chain.c.audit_id == audit.c.id)
            .where(audit.c.at >= first, audit.c.at < last)
            .order_by(audit.c.at.desc(), audit.c.id.desc())
            .limit(limit)
        )
        return [read_row(row) for row in rows]

    def is_genuine(self, row: Recorded) -> bool:
        """Whether the row is one that the service wrote, as it wrote it."""
        return hmac.compare_digest(row.mac, sign_row(self._key, row))


def sign_row(key: bytes, row: Recorded) -> bytes:
    """The MAC of one row, over everything that it says."""
    act = row.act
    ids = [str(one) if one else None for one in (row.id, act.staff_id, act.subject_id)]
    said = [*ids, row.at.astimezone(UTC).isoformat(), act.act, act.subject_kind, act.detail]
    return hmac.digest(key, b"row\0" + json.dumps(said, separators=(",", ":")).encode(), hashlib.sha256)


def read_row(row: Row[Any]) -> Recorded:
    """A row of ``audit`` joined with its ``seq``."""
    act = Act(
        act=row.act,
        staff_id=row.staff_id,
        subject_kind=row.subject_kind,
        subject_id=row.subject_id,
        detail=row.detail,
    )
    return Recorded(id=row.id, at=row.at, act=act, mac=row.mac, seq=row.seq)
