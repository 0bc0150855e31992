"""A new password and a new phone for somebody who lost hers: one asks, a second person confirms."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import func, insert, null, select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.errors import NotThere
from bot.staff import Member
from bot.takeover import load_times
from storage.audit import Act, Trail
from storage.database import Database
from storage.ids import new_id
from storage.keys import KeyRing
from storage.staff_rows import change, lock_working, read_member, replace_codes, seal, sign_out
from storage.tables.staff import staff, staff_resets


@dataclass(frozen=True, slots=True, kw_only=True)
class Reset:
    """A reset that waits for a second person."""

    id: UUID
    member: Member
    asked_by: UUID
    asked_at: datetime


class Resets:
    """The resets of one database; every step has its line in the audit trail."""

    def __init__(self, database: Database, ring: KeyRing, trail: Trail) -> None:
        self._database, self._ring, self._trail = database, ring, trail

    async def ask(self, *, by: UUID, staff_id: UUID) -> None:
        """Ask for a new password and a new phone for somebody; a second person must confirm. Raises ``NotThere``."""
        resets = staff_resets.c
        try:
            async with self._database.transaction() as tx:
                await lock_working(tx, self._ring, staff_id)
                await tx.execute(
                    update(staff_resets)
                    .where(resets.staff_id == staff_id, resets.closed_at.is_(None))
                    .where(resets.asked_at < func.now() - load_times().reset_open)
                    .values(closed_at=func.now())
                )
                await tx.execute(
                    insert(staff_resets).values(id=new_id(), staff_id=staff_id, asked_by=by, asked_at=func.now())
                )
                await self._record(tx, "staff.reset_ask", by, staff_id)
        except IntegrityError:
            raise NotThere("Ya está pedido, o usted no puede pedirlo") from None

    async def waiting(self) -> Sequence[Reset]:
        """The resets that wait for a second person, oldest first."""
        rows = await self._database.run(
            select(staff, staff_resets.c.id.label("reset_id"), staff_resets.c.asked_by, staff_resets.c.asked_at)
            .join(staff_resets, staff_resets.c.staff_id == staff.c.id)
            .where(staff_resets.c.closed_at.is_(None), staff_resets.c.asked_at >= func.now() - load_times().reset_open)
            .order_by(staff_resets.c.asked_at)
        )
        return [
            Reset(id=row.reset_id, member=read_member(row), asked_by=row.asked_by, asked_at=row.asked_at)
            for row in rows
        ]

    async def close(self, *, by: UUID, reset_id: UUID, password_hash: str | None) -> Member:
        """Confirm a reset with a password to be told, or refuse it with none. Raises ``NotThere``.

        Whoever asked cannot confirm, nor can she whom it is about: the table itself refuses.
        """
        resets = staff_resets.c
        confirmed = {"confirmed_by": by} if password_hash is not None else {}
        try:
            async with self._database.transaction() as tx:
                closed = await tx.execute(
                    update(staff_resets)
                    .where(resets.id == reset_id, resets.closed_at.is_(None))
                    .where(resets.asked_at >= func.now() - load_times().reset_open)
                    .values(closed_at=func.now(), **confirmed)
                    .returning(resets.staff_id)
                )
                row = closed.first()
                if row is None:
                    raise NotThere("Ese cambio ya no espera")
                if password_hash is not None:
                    await self._reset(tx, row.staff_id, password_hash)
                act = "staff.reset_confirm" if password_hash is not None else "staff.reset_refuse"
                await self._record(tx, act, by, row.staff_id)
        except IntegrityError:
            raise NotThere("La confirma otra persona") from None

        return read_member((await self._database.run(select(staff).where(staff.c.id == row.staff_id)))[0])

    async def at_once(self, *, by: None, staff_id: UUID, password_hash: str) -> None:
        """Reset at once, from the server's own command line. Raises ``NotThere``."""
        async with self._database.transaction() as tx:
            await self._reset(tx, staff_id, password_hash)
            await self._record(tx, "staff.reset", by, staff_id)

    async def _reset(self, tx: AsyncConnection, staff_id: UUID, password_hash: str) -> None:
        _, key = await lock_working(tx, self._ring, staff_id)
        sealed = seal(key, "password_sealed", password_hash.encode())
        until = func.now() + load_times().temporary_password
        await change(tx, staff_id, password_sealed=sealed, password_until=until, must_enrol=True, totp_sealed=null())
        await replace_codes(tx, staff_id, ())
        await sign_out(tx, staff_id)

    async def _record(self, tx: AsyncConnection, act: str, by: UUID | None, staff_id: UUID) -> None:
        await self._trail.record(tx, Act(act=act, staff_id=by, subject_kind="staff", subject_id=staff_id))
