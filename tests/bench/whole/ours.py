"""The service as it runs in earnest, driven by signed webhooks; its answers are timed where Twilio hears them."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from itertools import cycle
from pathlib import Path
from time import monotonic

import aiohttp

from tests.bench.whole.drive import PATIENCE_SECONDS, Times
from tests.bench.whole.provider import Provider
from tests.bench.whole.talk import Said
from tests.doubles.process import ServiceProcess


@dataclass
class Ours:
    """``ask`` drives it. ``processes``: one, or the replicas, which get the webhooks in turn."""

    processes: list[ServiceProcess]
    provider: Provider
    start_seconds: float
    _turn: Iterator[ServiceProcess] = field(init=False)

    def __post_init__(self) -> None:
        self._turn = cycle(self.processes)

    async def ask(self, number: int, said: Said) -> Times | None:
        """She writes through the webhook; None if it was refused or nothing came within the patience."""
        phone = phone_of(number)
        heard_at, posted = self.provider.next_for(phone), monotonic()
        status = await self.provider.say(phone, said.text, door=next(self._turn).url)
        acknowledged = monotonic()
        if status != 200:
            return None
        try:
            async with asyncio.timeout(PATIENCE_SECONDS):
                answered = await heard_at
        except TimeoutError:
            return None
        return Times((acknowledged - posted) * 1000, (answered - posted) * 1000)

    async def until_understood(self) -> None:
        """Wait until Rasa answers for every process; raises ``TimeoutError`` after five minutes."""
        async with asyncio.timeout(300), aiohttp.ClientSession() as session:
            for process in self.processes:
                while True:
                    async with session.get(f"{process.url}/health") as answer:
                        if (await answer.json())["nlu"] == "up":
                            break
                    await asyncio.sleep(0.2)


def phone_of(number: int) -> str:
    """The phone of the person with this number."""
    return f"+5730{number:08}"


@asynccontextmanager
async def started(var_dir: Path, database_url: str, *, replicas: int = 1, **more: str) -> AsyncIterator[Ours]:
    """The service on that database, up and driven; stopped at the end."""
    async with Provider() as provider:
        processes: list[ServiceProcess] = []
        try:
            began = monotonic()
            for number in range(replicas):
                own = var_dir / f"replica{number}"
                own.mkdir(exist_ok=True)
                process = ServiceProcess(
                    own, DATABASE_URL=database_url, TWILIO_API_BASE=provider.url, LOG_LEVEL="WARNING", **more
                )
                processes.append(process)
                await process.start()
            took = (monotonic() - began) / replicas
            yield Ours(processes=processes, provider=provider, start_seconds=took)
        finally:
            for process in processes:
                await process.stop()
