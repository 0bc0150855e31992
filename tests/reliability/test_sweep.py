"""Nothing missed while we were down: a hundred webhooks that nobody heard are answered all the same, once."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from sqlalchemy import make_url

from tests.doubles.database import TestDatabases
from tests.doubles.process import ServiceProcess
from tests.doubles.proxy import Proxy, proxied
from tests.doubles.twilio import TwilioDouble

_MISSED = 100
#: All that the service promises, from its return to the last answer.
_PROMISED_SECONDS = 120
_OUTAGE = timedelta(minutes=10)


@asynccontextmanager
async def _world(databases: TestDatabases) -> AsyncIterator[tuple[ServiceProcess, Proxy, TwilioDouble]]:
    """A service in earnest, between a database that can be cut off and a Twilio."""
    name = await databases.make()
    url = make_url(databases.url(name))
    with TemporaryDirectory(prefix="vs-") as folder:  # the path of a socket may not be long
        async with proxied(Path(folder), Path(str(url.query["host"]))) as proxy, TwilioDouble() as twilio:
            service = ServiceProcess(
                Path(folder),
                DATABASE_URL=url.set(query={"host": folder}).render_as_string(hide_password=False),
                TWILIO_API_BASE=twilio.url,
                SWEEP_SECONDS="1",
            )
            twilio.service_url = service.url
            try:
                await service.start()
                yield service, proxy, twilio
            finally:
                await service.kill()
    await databases.drop(name)


async def _write_all(twilio: TwilioDouble) -> list[int]:
    """A hundred women write, all along ten minutes; what each webhook was answered."""
    statuses = []
    for n in range(_MISSED):
        twilio.clock_offset = -_OUTAGE * (1 - n / _MISSED)
        statuses.append((await twilio.write("buenas", sender=_phone(n), sid=f"SM{n:032}")).status)
    twilio.clock_offset = timedelta()
    return statuses


async def _all_answered_once(twilio: TwilioDouble) -> None:
    async with asyncio.timeout(_PROMISED_SECONDS):
        while len({m.to for m in twilio.messages}) < _MISSED:
            await asyncio.sleep(0.1)
    await asyncio.sleep(2.5)  # two sweeps more
    assert Counter(m.to for m in twilio.messages) == {f"whatsapp:{_phone(n)}": 1 for n in range(_MISSED)}


def _phone(n: int) -> str:
    return f"+5730000000{n:02}"


@pytest.mark.timeout(180)
async def test_what_came_while_the_service_was_away_is_answered_once_within_two_minutes_of_its_return(
    databases: TestDatabases,
) -> None:
    async with _world(databases) as (service, _, twilio):
        await service.stop()
        assert set(await _write_all(twilio)) == {0}
        await service.start()
        await _all_answered_once(twilio)


@pytest.mark.timeout(180)
async def test_what_came_while_the_database_was_away_is_refused_and_answered_once_it_is_back(
    databases: TestDatabases,
) -> None:
    async with _world(databases) as (_, proxy, twilio):
        proxy.go_away()
        assert set(await _write_all(twilio)) == {503}
        proxy.come_back()
        await _all_answered_once(twilio)
