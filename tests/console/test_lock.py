"""The screen that nobody touches: it closes, alarms go on, and nothing is changed from behind it."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import timedelta
from uuid import UUID

import pytest
from aiohttp import web

from channels.console.access import right
from channels.console.parts import who
from tests.console.house import PASSWORD, Browser, House, house
from tests.doubles.database import move_clock


@right("account.own", while_locked=True, wakes=False)
async def alarms(request: web.Request) -> web.Response:
    """What the queue's stream will be: it goes on behind a closed screen."""
    return web.Response(text="cerrada" if who(request).is_locked else "abierta")


@pytest.fixture
async def console(database_url: str) -> AsyncIterator[House]:
    opened = house(database_url)
    opened.more_routes.append(web.get("/alarmas", alarms))
    await opened.open()
    yield opened
    await opened.close()
    await opened.database.close()


@pytest.fixture
async def ana(console: House) -> Browser:
    browser = await console.signed_in("ana")
    await browser.get("/consola/cuenta")
    return browser


async def test_after_thirty_minutes_the_screen_is_closed_and_says_that_alarms_ring(
    console: House, ana: Browser
) -> None:
    await move_clock(console.database, timedelta(minutes=29, seconds=50))
    assert (await ana.get("/consola/turnos")).status == 200
    await move_clock(console.database, timedelta(minutes=30))
    answer = await ana.get("/consola/turnos")
    assert answer.headers["Location"] == "/consola/bloqueo?sigue=/consola/turnos"
    await ana.get(answer.headers["Location"])
    assert "las alarmas siguen sonando" in ana.page
    assert "su turno sigue" in ana.page


async def test_alarms_ring_behind_the_closed_screen_and_keep_nobody_awake(console: House, ana: Browser) -> None:
    for _ in range(4):
        await move_clock(console.database, timedelta(minutes=10))
        answer = await ana.get("/consola/alarmas")
        assert answer.status == 200
    assert await answer.text() == "cerrada"


async def test_nothing_is_changed_from_behind_the_closed_screen(console: House, ana: Browser) -> None:
    await move_clock(console.database, timedelta(minutes=30))
    assert (await ana.post("/consola/salir-de-todo")).status == 423
    assert (await ana.post("/consola/presencia")).status == 423
    assert len(await console.office.sign_ins.live(await _member(console))) == 1


async def test_her_password_opens_the_screen_where_she_was_and_a_wrong_one_does_not(
    console: House, ana: Browser
) -> None:
    await move_clock(console.database, timedelta(minutes=31))
    await ana.get("/consola/bloqueo?sigue=/consola/turnos")
    answer = await ana.post("/consola/bloqueo", {"password": "mala", "sigue": "/consola/turnos"})
    assert answer.status == 403
    assert (await ana.get("/consola/turnos")).status == 303
    await ana.get("/consola/bloqueo?sigue=/consola/turnos")
    answer = await ana.post("/consola/bloqueo", {"password": PASSWORD, "sigue": "/consola/turnos"})
    assert answer.headers["Location"] == "/consola/turnos"
    assert (await ana.get("/consola/turnos")).status == 200


async def test_whoever_guesses_at_the_closed_screen_waits(console: House, ana: Browser) -> None:
    await ana.post("/consola/bloquear")
    await ana.get("/consola/bloqueo")
    statuses = [(await ana.post("/consola/bloqueo", {"password": "mala"})).status for _ in range(6)]
    assert statuses == [403] * 5 + [429]


async def test_she_closes_it_herself_and_going_back_does_not_open_it(console: House, ana: Browser) -> None:
    answer = await ana.post("/consola/bloquear", {"sigue": "/consola/turnos"})
    assert answer.headers["Location"] == "/consola/bloqueo?sigue=/consola/turnos"
    assert (await ana.get("/consola/cuenta")).status == 303
    assert (await ana.post("/consola/presencia")).status == 423


async def test_a_page_at_which_she_only_types_keeps_the_screen_open(console: House, ana: Browser) -> None:
    for _ in range(5):
        await move_clock(console.database, timedelta(minutes=20))
        assert (await ana.post("/consola/presencia")).status == 204
    assert (await ana.get("/consola/cuenta")).status == 200


async def test_after_twelve_hours_she_signs_in_anew_however_busy_she_was(console: House, ana: Browser) -> None:
    for _ in range(35):
        await move_clock(console.database, timedelta(minutes=20))
        assert (await ana.get("/consola/cuenta")).status == 200
    await move_clock(console.database, timedelta(minutes=20))
    assert (await ana.get("/consola/cuenta")).headers["Location"].startswith("/consola/entrar")


async def test_half_a_sign_in_is_over_after_ten_minutes(console: House) -> None:
    await console.enrolled("eva")
    browser = console.browser()
    await browser.enter("eva")
    await move_clock(console.database, timedelta(minutes=10))
    assert (await browser.get("/consola/codigo")).headers["Location"].startswith("/consola/entrar")


async def _member(console: House) -> UUID:
    credentials = await console.office.room.credentials(login="ana")
    assert credentials is not None
    return credentials.member.id
