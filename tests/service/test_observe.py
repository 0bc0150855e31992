"""What an operator sees, and what nobody sees."""

from __future__ import annotations

import logging
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from aiohttp import web
from aiohttp.test_utils import TestClient, TestServer

from bot.clock import Clock
from bot.observe import Metrics, middleware, routes, set_up_logging
from bot.watch import Watch
from storage.database import Database
from tests.doubles.rig import FakeInterpreter, Rig, rigged

Client = TestClient[web.Request, web.Application]


def _watch(database: Database, *, second: bool | None = None) -> Watch:
    return Watch(database, FakeInterpreter(has_second_reader=second), folder=Path())


async def _broken(_: web.Request) -> web.Response:
    raise ValueError("mi esposo me pegó")


async def _client(database: Database, *, token: str = "", second: bool | None = None) -> Client:
    metrics = Metrics()
    app = web.Application(middlewares=[middleware(metrics)])
    app.add_routes([*routes(_watch(database, second=second), metrics, token=token), web.get("/roto", _broken)])
    client: Client = TestClient(TestServer(app))
    await client.start_server()
    return client


@pytest.fixture
async def rig(database_url: str) -> AsyncIterator[Rig]:
    async with rigged(database_url) as made:
        yield made


async def test_health_names_the_database_the_nlu_and_what_has_waited_longest(rig: Rig) -> None:
    client = await _client(rig.database)
    await rig.intake.accept(rig.message("buenas"))
    async with client.get("/health") as answer:
        told = await answer.json()
    await client.close()
    assert answer.status == 200
    assert (told["database"], told["nlu"], told["oldest_unsent_seconds"]) == ("up", "up", 0.0)
    assert told["oldest_unhandled_seconds"] >= 0


@pytest.mark.parametrize(("second", "said"), [(True, "up"), (False, "down"), (None, "off")])
async def test_health_names_the_second_reader_and_people_are_answered_without_it(
    rig: Rig, second: bool | None, said: str
) -> None:
    client = await _client(rig.database, second=second)
    async with client.get("/health") as answer:
        told = await answer.json()
    async with client.get("/metrics") as metrics:
        shown = await metrics.text()
    await client.close()
    assert (answer.status, told["second_reader"]) == (200, said)
    assert f"valle_sano_second_reader_up {'NaN' if second is None else f'{float(second)}'}" in shown


async def test_what_is_wrong_is_in_health_for_this_machine_and_for_nobody_behind_the_proxy(rig: Rig) -> None:
    client = await _client(rig.database)
    await rig.intake.accept(rig.message("buenas"))
    await rig.rows("UPDATE inbox SET received_at = now() - interval '61 seconds'")
    async with client.get("/health") as answer:
        assert "unhandled" in (await answer.json())["troubles"]
    async with client.get("/metrics") as answer:
        assert 'valle_sano_trouble{name="unhandled"} 1.0' in await answer.text()
    async with client.get("/health", headers={"X-Forwarded-For": "203.0.113.9"}) as answer:
        told = await answer.json()
    await client.close()
    assert (answer.status, "troubles" in told) == (200, False)


async def test_health_says_so_when_the_database_is_gone() -> None:
    database = Database("postgresql+asyncpg://nadie@/nada?host=/no/existe")
    client = await _client(database)
    async with client.get("/health") as answer:
        told = await answer.json()
    await client.close()
    await database.close()
    assert (answer.status, told["database"]) == (503, "down")


async def test_metrics_are_for_loopback_or_for_whoever_has_the_token(rig: Rig) -> None:
    open_client, closed_client = await _client(rig.database), await _client(rig.database, token="t0ken")
    async with open_client.get("/metrics") as answer:
        assert "valle_sano_oldest_unhandled_seconds" in await answer.text()
    async with open_client.get("/metrics", headers={"X-Forwarded-For": "203.0.113.9"}) as answer:
        assert answer.status == 403
    async with closed_client.get("/metrics") as answer:
        assert answer.status == 403
    async with closed_client.get("/metrics", headers={"Authorization": "Bearer t0ken"}) as answer:
        assert answer.status == 200
    await open_client.close()
    await closed_client.close()


async def test_an_error_page_and_its_log_do_not_quote_what_she_wrote(
    rig: Rig, caplog: pytest.LogCaptureFixture
) -> None:
    client = await _client(rig.database)
    async with client.get("/roto") as answer:
        page = await answer.text()
    await client.close()
    assert answer.status == 500
    assert "esposo" not in page + caplog.text
    assert "ValueError" in caplog.text


async def test_whoever_starts_it_sees_the_addresses_and_no_list_of_ticks(caplog: pytest.LogCaptureFixture) -> None:
    async def tick() -> None:
        pass

    set_up_logging("INFO")
    with caplog.at_level(logging.INFO):
        clock = Clock()
        clock.every(60, tick, name="anything")
        clock.start()
        clock.stop()
    assert caplog.text == ""
