"""Psychologists in real browsers, in front of the whole service."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

from playwright.async_api import Browser, BrowserContext, Page, ViewportSize, expect

from bot.staff import Role
from tests.console.house import PASSWORD
from tests.console.ward import Ward, warded
from tests.simulator.browser import chromium_or_skip, open_chromium

#: How the field in which she writes is called.
WORDS = "Escribirle a ella"


@dataclass
class Office:
    """A ward with a Chromium; ``wrong`` is what the pages complained of."""

    ward: Ward
    chromium: Browser
    wrong: list[str] = field(default_factory=list)

    async def context(
        self, login: str, *zones: str, width: int = 1280, dark: bool = False, role: Role = Role.PSYCHOLOGIST
    ) -> BrowserContext:
        """A browser profile of somebody new who has signed in."""
        await self.ward.house.enrolled(login, role, frozenset(zones or ("Norte",)))
        context = await self.chromium.new_context(
            viewport=ViewportSize(width=width, height=860),
            locale="es-CO",
            timezone_id="America/Bogota",
            color_scheme="dark" if dark else "light",
        )
        context.set_default_timeout(8000)
        page = await context.new_page()
        await page.goto(f"{self.ward.house.url}/consola/entrar")
        await page.get_by_label("Usuario").fill(login)
        await page.get_by_label("Clave").fill(PASSWORD)
        await page.get_by_role("button", name="Entrar").click()
        await page.get_by_label("Seis cifras").fill(await self.ward.house.code())
        await page.get_by_role("button", name="Seguir").click()
        await page.wait_for_url(re.compile(r"/consola/(?!entrar|codigo)"))
        await page.close()
        return context

    async def page(self, context: BrowserContext, path: str) -> Page:
        """A page, watched: an error or a breach of the content policy is remembered."""
        page = await context.new_page()
        page.on("pageerror", lambda error: self.wrong.append(str(error)))
        page.on("console", lambda line: self.wrong.append(line.text) if "Security Policy" in line.text else None)
        await page.goto(self.ward.house.url + path)
        return page

    async def psychologist(self, login: str, *zones: str, width: int = 1280, dark: bool = False) -> Page:
        """Somebody new, at the queue."""
        context = await self.context(login, *zones, width=width, dark=dark)
        return await self.page(context, "/consola/cola")


@asynccontextmanager
async def offices(url: str) -> AsyncIterator[Office]:
    """A ward and a browser; without Chromium the test is skipped, but never in CI."""
    path = chromium_or_skip()
    async with warded(url, is_demo=True) as ward, open_chromium(path) as chromium:
        office = Office(ward=ward, chromium=chromium)
        yield office
        assert office.wrong == []


async def took(office: Office, login: str = "ana") -> Page:
    """She asks for a person, and somebody new has taken her."""
    await office.ward.asks_for_a_person()
    page = await office.psychologist(login)
    await page.get_by_role("button", name="Tomar la siguiente").click()
    await expect(page.get_by_label(WORDS)).to_be_editable()
    await page.wait_for_load_state()
    return page
