"""The team: whom a coordinator may add, reset and end; two people for a reset; zones."""

from __future__ import annotations

import re
from datetime import timedelta

from aiohttp import ClientResponse
from sqlalchemy import text

from bot.staff import Member, Role
from tests.console.house import PASSWORD, Browser, House
from tests.doubles.database import move_clock

NORTE, SUR, BOTH = frozenset({"Norte"}), frozenset({"Sur"}), frozenset({"Norte", "Sur"})


async def _add(browser: Browser, **fields: object) -> ClientResponse:
    await browser.get("/consola/equipo")
    form = {"alias": "Eva", "login": "eva", "role": "psychologist", "zones": ["Norte"], **fields}
    return await browser.post("/consola/equipo", form)


async def _ask(browser: Browser, member: Member) -> ClientResponse:
    await browser.get("/consola/equipo")
    return await browser.post(f"/consola/equipo/{member.id}/restablecer")


async def _waiting(browser: Browser) -> list[str]:
    await browser.get("/consola/equipo")
    return re.findall(r"/consola/equipo/cambios/([0-9a-f-]*)/rechazar", browser.page)


async def test_a_coordinator_adds_a_psychologist_who_signs_in_with_what_she_was_told(console: House) -> None:
    carmen = await console.signed_in("carmen", Role.COORDINATOR)
    assert (await _add(carmen)).status == 200
    told = re.search(r'<code class="letters">([^<]*)</code>', carmen.page)
    assert told is not None
    assert (await console.browser().enter("eva", told[1])).headers["Location"] == "/consola/inscripcion"
    await carmen.get("/consola/equipo")
    assert "Falta que se inscriba" in carmen.page
    assert told[1] not in carmen.page


async def test_a_coordinator_adds_nobody_of_another_zone_or_of_her_own_rank(console: House) -> None:
    carmen = await console.signed_in("carmen", Role.COORDINATOR, NORTE)
    wishes: tuple[dict[str, object], ...] = (
        {"zones": ["Sur"]},
        {"zones": ["Norte", "Sur"]},
        {"zones": []},
        {"role": "coordinator"},
        {"role": "administrator"},
        {"role": "reina"},
    )
    for fields in wishes:
        assert (await _add(carmen, **fields)).status == 403, fields
    assert len(await console.office.room.members()) == 1


async def test_an_administrator_adds_everybody(console: House) -> None:
    elsa = await console.signed_in("elsa", Role.ADMINISTRATOR, frozenset())
    assert (await _add(elsa, role="coordinator", zones=["Sur"])).status == 200
    assert (await _add(elsa, alias="Delia", login="delia", role="auditor", zones=[])).status == 200


async def test_two_people_never_have_one_login_or_one_alias(console: House) -> None:
    carmen = await console.signed_in("carmen", Role.COORDINATOR)
    assert (await _add(carmen)).status == 200
    assert (await _add(carmen, alias="Otra", login="EVA ")).status == 422
    assert "Ya hay alguien" in carmen.said
    assert (await _add(carmen, login="otra")).status == 422


async def test_a_coordinator_sees_those_of_her_zones(console: House) -> None:
    await console.enrolled("berta", zones=SUR)
    await console.enrolled("alba", zones=BOTH)
    carmen = await console.signed_in("carmen", Role.COORDINATOR, NORTE)
    await carmen.get("/consola/equipo")
    assert "Alba" in carmen.page
    assert "Berta" not in carmen.page


async def test_a_reset_needs_a_second_person_and_then_the_old_phone_opens_nothing(console: House) -> None:
    member = await console.enrolled("ana")
    inside = console.browser()
    await inside.enter("ana", code=await console.code())
    carmen = await console.signed_in("carmen", Role.COORDINATOR)
    clara = await console.signed_in("clara", Role.COORDINATOR)
    assert (await _ask(carmen, member)).status == 303
    (reset,) = await _waiting(carmen)
    assert (await carmen.post(f"/consola/equipo/cambios/{reset}/confirmar")).status == 403
    assert (await inside.get("/consola/cuenta")).status == 200
    assert await _waiting(clara) == [reset]
    assert (await clara.post(f"/consola/equipo/cambios/{reset}/confirmar")).status == 200
    told = re.search(r'<code class="letters">([^<]*)</code>', clara.page)
    assert told is not None
    assert (await inside.get("/consola/cuenta")).headers["Location"].startswith("/consola/entrar")
    await move_clock(console.database, timedelta(minutes=1))
    assert (await console.browser().enter("ana", PASSWORD)).status == 403
    assert (await console.browser().enter("ana", told[1])).headers["Location"] == "/consola/inscripcion"
    assert await _waiting(clara) == []


async def test_she_whom_it_is_about_confirms_nothing_and_the_table_itself_refuses(console: House) -> None:
    elsa = await console.signed_in("elsa", Role.ADMINISTRATOR, frozenset())
    other = await console.signed_in("olga", Role.ADMINISTRATOR, frozenset())
    olga = await console.office.room.credentials(login="olga")
    assert olga is not None
    assert (await _ask(elsa, olga.member)).status == 303
    (reset,) = await _waiting(elsa)
    await other.get("/consola/equipo")
    assert (await other.post(f"/consola/equipo/cambios/{reset}/confirmar")).status == 403
    for column in ("asked_by", "staff_id"):
        refused = False
        try:
            await console.database.run(text(f"UPDATE staff_resets SET confirmed_by = {column}"))  # noqa: S608 - our own
        except Exception as error:  # noqa: BLE001 - whatever the driver calls it
            refused = "two_others" in str(error)
        assert refused


async def test_a_refused_reset_changes_nothing(console: House) -> None:
    member = await console.enrolled("ana")
    carmen = await console.signed_in("carmen", Role.COORDINATOR)
    await _ask(carmen, member)
    (reset,) = await _waiting(carmen)
    assert (await carmen.post(f"/consola/equipo/cambios/{reset}/rechazar")).status == 303
    assert await _waiting(carmen) == []
    await move_clock(console.database, timedelta(minutes=1))
    assert (await console.browser().enter("ana", code=await console.code())).status == 303


async def test_a_reset_that_nobody_confirmed_for_a_day_is_over(console: House) -> None:
    member = await console.enrolled("ana")
    carmen = await console.signed_in("carmen", Role.COORDINATOR)
    await _ask(carmen, member)
    (reset,) = await _waiting(carmen)
    await move_clock(console.database, timedelta(hours=24, seconds=1))
    clara = await console.signed_in("clara", Role.COORDINATOR)
    await clara.get("/consola/equipo")
    assert (await clara.post(f"/consola/equipo/cambios/{reset}/confirmar")).status == 422
    assert (await _ask(clara, member)).status == 303


async def test_a_coordinator_of_another_zone_resets_and_ends_nobody_here(console: House) -> None:
    member = await console.enrolled("ana", zones=NORTE)
    clara = await console.signed_in("clara", Role.COORDINATOR, SUR)
    assert (await _ask(clara, member)).status == 403
    await clara.get("/consola/equipo")
    assert (await clara.post(f"/consola/equipo/{member.id}/retirar", {"sure": "yes"})).status == 403
    assert (await console.office.room.member(member.id)).ended_at is None


async def test_somebody_leaves_only_after_a_second_thought_and_nobody_ends_herself(console: House) -> None:
    member = await console.enrolled("ana")
    carmen = await console.signed_in("carmen", Role.COORDINATOR)
    await carmen.get("/consola/equipo")
    assert (await carmen.post(f"/consola/equipo/{member.id}/retirar")).status == 422
    assert (await carmen.post(f"/consola/equipo/{member.id}/retirar", {"sure": "yes"})).status == 303
    assert (await console.office.room.member(member.id)).ended_at is not None
    own = await console.office.room.credentials(login="carmen")
    assert own is not None
    await carmen.get("/consola/equipo")
    assert (await carmen.post(f"/consola/equipo/{own.member.id}/retirar", {"sure": "yes"})).status == 403


async def test_her_login_can_be_given_to_somebody_else_afterwards(console: House) -> None:
    member = await console.enrolled("ana")
    carmen = await console.signed_in("carmen", Role.COORDINATOR)
    await console.office.room.end(by=None, staff_id=member.id)
    assert (await _add(carmen, alias="Anita", login="ana")).status == 200


async def test_what_is_no_address_of_anybody_is_refused(console: House) -> None:
    carmen = await console.signed_in("carmen", Role.COORDINATOR)
    await carmen.get("/consola/equipo")
    assert (await carmen.post("/consola/equipo/nadie/restablecer")).status == 404
    unknown = "00000000-0000-7000-8000-000000000000"
    assert (await carmen.post(f"/consola/equipo/{unknown}/restablecer")).status == 403
