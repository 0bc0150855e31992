"""Shifts and days without attention on the page."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta

from aiohttp import ClientResponse

from bot.staff import Role
from tests.console.house import Browser, House
from tests.doubles.database import set_clock

#: A Monday, ten in the morning in Cali.
MONDAY = datetime(2026, 11, 23, 15, tzinfo=UTC)
NORTE, SUR = frozenset({"Norte"}), frozenset({"Sur"})


async def _plan(browser: Browser, staff: object, **fields: object) -> ClientResponse:
    await browser.get("/consola/turnos")
    form = {
        "staff": staff,
        "zone": "Norte",
        "day": "2026-11-23",
        "from": "08:00",
        "until": "14:00",
        "weeks": 1,
        **fields,
    }
    return await browser.post("/consola/turnos", form)


async def _says(browser: Browser) -> str:
    await browser.get("/consola/turnos")
    return re.sub(r"\s+", " ", re.sub(r"<[^>]*>", "", browser.page))


async def test_a_coordinator_plans_a_shift_and_everybody_sees_who_attends_until_when(console: House) -> None:
    await set_clock(console.database, MONDAY)
    member = await console.enrolled("ana")
    carmen = await console.signed_in("carmen", Role.COORDINATOR)
    assert (await _plan(carmen, member.id)).status == 303
    said = await _says(carmen)
    assert "Norte Ana. Hay alguien hasta lun 23 nov 2026, 14:00." in said
    assert "Sur Nadie, y no hay turnos puestos." in said


async def test_a_shift_on_a_day_without_attention_does_not_count_unless_she_is_on_call(console: House) -> None:
    await set_clock(console.database, MONDAY)
    member = await console.enrolled("ana")
    carmen = await console.signed_in("carmen", Role.COORDINATOR)
    await _plan(carmen, member.id)
    await carmen.get("/consola/turnos")
    assert (await carmen.post("/consola/turnos/dias", {"day": "2026-11-23", "mark": "yes"})).status == 303
    said = await _says(carmen)
    assert "Norte Nadie, y no hay turnos puestos." in said
    assert "Fuera de horario: no cuenta" in said
    await _plan(carmen, member.id, on_call="yes")
    assert "Norte Ana. Hay alguien hasta" in await _says(carmen)
    await carmen.post("/consola/turnos/dias", {"day": "2026-11-23"})
    assert "Fuera de horario" not in await _says(carmen)


async def test_a_weekly_shift_stands_in_every_week_and_a_night_ends_on_the_next_day(console: House) -> None:
    await set_clock(console.database, MONDAY)
    member = await console.enrolled("ana")
    carmen = await console.signed_in("carmen", Role.COORDINATOR)
    await _plan(carmen, member.id, **{"from": "20:00", "until": "06:00", "weeks": 3, "on_call": "yes"})
    planned = await console.office.plan.shifts()
    assert [shift.ends_at - shift.starts_at for shift in planned] == [timedelta(hours=10)] * 3
    assert [(shift.starts_at - planned[0].starts_at).days for shift in planned] == [0, 7, 14]


async def test_a_coordinator_plans_in_her_zones_and_nowhere_else(console: House) -> None:
    await set_clock(console.database, MONDAY)
    ana = await console.enrolled("ana", zones=NORTE | SUR)
    berta = await console.enrolled("berta", zones=SUR)
    carmen = await console.signed_in("carmen", Role.COORDINATOR, NORTE)
    assert (await _plan(carmen, ana.id, zone="Sur")).status == 403
    assert (await _plan(carmen, ana.id, zone="")).status == 403
    assert (await _plan(carmen, berta.id)).status == 422
    shift = await console.office.plan.add(
        by=None, staff_id=berta.id, zone="Sur", starts_at=MONDAY, ends_at=MONDAY + timedelta(hours=2)
    )
    assert "Berta" not in (await _says(carmen)).partition("Lo que viene")[2].partition("Poner un turno")[0]
    assert (await carmen.post(f"/consola/turnos/{shift.id}/quitar")).status == 403
    assert len(await console.office.plan.shifts()) == 1


async def test_a_shift_is_taken_out_once(console: House) -> None:
    await set_clock(console.database, MONDAY)
    member = await console.enrolled("ana")
    carmen = await console.signed_in("carmen", Role.COORDINATOR)
    await _plan(carmen, member.id)
    (shift,) = await console.office.plan.shifts()
    assert (await carmen.post(f"/consola/turnos/{shift.id}/quitar")).status == 303
    assert (await carmen.post(f"/consola/turnos/{shift.id}/quitar")).status == 422
    assert await console.office.plan.shifts() == []


async def test_a_psychologist_reads_the_plan_and_changes_nothing(console: House) -> None:
    await set_clock(console.database, MONDAY)
    ana = await console.signed_in("ana")
    own = await console.office.room.credentials(login="ana")
    assert own is not None
    await ana.get("/consola/turnos")
    assert "Poner un turno" not in ana.page
    assert (await _plan(ana, own.member.id)).status == 403
    assert (await ana.post("/consola/turnos/dias", {"day": "2026-12-25", "mark": "yes"})).status == 403


async def test_who_has_left_attends_no_more(console: House) -> None:
    await set_clock(console.database, MONDAY)
    member = await console.enrolled("ana")
    await console.office.plan.add(
        by=None, staff_id=member.id, zone="Norte", starts_at=MONDAY, ends_at=MONDAY + timedelta(hours=2)
    )
    await console.office.room.end(by=None, staff_id=member.id)
    assert await console.office.plan.shifts() == []


async def test_what_is_no_shift_is_told(console: House) -> None:
    await set_clock(console.database, MONDAY)
    member = await console.enrolled("ana")
    carmen = await console.signed_in("carmen", Role.COORDINATOR)
    for fields in (
        {"day": "mañana"},
        {"from": "8"},
        {"weeks": 99},
        {"weeks": 0},
        {"day": "2026-11-22"},
        {"zone": "Marte"},
        {"staff": "nadie"},
    ):
        assert (await _plan(carmen, **{"staff": member.id, **fields})).status == 422, fields
