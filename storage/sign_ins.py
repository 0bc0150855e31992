"""Who is signed in where, and who was guessed at lately."""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import Row, Update, case, delete, func, select, text, update
from sqlalchemy.dialects.postgresql import insert

from bot.staff import FORGOTTEN, Guessed, SignIn, Stage, address_bucket, wait_after
from storage.audit import Act, Trail
from storage.database import Database
from storage.ids import new_id
from storage.keys import KeyRing
from storage.staff_rows import normal, read_member
from storage.tables.staff import staff_guesses, staff_sign_ins

_OLD = timedelta(days=30)
_WHO = """
SELECT w.*, s.id AS sign_in_id, s.stage, s.created_at AS began_at, s.seen_at, s.locked_at, s.ended_at AS over_at,
       now() AS now
FROM staff w JOIN staff_sign_ins s ON s.staff_id = w.id
"""
_FIND = text(f"{_WHO} WHERE s.token_hash = :token_hash")
_LIVE = text(f"{_WHO} WHERE w.id = :id AND s.ended_at IS NULL ORDER BY s.seen_at DESC")


@dataclass(frozen=True, slots=True, kw_only=True)
class Attempt:
    """Somebody types a password or a code for a login, from an address.

    They are counted apart: a right password does not wash away the guesses at the code.
    """

    login: str
    address: str
    guessed: Guessed = Guessed.PASSWORD


class SignIns:
    """The sign-ins of one database; a browser holds a token, the database only its hash."""

    def __init__(self, database: Database, ring: KeyRing, trail: Trail) -> None:
        self._database, self._ring, self._trail = database, ring, trail

    async def start(self, staff_id: UUID, stage: Stage) -> str:
        """A new sign-in; its token, 256 random bits."""
        token, sign_in_id = secrets.token_urlsafe(32), new_id()
        async with self._database.transaction() as tx:
            await tx.execute(
                insert(staff_sign_ins).values(
                    id=sign_in_id,
                    staff_id=staff_id,
                    token_hash=_hash(token),
                    stage=stage,
                    created_at=func.now(),
                    seen_at=func.now(),
                )
            )
            act = Act(act="sign_in", staff_id=staff_id, subject_kind="sign_in", subject_id=sign_in_id, detail=stage)
            await self._trail.record(tx, act)
        return token

    async def find(self, token: str) -> tuple[SignIn, datetime] | None:
        """The sign-in of a token and what time it is; None if there never was one."""
        rows = await self._database.run(_FIND, {"token_hash": _hash(token)})
        return (_read(rows[0]), rows[0].now) if rows else None

    async def live(self, staff_id: UUID) -> Sequence[SignIn]:
        """Where she is signed in, latest first."""
        rows = await self._database.run(_LIVE, {"id": staff_id})
        return [_read(row) for row in rows]

    async def touch(self, sign_in_id: UUID) -> None:
        """She did something."""
        await self._database.run(_one(sign_in_id).values(seen_at=func.now()))

    async def lock(self, sign_in: SignIn) -> None:
        """Close the screen; what rings goes on ringing."""
        await self._change(sign_in, "lock", locked_at=func.coalesce(staff_sign_ins.c.locked_at, func.now()))

    async def unlock(self, sign_in: SignIn) -> None:
        """She typed her password at the closed screen."""
        await self._change(sign_in, "unlock", locked_at=None, seen_at=func.now())

    async def end(self, sign_in: SignIn) -> None:
        """Sign out here."""
        await self._change(sign_in, "sign_out", ended_at=func.now())

    async def end_all(self, staff_id: UUID) -> None:
        """Sign out everywhere."""
        live = (staff_sign_ins.c.staff_id == staff_id, staff_sign_ins.c.ended_at.is_(None))
        async with self._database.transaction() as tx:
            await tx.execute(update(staff_sign_ins).where(*live).values(ended_at=func.now()))
            await self._trail.record(
                tx, Act(act="sign_out_everywhere", staff_id=staff_id, subject_kind="staff", subject_id=staff_id)
            )

    async def try_once(self, attempt: Attempt) -> timedelta:
        """Count an attempt before anything is compared; if there were too many, how long to wait instead.

        Counted first, so that a hundred guesses at once are a hundred.
        """
        longest = timedelta()
        async with self._database.transaction() as tx:
            found = []
            # In one order, so that two attempts never wait for each other.
            for bucket, guessed in sorted(self._buckets(attempt).items()):
                nothing = insert(staff_guesses).values(bucket=bucket, failures=0, last_at=func.now())
                await tx.execute(nothing.on_conflict_do_nothing())
                row = (
                    await tx.execute(
                        select(staff_guesses, func.now().label("now"))
                        .where(staff_guesses.c.bucket == bucket)
                        .with_for_update()
                    )
                ).one()
                # Now is when the transaction began: another may have counted since.
                passed = max(row.now - row.last_at, timedelta())
                failures = 0 if passed >= FORGOTTEN else row.failures
                longest = max(longest, wait_after(guessed, failures) - passed if failures else timedelta())
                found.append((bucket, failures))
            if longest <= timedelta():
                for bucket, failures in found:
                    counted = update(staff_guesses).where(staff_guesses.c.bucket == bucket)
                    await tx.execute(counted.values(failures=failures + 1, last_at=func.now()))
        return longest

    async def forgive(self, attempt: Attempt) -> None:
        """The attempt was right: it does not count, nor do those at the same secret before it."""
        guesses = staff_guesses.c
        cleared = [bucket for bucket, kind in self._buckets(attempt).items() if kind is not Guessed.ADDRESS]
        one_less = func.greatest(guesses.failures - 1, 0)
        await self._database.run(
            update(staff_guesses)
            .where(guesses.bucket.in_(sorted(self._buckets(attempt))))
            .values(failures=case((guesses.bucket.in_(cleared), 0), else_=one_less))
        )

    async def note_failure(self, staff_id: UUID | None) -> None:
        """Write down that a guess was wrong, and at whom if such a person works here."""
        await self._trail.note(Act(act="sign_in_refused", subject_kind="staff", subject_id=staff_id))

    async def tidy(self) -> None:
        """Forget old guesses and old sign-ins; a tick does it."""
        await self._database.run(delete(staff_guesses).where(staff_guesses.c.last_at < func.now() - FORGOTTEN))
        await self._database.run(delete(staff_sign_ins).where(staff_sign_ins.c.created_at < func.now() - _OLD))

    async def _change(self, sign_in: SignIn, act: str, **values: object) -> None:
        async with self._database.transaction() as tx:
            changed = await tx.execute(_one(sign_in.id).values(**values).returning(staff_sign_ins.c.id))
            if changed.first() is None:
                return
            await self._trail.record(
                tx, Act(act=act, staff_id=sign_in.member.id, subject_kind="sign_in", subject_id=sign_in.id)
            )

    def _buckets(self, attempt: Attempt) -> dict[bytes, Guessed]:
        index = self._ring.blind_index
        return {
            index(f"guessed {attempt.guessed}", normal(attempt.login)): attempt.guessed,
            index("guessed address", address_bucket(attempt.address)): Guessed.ADDRESS,
        }


def _read(row: Row[Any]) -> SignIn:
    return SignIn(
        id=row.sign_in_id,
        member=read_member(row),
        stage=Stage(row.stage),
        created_at=row.began_at,
        seen_at=row.seen_at,
        locked_at=row.locked_at,
        ended_at=row.over_at,
    )


def _one(sign_in_id: UUID) -> Update:
    return update(staff_sign_ins).where(staff_sign_ins.c.id == sign_in_id, staff_sign_ins.c.ended_at.is_(None))


def _hash(token: str) -> bytes:
    return hashlib.sha256(token.encode()).digest()
