"""The console in a real browser, which sends forms as browsers do and obeys the content policy."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest
import pytest_asyncio
from playwright.async_api import Browser, Page, expect

from bot.staff import Role
from tests.axe import barriers
from tests.console.house import PASSWORD, House
from tests.simulator.browser import chromium_or_skip, open_chromium
from tests.simulator.contrast import FAINT

ROLES = {"ana": Role.PSYCHOLOGIST, "carmen": Role.COORDINATOR, "delia": Role.AUDITOR, "elsa": Role.ADMINISTRATOR}
PAGES = {
    "ana": ["cuenta", "turnos", "entrega"],
    "carmen": ["cuenta", "turnos", "equipo", "tablero", "respuestas"],
    "delia": ["cuenta", "auditoria"],
    "elsa": ["cuenta", "equipo"],
}


@pytest_asyncio.fixture
async def browser() -> AsyncIterator[Browser]:
    async with open_chromium(chromium_or_skip()) as opened:
        yield opened


@pytest_asyncio.fixture
async def page(browser: Browser, demo: House) -> AsyncIterator[Page]:
    """A page at the door of a demonstration with four of its staff; a breach of the content policy fails the test."""
    for login, role in ROLES.items():
        hashed = await demo.passwords.hash(PASSWORD)
        await demo.office.room.add(
            by=None, alias=login.title(), login=login, role=role, zones={"Norte"}, password_hash=hashed, is_demo=True
        )
    context = await browser.new_context(locale="es-CO", timezone_id="America/Bogota")
    context.set_default_timeout(8000)
    opened = await context.new_page()
    wrong: list[str] = []
    opened.on("pageerror", lambda error: wrong.append(str(error)))
    opened.on("console", lambda line: wrong.append(line.text) if "Content Security Policy" in line.text else None)
    yield opened
    await context.close()
    assert wrong == []


async def _enter(page: Page, demo: House, login: str) -> None:
    await page.goto(f"{demo.url}/consola/entrar")
    # By keyboard alone: the first field has the focus, once the browser has drawn the page.
    await expect(page.get_by_label("Usuario")).to_be_focused()
    await page.keyboard.type(login)
    await page.keyboard.press("Tab")
    await page.keyboard.type(PASSWORD)
    await page.keyboard.press("Enter")
    await expect(page.get_by_role("link", name=login.title())).to_be_visible()


@pytest.mark.parametrize("login", list(ROLES))
async def test_every_page_can_be_read_on_a_phone_and_at_night(page: Page, demo: House, login: str) -> None:
    await page.set_viewport_size({"width": 360, "height": 740})
    await _enter(page, demo, login)
    for path in PAGES[login]:
        for scheme in ("light", "dark"):
            await page.emulate_media(color_scheme=scheme)
            await page.goto(f"{demo.url}/consola/{path}")
            wide = "document.documentElement.scrollWidth - document.documentElement.clientWidth"
            assert await page.evaluate(wide) == 0, path
            assert await page.evaluate(FAINT) == [], (path, scheme)
            assert await barriers(page) == [], (path, scheme)


async def test_a_screen_that_nobody_touches_closes_itself_and_her_password_opens_it_where_she_was(
    page: Page, demo: House
) -> None:
    await page.clock.install()
    await _enter(page, demo, "ana")
    await page.goto(f"{demo.url}/consola/turnos")
    await page.clock.run_for(31 * 60 * 1000)
    await expect(page.get_by_role("heading", name="Pantalla bloqueada")).to_be_visible()
    await page.go_back()
    await expect(page.get_by_role("heading", name="Pantalla bloqueada")).to_be_visible()
    await page.get_by_label("Su clave").fill(PASSWORD)
    await page.keyboard.press("Enter")
    await expect(page.get_by_role("heading", name="Turnos")).to_be_visible()


async def test_typing_without_sending_keeps_the_screen_open(page: Page, demo: House) -> None:
    await page.clock.install()
    await _enter(page, demo, "carmen")
    await page.goto(f"{demo.url}/consola/equipo")
    field = page.get_by_label("Usuario para entrar")
    for _ in range(3):
        await field.press("a")
        await page.clock.run_for(20 * 60 * 1000)
    await expect(page.get_by_role("heading", name="Equipo")).to_be_visible()
    await expect(field).to_have_value("aaa")


async def test_a_coordinator_plans_a_shift_and_signs_out_everywhere(page: Page, demo: House) -> None:
    await _enter(page, demo, "carmen")
    await page.get_by_role("link", name="Turnos").click()
    await page.get_by_label("Quién").select_option(label="Ana")
    await page.get_by_label("Hasta").fill("07:59")
    await page.get_by_label("Guardia").check()
    await page.get_by_role("button", name="Poner").click()
    await expect(page.get_by_role("row", name="Ana")).to_contain_text("Guardia")
    await page.get_by_role("link", name="Carmen").click()
    await page.get_by_role("button", name="Salir de todas partes").click()
    await expect(page.get_by_role("heading", name="Entrar")).to_be_visible()


@pytest.mark.parametrize("width", [360, 1280])
async def test_on_a_phone_too_a_shift_and_a_day_off_are_taken_away_without_moving_the_page_aside(
    page: Page, demo: House, width: int
) -> None:
    await page.set_viewport_size({"width": width, "height": 740})
    await _enter(page, demo, "carmen")
    await page.goto(f"{demo.url}/consola/turnos")
    await page.get_by_label("Quién").select_option(label="Ana")
    await page.get_by_label("Hasta").fill("07:59")
    await page.get_by_role("button", name="Poner").click()
    await page.get_by_label("Día", exact=True).last.fill("2030-12-25")
    mark = page.get_by_role("button", name="Marcar")
    box = await mark.bounding_box()
    assert box is not None
    assert box["width"] < 160
    await mark.click()
    for name in ("Quitar el turno de Ana", "Quitar mié 25 dic"):
        button = page.get_by_role("button", name=name)
        await button.scroll_into_view_if_needed()
        at = await button.bounding_box()
        assert at is not None
        assert at["x"] + at["width"] <= width
    for scheme in ("light", "dark"):
        await page.emulate_media(color_scheme=scheme)
        assert await barriers(page) == [], scheme
        assert await page.evaluate(FAINT) == [], scheme


async def test_the_square_that_her_phone_reads_is_shown_whole(browser: Browser, console: House) -> None:
    temporary = "gato perro loro vaca"
    await console.office.room.add(
        by=None,
        alias="Ana",
        login="ana",
        role=Role.PSYCHOLOGIST,
        zones={"Norte"},
        password_hash=await console.passwords.hash(temporary),
    )
    page = await browser.new_page()
    for width in (360, 1280):
        await page.set_viewport_size({"width": width, "height": 740})
        await page.goto(f"{console.url}/consola/entrar")
        await page.get_by_label("Usuario").fill("ana")
        await page.get_by_label("Clave").fill(temporary)
        await page.get_by_role("button", name="Entrar").click()
        square = page.get_by_role("img", name="Cuadro para la aplicación")
        await expect(square).to_be_visible()
        # Cameras want a light margin of four modules on each side.
        margins = await square.locator("svg").evaluate(
            """svg => {
                const all = svg.getBoundingClientRect(), dark = svg.querySelectorAll('path');
                const code = dark[dark.length - 1].getBoundingClientRect();
                const across = [code.left - all.left, all.right - code.right];
                const down = [code.top - all.top, all.bottom - code.bottom];
                return [...across, ...down].map(one => one / all.width);
            }"""
        )
        assert min(margins) > 0.05, margins
        await page.context.clear_cookies()
    await page.close()
