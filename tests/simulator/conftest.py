"""A service for each test of the simulator, and a reader of its streams."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest_asyncio
from aiohttp import ClientSession
from playwright.async_api import Browser, BrowserContext, Page, ViewportSize

from tests.simulator.browser import chromium_or_skip, open_chromium
from tests.simulator.service import FakeDoor, Service, answer


@pytest_asyncio.fixture
async def service() -> AsyncIterator[Service]:
    """A fake door behind the real routes, on loopback."""
    running = Service(FakeDoor())
    await running.start()
    yield running
    await running.stop()


@pytest_asyncio.fixture
async def client(service: Service) -> AsyncIterator[ClientSession]:
    """What is not a browser: it sends no header of its own about where it comes from."""
    async with ClientSession(service.url) as session:
        yield session


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def browser() -> AsyncIterator[Browser]:
    """Chromium; without one the tests are skipped, but never in CI."""
    async with open_chromium(chromium_or_skip()) as opened:
        yield opened


@pytest_asyncio.fixture(loop_scope="module")
async def shown() -> AsyncIterator[Service]:
    """A service that answers as ``answer`` says, for a page to talk to."""
    running = Service(FakeDoor(answer=answer))
    await running.start()
    yield running
    await running.stop()


@pytest_asyncio.fixture(loop_scope="module")
async def context(browser: Browser) -> AsyncIterator[BrowserContext]:
    """A browser profile of this test's own, in Cali's time."""
    opened = await browser.new_context(
        viewport=ViewportSize(width=1280, height=860), locale="es-CO", timezone_id="America/Bogota"
    )
    opened.set_default_timeout(8000)
    yield opened
    await opened.close()


@pytest_asyncio.fixture(loop_scope="module")
async def page(context: BrowserContext, shown: Service) -> AsyncIterator[Page]:
    """The page, watched: an error or a breach of the content policy fails the test."""
    opened = await context.new_page()
    wrong: list[str] = []
    opened.on("pageerror", lambda error: wrong.append(str(error)))
    opened.on("console", lambda line: wrong.append(line.text) if "Content Security Policy" in line.text else None)
    await opened.goto(f"{shown.url}/simulador")
    yield opened
    assert wrong == []
