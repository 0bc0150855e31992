"""A service for each test of the simulator, and a reader of its streams."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest_asyncio
from aiohttp import ClientSession

from tests.simulator.service import FakeDoor, Service


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
