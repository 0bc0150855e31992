"""Shifts and holidays as the coordinators plan them."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime, timedelta
from uuid import UUID

from sqlalchemy import Date, cast, delete, func, select, update
from sqlalchemy.dialects.postgresql import insert

from bot.errors import NotThere
from bot.shifts import Attendance, Shift, attendance
from bot.territory import department
from bot.territory.directory import load_hours
from storage.audit import Act, Trail
from storage.database import Database
from storage.ids import new_id
from storage.tables.staff import holidays, shifts, staff

_REMEMBERED = timedelta(days=31)
#: What a turn knows of the plan is no older than this.
_FRESH = timedelta(seconds=5)


class Roster:
    """What every turn asks of the plan: is anybody there now? Read again every five seconds."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._known: Attendance | None = None
        self._read_at: datetime | None = None

    async def attendance(self, now: datetime) -> Attendance | None:
        """Who attends at ``now`` (the database's); None if nobody was ever planned: then the hours count."""
        if self._read_at is None or not timedelta() <= now - self._read_at < _FRESH:
            self._known, self._read_at = await self._read(now), now
        return self._known

    async def _read(self, now: datetime) -> Attendance | None:
        plan = await shifts_since(self._database)
        if not plan and not await self._database.run(select(shifts.c.id).limit(1)):
            return None
        free = await holidays_of(self._database)
        return attendance(now, shifts=plan, hours=load_hours(), holidays=free, zones=department().zones)


class Plan:
    """The plan in one database; every change has its line in the audit trail."""

    def __init__(self, database: Database, trail: Trail) -> None:
        self._database, self._trail = database, trail

    async def shifts(self, *, since: datetime | None = None) -> Sequence[Shift]:
        """The shifts that end after ``since`` (the database's now), by beginning; not of those who have left."""
        return await shifts_since(self._database, since)

    async def holidays(self) -> frozenset[date]:
        """The days on which nobody answers, of the last month and to come."""
        return await holidays_of(self._database)

    async def add(
        self,
        *,
        by: UUID | None,
        staff_id: UUID,
        zone: str | None,
        starts_at: datetime,
        ends_at: datetime,
        on_call: bool = False,
    ) -> Shift:
        """Plan a shift; ``ends_at`` is after ``starts_at``."""
        shift = Shift(id=new_id(), staff_id=staff_id, zone=zone, starts_at=starts_at, ends_at=ends_at, on_call=on_call)
        async with self._database.transaction() as tx:
            await tx.execute(
                insert(shifts).values(
                    id=shift.id, staff_id=staff_id, zone=zone, starts_at=starts_at, ends_at=ends_at, on_call=on_call
                )
            )
            await self._trail.record(
                tx, Act(act="shift.add", staff_id=by, subject_kind="shift", subject_id=shift.id, detail=zone)
            )
        return shift

    async def cancel(self, *, by: UUID, shift_id: UUID) -> None:
        """Take a shift out of the plan; raises ``NotThere``."""
        async with self._database.transaction() as tx:
            found = await tx.execute(
                update(shifts)
                .where(shifts.c.id == shift_id, shifts.c.cancelled_at.is_(None))
                .values(cancelled_at=func.now())
                .returning(shifts.c.id)
            )
            if found.first() is None:
                raise NotThere("Ese turno ya no está")
            await self._trail.record(
                tx, Act(act="shift.cancel", staff_id=by, subject_kind="shift", subject_id=shift_id)
            )

    async def set_holiday(self, *, by: UUID, day: date, is_holiday: bool) -> None:
        """Make a day a holiday, or a day like others."""
        async with self._database.transaction() as tx:
            if is_holiday:
                await tx.execute(insert(holidays).values(day=day).on_conflict_do_nothing())
            else:
                await tx.execute(delete(holidays).where(holidays.c.day == day))
            act = "holiday.add" if is_holiday else "holiday.remove"
            await self._trail.record(tx, Act(act=act, staff_id=by, detail=day.isoformat()))


async def shifts_since(database: Database, since: datetime | None = None) -> Sequence[Shift]:
    """The shifts that end after ``since`` (the database's now), by beginning; not of those who have left."""
    rows = await database.run(
        select(shifts)
        .join(staff, staff.c.id == shifts.c.staff_id)
        .where(shifts.c.cancelled_at.is_(None), staff.c.ended_at.is_(None))
        .where(shifts.c.ends_at > (since if since is not None else func.now()))
        .order_by(shifts.c.starts_at, shifts.c.id)
    )
    return [
        Shift(
            id=row.id,
            staff_id=row.staff_id,
            zone=row.zone,
            starts_at=row.starts_at,
            ends_at=row.ends_at,
            on_call=row.on_call,
        )
        for row in rows
    ]


async def holidays_of(database: Database) -> frozenset[date]:
    """The days on which nobody answers, of the last month and to come."""
    rows = await database.run(select(holidays).where(holidays.c.day > cast(func.now() - _REMEMBERED, Date)))
    return frozenset(row.day for row in rows)
