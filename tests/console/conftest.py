"""A console for each test, in earnest and as a demonstration."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest

from tests.console.house import House, house


@pytest.fixture
async def console(database_url: str) -> AsyncIterator[House]:
    """In earnest: codes are wanted, cookies are for encrypted connections."""
    opened = house(database_url)
    await opened.open()
    yield opened
    await opened.close()
    await opened.database.close()


@pytest.fixture
async def demo(database_url: str) -> AsyncIterator[House]:
    """A demonstration on the same kind of database."""
    opened = house(database_url, is_demo=True)
    await opened.open()
    yield opened
    await opened.close()
    await opened.database.close()
