"""Who works here: her login and her codes are sealed under a key of her own, which is destroyed when she leaves."""

from __future__ import annotations

import os
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Row, delete, func, insert, null, select, text, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.errors import AlreadyThere, NotThere
from bot.staff import Member, Role
from bot.takeover import load_times
from storage.audit import Act, Trail
from storage.database import Database
from storage.ids import new_id
from storage.keys import KeyRing
from storage.staff_rows import (
    change,
    lock_working,
    normal,
    open_key,
    read_member,
    replace_codes,
    seal,
    sign_out,
    unseal,
    with_key,
)
from storage.tables.keys import owner_keys
from storage.tables.staff import staff, staff_recovery_codes

_ALIASES = text("SELECT id, alias FROM staff")
_MEMBERS = text("SELECT * FROM staff ORDER BY ended_at DESC NULLS FIRST, alias")


@dataclass(frozen=True, slots=True, kw_only=True)
class Credentials:
    """What somebody proves herself with: an argon2id hash, and the secret that her phone makes codes from.

    ``password_until``: a password that was told to her opens once, until then; None for one that she chose.
    """

    member: Member
    login: str
    password_hash: str = field(repr=False)
    password_until: datetime | None
    totp_secret: bytes | None = field(repr=False)
    now: datetime

    @property
    def may_try(self) -> bool:
        """Whether her password can open anything at all."""
        return self.member.ended_at is None and (self.password_until is None or self.now < self.password_until)


class StaffRoom:
    """The staff, in one database. Every change is one transaction, with its line in the audit trail.

    ``by`` is who acts; None is whoever runs a command on the server.
    """

    def __init__(self, database: Database, ring: KeyRing, trail: Trail) -> None:
        self._database, self._ring, self._trail = database, ring, trail

    async def add(
        self,
        *,
        by: UUID | None,
        alias: str,
        login: str,
        role: Role,
        zones: Collection[str],
        password_hash: str,
        is_demo: bool = False,
    ) -> Member:
        """Somebody new, with a password that she is told and must change. Raises ``AlreadyThere``."""
        member = Member(
            id=new_id(), alias=alias, role=role, zones=frozenset(zones), must_enrol=not is_demo, is_demo=is_demo
        )
        key, wrapped = self._ring.make(member.id)
        try:
            async with self._database.transaction() as tx:
                await tx.execute(
                    insert(owner_keys).values(
                        id=key.id, owner_id=member.id, owner_kind="staff", wrapped=wrapped, made_at=func.now()
                    )
                )
                await tx.execute(
                    insert(staff).values(
                        id=member.id,
                        alias=alias,
                        login_index=self._index(login),
                        login_sealed=seal(key, "login_sealed", normal(login).encode()),
                        role=role,
                        zones=sorted(zones),
                        password_sealed=seal(key, "password_sealed", password_hash.encode()),
                        password_until=null() if is_demo else func.now() + load_times().temporary_password,
                        must_enrol=member.must_enrol,
                        is_demo=is_demo,
                        created_at=func.now(),
                    )
                )
                await self._record(tx, "staff.add", by, member.id, detail=role)
        except IntegrityError:
            raise AlreadyThere("Ya hay alguien con ese usuario o ese alias; elija otro") from None
        return member

    async def members(self) -> Sequence[Member]:
        """Everybody, those who have left last."""
        rows = await self._database.run(_MEMBERS)
        return [read_member(row) for row in rows]

    async def aliases(self) -> Mapping[UUID, str]:
        """By what name everybody is known who works or worked here."""
        return {row.id: row.alias for row in await self._database.run(_ALIASES)}

    async def member(self, staff_id: UUID) -> Member:
        """One of them; raises ``NotThere``."""
        rows = await self._database.run(select(staff).where(staff.c.id == staff_id))
        if not rows:
            raise NotThere("No existe")
        return read_member(rows[0])

    async def credentials(self, *, login: str | None = None, staff_id: UUID | None = None) -> Credentials | None:
        """What she who has this login, or this id, proves herself with; None if nobody who works here has it."""
        found = staff.c.id == staff_id if login is None else staff.c.login_index == self._index(login)
        rows = await self._database.run(with_key().where(found))
        return self._read(rows[0]) if rows else None

    async def choose_password(self, staff_id: UUID, password_hash: str) -> None:
        """She chose a password of her own; whoever else is signed in as her is signed out by the caller."""
        async with self._database.transaction() as tx:
            _, key = await lock_working(tx, self._ring, staff_id)
            sealed = seal(key, "password_sealed", password_hash.encode())
            await change(tx, staff_id, password_sealed=sealed, password_until=null())
            await self._record(tx, "account.password", staff_id, staff_id)

    async def offer_totp(self, staff_id: UUID, secret: bytes) -> bytes:
        """Keep a secret that her phone is about to learn, unless one waits already: the one that counts."""
        async with self._database.transaction() as tx:
            row, key = await lock_working(tx, self._ring, staff_id)
            if row.totp_sealed is not None:
                return unseal(key, "totp_sealed", row.totp_sealed)
            # Until she has shown a code of it, she is not asked for one.
            await change(tx, staff_id, totp_sealed=seal(key, "totp_sealed", secret), must_enrol=True)
        return secret

    async def enrol(self, staff_id: UUID, *, password_hash: str, code_hashes: Sequence[bytes]) -> None:
        """She has chosen a password, and where codes are wanted her phone has shown one."""
        async with self._database.transaction() as tx:
            _, key = await lock_working(tx, self._ring, staff_id)
            sealed = seal(key, "password_sealed", password_hash.encode())
            await change(tx, staff_id, must_enrol=False, password_sealed=sealed, password_until=null())
            await replace_codes(tx, staff_id, code_hashes)
            await self._record(tx, "account.enrol", staff_id, staff_id)

    async def use_step(self, staff_id: UUID, step: int) -> bool:
        """Take the code of a 30-second step; False if it, or a later one, was taken before."""
        rows = await self._database.run(
            update(staff)
            .where(staff.c.id == staff_id, func.coalesce(staff.c.totp_step, -1) < step)
            .values(totp_step=step)
            .returning(staff.c.id)
        )
        return bool(rows)

    async def use_recovery_code(self, staff_id: UUID, code_hash: bytes) -> bool:
        """Take a recovery code; False if there is none such, or it was taken before."""
        codes = staff_recovery_codes.c
        async with self._database.transaction() as tx:
            used = await tx.execute(
                update(staff_recovery_codes)
                .where(codes.staff_id == staff_id, codes.code_hash == code_hash, codes.used_at.is_(None))
                .values(used_at=func.now())
                .returning(codes.id)
            )
            if used.first() is None:
                return False
            await self._record(tx, "account.recovery_code", staff_id, staff_id)
        return True

    async def renew_codes(self, staff_id: UUID, code_hashes: Sequence[bytes]) -> None:
        """New paper codes in place of the old."""
        async with self._database.transaction() as tx:
            await replace_codes(tx, staff_id, code_hashes)
            await self._record(tx, "account.new_codes", staff_id, staff_id)

    async def codes_left(self, staff_id: UUID) -> int:
        """How many recovery codes she still has."""
        codes = staff_recovery_codes.c
        left = select(func.count().label("left")).where(codes.staff_id == staff_id, codes.used_at.is_(None))
        return int((await self._database.run(left))[0].left)

    async def end(self, *, by: UUID | None, staff_id: UUID) -> None:
        """She works here no more: signed out everywhere, and her key is destroyed. Raises ``NotThere``.

        Her alias stays, since what she said to people stays with it.
        """
        async with self._database.transaction() as tx:
            await lock_working(tx, self._ring, staff_id)
            # Chance in place of the index: the login can be given again, and tells nothing.
            await change(tx, staff_id, ended_at=func.now(), login_index=os.urandom(32), totp_sealed=null())
            await tx.execute(delete(owner_keys).where(owner_keys.c.owner_id == staff_id))
            await replace_codes(tx, staff_id, ())
            await sign_out(tx, staff_id)
            await self._record(tx, "staff.end", by, staff_id)

    def _read(self, row: Row[Any]) -> Credentials:
        key = open_key(self._ring, row)
        return Credentials(
            member=read_member(row),
            login=unseal(key, "login_sealed", row.login_sealed).decode(),
            password_hash=unseal(key, "password_sealed", row.password_sealed).decode(),
            password_until=row.password_until,
            totp_secret=unseal(key, "totp_sealed", row.totp_sealed) if row.totp_sealed is not None else None,
            now=row.now,
        )

    def _index(self, login: str) -> bytes:
        return self._ring.blind_index("login", normal(login))

    async def _record(
        self, tx: AsyncConnection, act: str, by: UUID | None, staff_id: UUID, detail: str | None = None
    ) -> None:
        await self._trail.record(
            tx, Act(act=act, staff_id=by, subject_kind="staff", subject_id=staff_id, detail=detail)
        )
