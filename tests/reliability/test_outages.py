"""PostgreSQL killed, Rasa gone, slow or raving: she is answered, and nothing is lost."""

from __future__ import annotations

import asyncio
import os
import signal
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.doubles.process import ServiceProcess
from tests.doubles.rasa import RasaDouble
from tests.doubles.twilio import TwilioDouble

HER = "+573001112233"


@dataclass
class World:
    """A service with an embedded database of its own."""

    service: ServiceProcess
    twilio: TwilioDouble
    rasa: RasaDouble
    var_dir: Path

    async def hears(self, count: int, *, within: float = 30) -> list[str]:
        """Wait until she has heard this many messages; what she heard."""
        async with asyncio.timeout(within):
            while len(self.twilio.heard(HER)) < count:
                await asyncio.sleep(0.05)
        return self.twilio.heard(HER)


@asynccontextmanager
async def _world(var_dir: Path) -> AsyncIterator[World]:
    async with TwilioDouble() as twilio, RasaDouble() as rasa:
        service = ServiceProcess(var_dir, TWILIO_API_BASE=twilio.url, RASA_URL=rasa.url)
        twilio.service_url = service.url
        try:
            await service.start()
            yield World(service=service, twilio=twilio, rasa=rasa, var_dir=var_dir)
        finally:
            await service.stop()


@pytest.mark.timeout(180)
async def test_when_postgresql_is_killed_the_webhook_is_refused_or_taken_and_she_is_answered_once(
    tmp_path: Path,
) -> None:
    async with _world(tmp_path) as world:
        await world.twilio.write("buenas", sender=HER, sid="SM1")
        await world.hears(1)
        os.kill(_postmaster(world.var_dir), signal.SIGKILL)
        answer = await world.twilio.write("1", sender=HER, sid="SM2")
        assert answer.status in (200, 503)
        async with asyncio.timeout(60):
            while (await world.twilio.write("1", sender=HER, sid="SM2")).status != 200:
                await asyncio.sleep(0.2)
        await world.hears(2)
        await asyncio.sleep(1)
        assert len(world.twilio.heard(HER)) == 2


@pytest.mark.timeout(120)
@pytest.mark.parametrize("trouble", ["gone", "slow", "nonsense", "error"])
async def test_whatever_rasa_does_she_is_answered_within_its_deadline_and_danger_is_seen(
    tmp_path: Path, trouble: str
) -> None:
    async with _world(tmp_path) as world:
        world.rasa.trouble = trouble
        began = asyncio.get_running_loop().time()
        await world.twilio.write("buenas", sender=HER, sid="SM1")
        await world.hears(1)
        assert asyncio.get_running_loop().time() - began < 3
        await world.twilio.write("me esta tumbando la puerta ayudaaa", sender=HER, sid="SM2")
        heard = await world.hears(2)
        assert "123" in heard[1]


@pytest.mark.timeout(120)
async def test_stopping_finishes_what_was_taken_and_leaves_no_child_behind(tmp_path: Path) -> None:
    async with TwilioDouble() as twilio, RasaDouble() as rasa:
        service = ServiceProcess(tmp_path, TWILIO_API_BASE=twilio.url, RASA_URL=rasa.url)
        twilio.service_url = service.url
        await service.start()
        postmaster = _postmaster(tmp_path)
        writing = [
            asyncio.create_task(twilio.write("buenas", sender=f"+5730000001{n:02}", sid=f"SM{n}")) for n in range(20)
        ]
        answers = await asyncio.gather(*writing)
        await service.stop()
        assert all(answer.status == 200 for answer in answers)
        with pytest.raises(ProcessLookupError):
            os.kill(postmaster, 0)
        heard = len(twilio.messages)
        await service.start()
        async with asyncio.timeout(30):
            while len(twilio.messages) < 20:
                await asyncio.sleep(0.05)
        await service.stop()
        assert heard <= len(twilio.messages) == 20


def _postmaster(var_dir: Path) -> int:
    pid_file = var_dir / "postgres" / "data" / "postmaster.pid"
    return int(pid_file.read_text().splitlines()[0])
