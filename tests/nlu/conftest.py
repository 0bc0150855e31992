"""A Rasa that answers what a test told it."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest

from tests.doubles.rasa import RasaDouble


@pytest.fixture
async def rasa() -> AsyncIterator[RasaDouble]:
    async with RasaDouble() as double:
        yield double
