"""Somebody sets the machine's clock: leases, windows and everything that is due go by the database's, and go on."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from tests.doubles.process import ServiceProcess
from tests.doubles.rig import Rig, rigged
from tests.doubles.twilio import TwilioDouble

HER = "+573001112233"


class JumpingService(ServiceProcess):
    """The service with a clock of its own; ``jump`` sets it."""

    program = ("-m", "tests.doubles.jumping_clock")

    def jump(self, hours: float) -> None:
        """Set the machine's clock so many hours off, before or behind."""
        file = Path(self.environment["JUMP_FILE"])
        new = file.with_suffix(".new")
        new.write_text(str(hours))
        new.replace(file)  # whoever looks at the clock meanwhile sees one hour or the other, and never an empty file


@asynccontextmanager
async def _world(url: str, folder: Path) -> AsyncIterator[tuple[JumpingService, TwilioDouble, Rig]]:
    async with TwilioDouble() as twilio, rigged(url) as rig:
        service = JumpingService(
            folder,
            DATABASE_URL=url,
            TWILIO_API_BASE=twilio.url,
            SWEEP_SECONDS="1",
            JUMP_FILE=str(folder / "jump"),
        )
        service.jump(0)
        twilio.service_url = service.url
        try:
            await service.start()
            yield service, twilio, rig
        finally:
            await service.kill()


@pytest.mark.timeout(120)
@pytest.mark.parametrize("hours", [-5, 5, 30])
async def test_she_is_answered_once_and_what_is_due_is_done_whatever_the_clock_on_the_wall_says(
    database_url: str, tmp_path: Path, hours: float
) -> None:
    async with _world(database_url, tmp_path) as (service, twilio, rig):
        await twilio.write("buenas", sender=HER)
        await _heard(twilio, 1)
        service.jump(hours)
        await asyncio.sleep(1.5)  # what was planned by the old clock passes
        await twilio.write("1", sender=HER)
        await _heard(twilio, 2)
        # A webhook that never came: only a tick finds it.
        await twilio.write("me esta tumbando la puerta", sender=HER, is_lost=True)
        assert "123" in (await _heard(twilio, 3))[2]
        service.jump(0)
        await twilio.write("1", sender=HER, is_lost=True)
        heard = await _heard(twilio, 4)
        assert Counter(heard).most_common(1)[0][1] == 1
        rows = await rig.rows(
            "SELECT count(*) FILTER (WHERE received_at > pg_catalog.now() OR received_at < pg_catalog.now()"
            " - interval '5 minutes') AS off, count(*) FILTER (WHERE attempts > 1) AS again FROM inbox"
        )
        assert tuple(rows[0]) == (0, 0)
        rows = await rig.rows(
            "SELECT window_until BETWEEN pg_catalog.now() + interval '23 hours' AND pg_catalog.now()"
            " + interval '24 hours' AS is_open FROM conversations"
        )
        assert rows[0].is_open


async def _heard(twilio: TwilioDouble, count: int) -> list[str]:
    async with asyncio.timeout(20):
        while len(twilio.heard(HER)) < count:
            await asyncio.sleep(0.05)
    return twilio.heard(HER)
