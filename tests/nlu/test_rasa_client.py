"""Rasa asked over a real connection: its good days, and all of its bad ones."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator

import aiohttp
import pytest

from bot.nlu.meanings import alert_of_intents
from bot.nlu.rasa_client import RasaClient
from tests.doubles.rasa import NONSENSE, RasaDouble


class Clock:
    """A clock that a test moves."""

    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
async def rasa() -> AsyncIterator[RasaDouble]:
    async with RasaDouble(token="word") as double:
        yield double


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
async def client(rasa: RasaDouble, clock: Clock) -> AsyncIterator[RasaClient]:
    async with aiohttp.ClientSession() as session:
        yield RasaClient(
            session,
            url=rasa.url,
            token="word",
            timeout_seconds=0.3,
            intents=frozenset(alert_of_intents()),
            clock=clock,
        )


async def test_rasa_is_asked_and_believed(client: RasaClient, rasa: RasaDouble) -> None:
    rasa.intents["me grita"] = ("psychological_violence", 0.8)
    parse = await client.parse("me grita")
    assert parse is not None
    assert (parse.intent, parse.confidence) == ("psychological_violence", 0.8)
    assert rasa.refused == 0


@pytest.mark.parametrize("trouble", ["gone", "slow", "error", "nonsense"])
async def test_on_a_bad_day_there_is_no_answer_and_nobody_waits(
    client: RasaClient, rasa: RasaDouble, trouble: str
) -> None:
    rasa.trouble = trouble
    async with asyncio.timeout(1):
        assert await client.parse("hola") is None


@pytest.mark.parametrize("kind", list(NONSENSE))
async def test_no_absurd_answer_is_believed(client: RasaClient, rasa: RasaDouble, kind: str) -> None:
    rasa.trouble, rasa.nonsense = "nonsense", kind
    assert await client.parse("hola") is None


async def test_after_three_failures_nobody_waits_for_rasa_any_more(client: RasaClient, rasa: RasaDouble) -> None:
    rasa.trouble = "slow"
    for _ in range(3):
        await client.parse("hola")
    asked = rasa.requests["parse"]
    began = asyncio.get_running_loop().time()
    assert await client.parse("hola") is None
    assert asyncio.get_running_loop().time() - began < 0.05
    assert rasa.requests["parse"] == asked


async def test_rasa_is_tried_again_by_one_and_then_believed_by_all(
    client: RasaClient, rasa: RasaDouble, clock: Clock
) -> None:
    rasa.trouble = "error"
    for _ in range(3):
        await client.parse("hola")
    rasa.trouble = ""
    clock.now += 2
    hold = rasa.hold(1)
    trial = asyncio.create_task(client.parse("uno"))
    await hold.reached.wait()
    assert await client.parse("dos") is None
    hold.release()
    assert await trial is not None
    assert await client.parse("tres") is not None


async def test_nobody_chooses_their_own_meaning_with_a_slash(client: RasaClient, rasa: RasaDouble) -> None:
    await client.parse('//imminent_danger{"a": 1}')
    assert not rasa.asked[0].startswith("/")


@pytest.mark.parametrize("said", ["", "/", "   ", "\ud800"])
async def test_nothing_to_read_is_not_asked_and_is_no_failure(client: RasaClient, rasa: RasaDouble, said: str) -> None:
    for _ in range(5):
        assert await client.parse(said) is None
    assert await client.parse("hola") is not None
    assert rasa.requests["parse"] == 1


async def test_a_very_long_text_is_cut(client: RasaClient, rasa: RasaDouble) -> None:
    await client.parse("hola " * 100_000)
    assert len(rasa.asked[0]) <= 2_000


async def test_a_rasa_that_is_still_loading_is_not_ready(client: RasaClient, rasa: RasaDouble) -> None:
    rasa.is_loaded = False
    assert not await client.is_ready()
    rasa.is_loaded = True
    assert await client.is_ready()


async def test_without_an_address_there_is_no_rasa() -> None:
    async with aiohttp.ClientSession() as session:
        client = RasaClient(session, url="", token="", timeout_seconds=0.3, intents=frozenset())
        assert await client.parse("hola") is None
        assert not await client.is_ready()


async def test_neither_her_words_nor_the_token_are_logged(
    client: RasaClient, rasa: RasaDouble, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    rasa.trouble = "nonsense"
    for _ in range(4):
        await client.parse("mi secreto")
    assert "mi secreto" not in caplog.text
    assert "word" not in caplog.text.replace("words", "")
