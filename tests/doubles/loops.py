"""The loops of a running service beside a test, and patience for what they do."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from tests.doubles.rig import Rig


@asynccontextmanager
async def at_work(rig: Rig) -> AsyncIterator[None]:
    """Worker and delivery go on until the block ends; a loop that died by itself fails the test."""
    loops = [asyncio.create_task(rig.worker.run()), asyncio.create_task(rig.delivery.run())]
    try:
        yield
    finally:
        await rig.worker.stop()
        await rig.delivery.stop()
        await asyncio.gather(*loops)


async def until(rig: Rig, question: str, *, within: float = 8, **params: Any) -> None:
    """Wait until a query answers true; ``within`` is in seconds, of the wall's clock."""
    async with asyncio.timeout(within):
        while not (await rig.rows(question, **params))[0][0]:
            await asyncio.sleep(0.02)
