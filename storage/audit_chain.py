"""The chain over the audit trail: each link signs its row and the link before, so that nothing can be taken out.

A tick links what is new. Until then, ten seconds at most, the removal of a row leaves no trace; a changed or
inserted row betrays itself at once by its own MAC. Whoever removes the end of the chain as well is found out by the
heads, which are files to be kept elsewhere.
"""

from __future__ import annotations

import hashlib
import hmac
import os
from collections.abc import AsyncIterator, Collection, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum
from itertools import takewhile
from pathlib import Path
from typing import Any
from uuid import UUID

from sqlalchemy import Row, and_, delete, func, insert, select, text
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.errors import BotError
from storage.audit import Act, Trail, read_row, sign_row
from storage.database import Database
from storage.tables.audit import audit, audit_chain

#: How long after its act a row may be without a link: some ticks.
WINDOW = timedelta(minutes=2)
#: A row whose transaction ended late is looked for this far back.
_LATE = timedelta(days=1)
_LOCK = 7_600_002
_BATCH = 1000
_TRIMMED = "audit.trim"


class Wrong(StrEnum):
    """What is wrong with the trail."""

    CHANGED = "changed"
    REMOVED = "removed"
    INSERTED = "inserted"
    UNLINKED = "unlinked"
    BROKEN = "broken"
    CUT_OFF = "cut_off"
    REWRITTEN = "rewritten"


@dataclass(frozen=True, slots=True, kw_only=True)
class Head:
    """The last link at some moment: whoever has kept it knows the whole chain up to it."""

    seq: int
    mac: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """One thing that is wrong, and where: a row's id, a place in the chain, or both."""

    wrong: Wrong
    audit_id: UUID | None = None
    seq: int | None = None


async def chain(database: Database, key: bytes) -> Head | None:
    """Link every row that has no link yet; the head of the chain, None while it is empty.

    One process at a time, under an advisory lock; the others find nothing to do. A row with a wrong MAC is linked
    too: when it appeared is part of the evidence.
    """
    async with database.transaction() as tx:
        await tx.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": _LOCK})
        last = (await tx.execute(select(audit_chain).order_by(audit_chain.c.seq.desc()).limit(1))).first()
        head = Head(seq=last.seq, mac=last.mac) if last else Head(seq=0, mac=b"")
        new = select(audit).outerjoin(audit_chain, audit_chain.c.audit_id == audit.c.id)
        new = new.where(audit_chain.c.seq.is_(None)).order_by(audit.c.at, audit.c.id).limit(_BATCH)
        if last is not None:
            since = select(audit.c.at).where(audit.c.id == last.audit_id).scalar_subquery()
            new = new.where(audit.c.at > func.coalesce(since, text("'-infinity'")) - _LATE)
        for row in (await tx.execute(new)).all():
            head = Head(seq=head.seq + 1, mac=_link(key, head, row.mac))
            await tx.execute(
                insert(audit_chain).values(seq=head.seq, audit_id=row.id, mac=head.mac, chained_at=func.now())
            )
    return head if head.seq else None


async def verify(database: Database, key: bytes, heads: Collection[Head] = ()) -> tuple[int, Sequence[Finding]]:
    """How many rows were looked at, and everything that is wrong with them."""
    findings: list[Finding] = []
    kept = {head.seq: head for head in heads}
    before, looked_at = await _beginning(database, key), 0
    kept = {seq: head for seq, head in kept.items() if seq >= before.seq}
    if before.seq in kept and kept.pop(before.seq).mac != before.mac:
        findings.append(Finding(wrong=Wrong.REWRITTEN, seq=before.seq))
    async for row in _links(database):
        looked_at += 1
        if row.link_seq != before.seq + 1:
            findings.append(Finding(wrong=Wrong.REMOVED, seq=before.seq + 1))
        if row.id is None:
            findings.append(Finding(wrong=Wrong.REMOVED, audit_id=row.audit_id, seq=row.link_seq))
        elif not hmac.compare_digest(row.mac, sign_row(key, read_row(row))):
            findings.append(Finding(wrong=Wrong.CHANGED, audit_id=row.id, seq=row.link_seq))
        elif not hmac.compare_digest(row.link_mac, _link(key, Head(seq=row.link_seq - 1, mac=before.mac), row.mac)):
            findings.append(Finding(wrong=Wrong.BROKEN, audit_id=row.id, seq=row.link_seq))
        before = Head(seq=row.link_seq, mac=row.link_mac)
        if row.link_seq in kept and kept.pop(row.link_seq).mac != row.link_mac:
            findings.append(Finding(wrong=Wrong.REWRITTEN, audit_id=row.id, seq=row.link_seq))
    findings += [Finding(wrong=Wrong.CUT_OFF, seq=seq) for seq in sorted(kept)]
    unlinked = await database.run(
        select(audit, audit_chain.c.seq, (audit.c.at < func.now() - WINDOW).label("is_old"))
        .outerjoin(audit_chain, audit_chain.c.audit_id == audit.c.id)
        .where(audit_chain.c.seq.is_(None))
        .order_by(audit.c.at, audit.c.id)
    )
    for row in unlinked:
        looked_at += 1
        if not hmac.compare_digest(row.mac, sign_row(key, read_row(row))):
            findings.append(Finding(wrong=Wrong.INSERTED, audit_id=row.id))
        elif row.is_old:
            findings.append(Finding(wrong=Wrong.UNLINKED, audit_id=row.id))
    return looked_at, findings


async def trim(tx: AsyncConnection, trail: Trail, *, after: timedelta, limit: int) -> int:
    """Remove the rows at the beginning that are so old, and their links; how many.

    What stands in their place is one more row, ``audit.trim``, that says in its own signed words with which link the
    chain goes on: nobody without the key can claim that a row was old. The database itself refuses what is younger
    than five years.
    """
    if not (await tx.execute(text("SELECT pg_try_advisory_xact_lock(:lock)"), {"lock": _LOCK})).scalar_one():
        return 0
    link, cutoff = audit_chain.c, func.now() - after
    oldest = await tx.execute(
        select(link.seq, link.mac, link.audit_id, and_(audit.c.at <= cutoff, link.chained_at <= cutoff).label("is_old"))
        .select_from(audit_chain.join(audit, link.audit_id == audit.c.id))
        .order_by(link.seq)
        .limit(limit + 1)
    )
    # The last link stays: the next one is made from it.
    gone = list(takewhile(lambda row: row.is_old, oldest.all()[:-1]))
    if not gone:
        return 0
    # The right to it is there for this moment alone, and the trigger still looks at every row.
    await tx.execute(text("GRANT DELETE ON audit, audit_chain TO CURRENT_USER"))
    await tx.execute(delete(audit).where(audit.c.id.in_([row.audit_id for row in gone])))
    await tx.execute(delete(audit_chain).where(link.seq <= gone[-1].seq))
    await tx.execute(text("REVOKE DELETE ON audit, audit_chain FROM CURRENT_USER"))
    await trail.record(tx, Act(act=_TRIMMED, detail=f"{len(gone)} {gone[-1].seq} {gone[-1].mac.hex()}"))
    return len(gone)


def keep_head(folder: Path, head: Head, day: date) -> None:
    """Write the day's head, in place of an earlier one of the same day: ``2026-11-22.txt`` holds ``seq mac``."""
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    path = folder / f"{day.isoformat()}.txt"
    line = f"{head.seq} {head.mac.hex()}\n"
    if path.exists() and path.read_text(encoding="ascii") == line:
        return
    aside = path.with_suffix(f".{os.getpid()}")
    aside.write_text(line, encoding="ascii")
    aside.replace(path)


def read_heads(folder: Path) -> list[Head]:
    """Every head that was kept in a folder; raises ``BotError`` that names a file that is none."""
    heads = []
    for path in sorted(folder.glob("*.txt")):
        try:
            seq, mac = path.read_text(encoding="ascii").split()
            heads.append(Head(seq=int(seq), mac=bytes.fromhex(mac)))
        except (ValueError, OSError):
            raise BotError(f"{path}: no es la cabeza de un día de la auditoría") from None
    return heads


async def _beginning(database: Database, key: bytes) -> Head:
    """After which link the chain goes on, as the last genuine ``audit.trim`` says."""
    rows = await database.run(
        select(audit, audit_chain.c.seq)
        .outerjoin(audit_chain, audit_chain.c.audit_id == audit.c.id)
        .where(audit.c.act == _TRIMMED)
    )
    heads = [Head(seq=0, mac=b"")]
    for row in rows:
        if hmac.compare_digest(row.mac, sign_row(key, read_row(row))):
            _, seq, mac = row.detail.split()
            heads.append(Head(seq=int(seq), mac=bytes.fromhex(mac)))
    return max(heads, key=lambda head: head.seq)


async def _links(database: Database) -> AsyncIterator[Row[Any]]:
    last = 0
    while True:
        link = audit_chain.c
        rows = await database.run(
            select(
                audit, link.seq, link.seq.label("link_seq"), link.mac.label("link_mac"), link.audit_id.label("audit_id")
            )
            .select_from(audit_chain.outerjoin(audit, link.audit_id == audit.c.id))
            .where(link.seq > last)
            .order_by(link.seq)
            .limit(_BATCH)
        )
        for row in rows:
            yield row
        if len(rows) < _BATCH:
            return
        last = rows[-1].link_seq


def _link(key: bytes, before: Head, row_mac: bytes) -> bytes:
    said = b"link\0" + (before.seq + 1).to_bytes(8) + before.mac + row_mac
    return hmac.digest(key, said, hashlib.sha256)
