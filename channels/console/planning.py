"""Shifts and days without attention, as coordinators plan them and everybody reads them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from uuid import UUID

from aiohttp import web

from bot.errors import NotThere
from bot.rights import Scope
from bot.shifts import Shift, attends, on_duty
from bot.staff import Member, Role
from channels.console.access import ROOT, right
from channels.console.entering import see, text_of
from channels.console.pages import show
from channels.console.parts import CONSOLE, Console, who

_SHIFTS = f"{ROOT}/turnos"
_MOST_WEEKS = 12
_WEEK, _DAY = timedelta(days=7), timedelta(days=1)
#: Those who attend people.
_ATTENDING = frozenset({Role.PSYCHOLOGIST, Role.COORDINATOR})


@dataclass(frozen=True, slots=True, kw_only=True)
class Wish:
    """A shift as it was typed, understood: its first day's beginning and end, and how many weeks it comes again."""

    staff_id: UUID
    zone: str | None
    starts_at: datetime
    ends_at: datetime
    on_call: bool
    weeks: int


@right("shifts.read")
async def show_shifts(request: web.Request) -> web.Response:
    """Who attends now, and the plan to come."""
    return await _shifts(request)


@right("shifts.write")
async def add_shift(request: web.Request) -> web.Response:
    """Plan a shift, once or weekly."""
    console, by = request.app[CONSOLE], who(request).member
    wish = await _wish(request, console)
    if wish is None:
        return await _shifts(request, "Revise persona, día y horas.")
    if wish.ends_at <= who(request).now:
        return await _shifts(request, "Ese turno ya pasó.")
    if not console.rights.allows(by, "shifts.write", zones=_zones(console, wish.zone)):
        raise web.HTTPForbidden
    attending = {one.id: one for one in await _attending(console)}
    if wish.staff_id not in attending or (wish.zone and wish.zone not in attending[wish.staff_id].zones):
        return await _shifts(request, "Esa persona no atiende en esa zona.")
    for week in range(wish.weeks):
        await console.plan.add(
            by=by.id,
            staff_id=wish.staff_id,
            zone=wish.zone,
            starts_at=wish.starts_at + week * _WEEK,
            ends_at=wish.ends_at + week * _WEEK,
            on_call=wish.on_call,
        )
    return see(_SHIFTS)


@right("shifts.write")
async def cancel_shift(request: web.Request) -> web.Response:
    """Take a shift out of the plan."""
    console, by = request.app[CONSOLE], who(request).member
    planned = {str(shift.id): shift for shift in await console.plan.shifts()}
    shift = planned.get(request.match_info["shift"])
    if shift is None:
        return await _shifts(request, "Ese turno ya no está.")
    if not console.rights.allows(by, "shifts.write", zones=_zones(console, shift.zone)):
        raise web.HTTPForbidden
    try:
        await console.plan.cancel(by=by.id, shift_id=shift.id)
    except NotThere as error:
        return await _shifts(request, str(error))
    return see(_SHIFTS)


@right("holidays.write")
async def set_holiday(request: web.Request) -> web.Response:
    """Mark a day on which nobody answers, or take the mark away."""
    try:
        day = date.fromisoformat(await text_of(request, "day"))
    except ValueError:
        return await _shifts(request, "Escriba el día.")
    is_holiday = await text_of(request, "mark") == "yes"
    await request.app[CONSOLE].plan.set_holiday(by=who(request).member.id, day=day, is_holiday=is_holiday)
    return see(_SHIFTS)


async def _shifts(request: web.Request, said: str = "") -> web.Response:
    console, found = request.app[CONSOLE], who(request)
    holidays = await console.plan.holidays()
    planned = await console.plan.shifts()
    aliases = await console.room.aliases()
    duties = [
        (zone, on_duty(found.now, shifts=planned, hours=console.hours, holidays=holidays, zone=zone))
        for zone in console.zones
    ]
    may_write = console.rights.scope(found.member.role, "shifts.write")
    return show(
        request,
        "shifts.html",
        status=422 if said else 200,
        said=said,
        duties=duties,
        aliases=aliases,
        shifts=[(shift, _counts(console, shift, holidays)) for shift in planned if _sees(console, found.member, shift)],
        holidays=sorted(holidays),
        may_cancel={one.id for one in planned if _may(console, found.member, one)},
        may_plan=bool(may_write),
        may_mark=bool(console.rights.scope(found.member.role, "holidays.write")),
        people=[one for one in await _attending(console) if _near(console, found.member, one)],
        zones=console.zones if may_write is Scope.ALL else sorted(found.member.zones),
        may_whole=bool(may_write) and console.rights.allows(found.member, "shifts.write", zones=console.zones),
        today=found.now.astimezone(console.hours.timezone).date().isoformat(),
        most_weeks=_MOST_WEEKS,
    )


def _counts(console: Console, shift: Shift, holidays: frozenset[date]) -> bool:
    """Whether anybody is attended in this shift: not if all of it lies outside the hours."""
    return bool(attends(shift, hours=console.hours, holidays=holidays))


def _may(console: Console, member: Member, shift: Shift) -> bool:
    return console.rights.allows(member, "shifts.write", zones=_zones(console, shift.zone))


def _sees(console: Console, member: Member, shift: Shift) -> bool:
    is_all = console.rights.scope(member.role, "shifts.read") is Scope.ALL
    return is_all or shift.zone is None or shift.zone in member.zones or shift.staff_id == member.id


def _near(console: Console, member: Member, other: Member) -> bool:
    return console.rights.scope(member.role, "shifts.write") is Scope.ALL or bool(other.zones & member.zones)


def _zones(console: Console, zone: str | None) -> list[str]:
    """The zones that a shift lies in: a shift of the whole department lies in all."""
    return list(console.zones) if zone is None else [zone]


async def _attending(console: Console) -> list[Member]:
    return [one for one in await console.room.members() if one.ended_at is None and one.role in _ATTENDING]


async def _wish(request: web.Request, console: Console) -> Wish | None:
    try:
        day = date.fromisoformat(await text_of(request, "day"))
        opens = time.fromisoformat(await text_of(request, "from"))
        closes = time.fromisoformat(await text_of(request, "until"))
        staff_id = UUID(await text_of(request, "staff"))
        weeks = int(await text_of(request, "weeks") or 1)
    except ValueError:
        return None
    zone = await text_of(request, "zone")
    if not 1 <= weeks <= _MOST_WEEKS or (zone and zone not in console.zones):
        return None
    starts = datetime.combine(day, opens, tzinfo=console.hours.timezone)
    ends = datetime.combine(day, closes, tzinfo=console.hours.timezone)
    return Wish(
        staff_id=staff_id,
        zone=zone or None,
        starts_at=starts,
        # A night's shift ends on the next day.
        ends_at=ends if ends > starts else ends + _DAY,
        on_call=await text_of(request, "on_call") == "yes",
        weeks=weeks,
    )
