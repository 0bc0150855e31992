"""The rows of staff: how they are read, sealed and changed by what stands in ``staff`` and ``resets``."""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import Row, Select, delete, func, insert, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.errors import NotThere
from bot.staff import Member, Role
from storage.ids import new_id
from storage.keys import KeyRing, OwnerKey
from storage.tables.keys import owner_keys
from storage.tables.staff import staff, staff_recovery_codes, staff_sign_ins


def normal(login: str) -> str:
    """A login as it is compared: however it is typed, it is one."""
    return unicodedata.normalize("NFKC", login).strip().casefold()


def read_member(row: Row[Any]) -> Member:
    """A row of ``staff``."""
    return Member(
        id=row.id,
        alias=row.alias,
        role=Role(row.role),
        zones=frozenset(row.zones),
        must_enrol=row.must_enrol,
        has_code=row.totp_sealed is not None,
        is_demo=row.is_demo,
        ended_at=row.ended_at,
    )


def with_key() -> Select[Any]:
    """Everybody who works here, with her key; who has left has none."""
    return select(staff, owner_keys.c.id.label("key_id"), owner_keys.c.wrapped, func.now().label("now")).join(
        owner_keys, owner_keys.c.owner_id == staff.c.id
    )


async def change(tx: AsyncConnection, staff_id: UUID, **values: object) -> None:
    """Change columns of one row."""
    await tx.execute(update(staff).where(staff.c.id == staff_id).values(**values))


async def replace_codes(tx: AsyncConnection, staff_id: UUID, hashes: Sequence[bytes]) -> None:
    """Give her these recovery codes in place of those that she had."""
    await tx.execute(delete(staff_recovery_codes).where(staff_recovery_codes.c.staff_id == staff_id))
    if hashes:
        rows = [{"id": new_id(), "staff_id": staff_id, "code_hash": one} for one in hashes]
        await tx.execute(insert(staff_recovery_codes), rows)


async def sign_out(tx: AsyncConnection, staff_id: UUID) -> None:
    """End every sign-in of hers."""
    live = (staff_sign_ins.c.staff_id == staff_id, staff_sign_ins.c.ended_at.is_(None))
    await tx.execute(update(staff_sign_ins).where(*live).values(ended_at=func.now()))


def seal(key: OwnerKey, column: str, plain: bytes) -> bytes:
    """Seal one cell of her row."""
    return key.seal(plain, table="staff", row=key.owner_id, column=column)


def unseal(key: OwnerKey, column: str, sealed: bytes) -> bytes:
    """Open one cell of her row."""
    return key.unseal(sealed, table="staff", row=key.owner_id, column=column)


async def lock_working(tx: AsyncConnection, ring: KeyRing, staff_id: UUID) -> tuple[Row[Any], OwnerKey]:
    """Her row, locked, and her key; raises ``NotThere`` if she works here no more."""
    found = await tx.execute(
        with_key().where(staff.c.id == staff_id, staff.c.ended_at.is_(None)).with_for_update(of=staff)
    )
    row = found.first()
    if row is None:
        raise NotThere("Ya no trabaja aquí")
    return row, open_key(ring, row)


def open_key(ring: KeyRing, row: Row[Any]) -> OwnerKey:
    """The key in a row of ``with_key``."""
    return ring.unwrap(key_id=row.key_id, owner_id=row.id, wrapped=row.wrapped)
