"""Somebody is told what is wrong with the service: once when it begins, once when it is over."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import aiohttp
import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer
from hypothesis import given
from hypothesis import strategies as st

from bot import watch as watching
from bot.errors import ContentError, SettingsError
from bot.settings import Settings, read_settings
from bot.shifts import open_on
from bot.troubles import FILE, Reading, Trouble, load_limits, load_words, troubles_in
from bot.watch import Watch, open_operator_mail, ping
from storage.database import Database
from storage.shifts import Roster
from storage.watermarks import WHOLE_COPY, move_watermark
from tests.doubles.database import set_clock
from tests.doubles.rig import FakeInterpreter, Rig, rigged
from tests.doubles.smtp import MailServer, mail_server

_AWAY = "postgresql+asyncpg://nadie@/nada?host=/no/existe"
_SOON, _LATER = timedelta(seconds=20), timedelta(minutes=6)


@dataclass
class _Clock:
    seconds: float = 0.0

    def __call__(self) -> float:
        return self.seconds


@dataclass
class _Watched:
    """A service, its operator's mailbox, and time that passes for the database and for the process alike."""

    rig: Rig
    server: MailServer
    clock: _Clock = field(default_factory=_Clock)
    nlu: FakeInterpreter = field(default_factory=FakeInterpreter)

    def watch(self, database: Database | None = None) -> Watch:
        settings = Settings(
            smtp_url=self.server.url, mail_from="avisos@ejemplo.gov.co", operator_mails="operador@ejemplo.gov.co"
        )
        mail = open_operator_mail(settings)
        assert mail is not None
        return Watch(database or self.rig.database, self.nlu, folder=Path(), mail=mail, seconds=self.clock)

    async def pass_time(self, by: timedelta) -> None:
        self.clock.seconds += by.total_seconds()
        await self.rig.rows("UPDATE test_clock.clock SET shift = shift + :by", by=by)

    async def hear(self, words: str = "mi esposo me pegó") -> None:
        await self.rig.intake.accept(self.rig.message(words))

    @property
    def subjects(self) -> list[str]:
        return [mail.subject.removeprefix("Valle Sano: ") for mail in self.server.taken]


@pytest.fixture(autouse=True)
def quiet_surroundings(monkeypatch: pytest.MonkeyPatch) -> None:
    """A disk with room, and nobody expected at this hour: what a test does not break is not broken."""
    monkeypatch.setattr(watching, "_free_percent", lambda _: 50.0)
    monkeypatch.setattr(watching, "open_on", lambda *_, **__: [])


@pytest.fixture
async def watched(database_url: str) -> AsyncIterator[_Watched]:
    async with rigged(database_url) as rig, mail_server() as server:
        yield _Watched(rig, server)


async def test_a_message_nobody_answered_for_a_minute_is_told_once_and_once_more_when_it_was_answered(
    watched: _Watched,
) -> None:
    watch = watched.watch()
    await watched.hear()
    assert await watch.tell() == 0
    await watched.pass_time(timedelta(seconds=61))
    for _ in range(5):
        await watch.tell()
        await watched.pass_time(_SOON)
    assert watched.subjects == ["hay mensajes sin atender"]
    await watched.rig.settle()
    await watch.tell()
    assert len(watched.subjects) == 1  # it may come back at once: not yet over
    await watched.pass_time(_LATER)
    for _ in range(3):
        await watch.tell()
    assert watched.subjects == ["hay mensajes sin atender", "terminó: hay mensajes sin atender"]
    assert "esposo" not in "".join(mail.text for mail in watched.server.taken)


async def test_two_processes_and_a_restart_tell_of_it_once(watched: _Watched) -> None:
    await watched.hear()
    await watched.pass_time(timedelta(seconds=61))
    watched.server.pause = 0.1
    await asyncio.gather(*(watched.watch().tell() for _ in range(4)))
    await watched.watch().tell()
    assert watched.subjects == ["hay mensajes sin atender"]


async def test_a_trouble_that_comes_and_goes_is_one_trouble(watched: _Watched) -> None:
    watch = watched.watch()
    for _ in range(3):
        await watched.hear()
        await watched.pass_time(timedelta(seconds=61))
        await watch.tell()
        await watched.rig.settle()
        await watch.tell()
    assert watched.subjects == ["hay mensajes sin atender"]


async def test_a_mail_server_that_refuses_is_asked_again_and_the_outside_address_hears_nothing_meanwhile(
    watched: _Watched,
) -> None:
    watch = watched.watch()
    watched.nlu.broken = ValueError()
    await watch.look()
    await watched.pass_time(timedelta(minutes=11))
    watched.server.refusals.append("451 despues")
    assert await watch.tell() == 0
    assert not await watch.is_serving()
    await watched.pass_time(timedelta(minutes=3))
    assert await watch.tell() == 1
    assert await watch.is_serving()
    assert watched.subjects == ["Rasa no responde"]


async def test_a_second_reader_that_is_away_for_ten_minutes_is_told_and_one_that_is_off_is_not(
    watched: _Watched,
) -> None:
    watch = watched.watch()
    watched.nlu.has_second_reader = False
    await watch.tell()
    await watched.pass_time(timedelta(minutes=9))
    assert await watch.tell() == 0
    await watched.pass_time(timedelta(minutes=2))
    assert await watch.tell() == 1
    assert await watch.is_serving()
    watched.nlu.has_second_reader = None
    await watched.pass_time(_LATER)
    await watch.tell()
    assert watched.subjects == ["el segundo lector no responde", "terminó: el segundo lector no responde"]


async def test_a_mail_that_another_process_brought_in_the_end_does_not_silence_this_one_for_ever(
    watched: _Watched,
) -> None:
    first, other = watched.watch(), watched.watch()
    await watched.hear()
    await watched.pass_time(timedelta(seconds=61))
    watched.server.refusals.append("451 despues")
    await first.tell()
    await watched.pass_time(timedelta(minutes=3))
    assert await other.tell() == 1
    await watched.rig.settle()
    assert not await first.is_serving()
    await watched.pass_time(timedelta(minutes=3))
    assert await first.is_serving()


async def test_replies_that_the_provider_refuses_are_told(watched: _Watched) -> None:
    watch = watched.watch()
    await watched.rig.write("buenas")
    await watched.rig.rows("UPDATE outbox SET status = 'failed', failure_noted = true")
    assert await watch.tell() == 0  # one is for a person in the queue, not for the operator
    await watched.rig.rows(
        "INSERT INTO outbox (id, conversation_id, seq, turn_id, author, parting, status, attempts, failure_noted,"
        " created_at, expires_at, next_try_at) SELECT gen_random_uuid(), conversation_id, seq + n, turn_id, author,"
        " false, 'failed', 1, true, now(), now(), now() FROM outbox, generate_series(1, 2) AS n"
    )
    assert await watch.tell() == 1
    assert watched.subjects == ["no salen las respuestas"]


async def test_open_hours_without_anybody_on_shift_are_told_and_with_somebody_they_are_not(
    watched: _Watched, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(watching, "open_on", open_on)
    await set_clock(watched.rig.database, datetime(2026, 11, 23, 15, tzinfo=UTC))  # a Monday, ten in the morning
    watch = watched.watch()
    await watch.look()
    await watched.pass_time(_LATER)
    assert (await watch.look()).troubles == {Trouble.NOBODY_ON_SHIFT}
    await watched.rig.rows(
        "WITH ana AS (INSERT INTO staff (id, alias, login_index, login_sealed, role, zones, password_sealed,"
        " must_enrol, is_demo, created_at) VALUES (gen_random_uuid(), 'Ana', '', '', 'psychologist', '{}', '', false,"
        " true, now()) RETURNING id) INSERT INTO shifts (id, staff_id, on_call, starts_at, ends_at)"
        " SELECT gen_random_uuid(), id, false, now() - interval '1 hour', now() + interval '1 hour' FROM ana"
    )
    await watched.pass_time(_SOON)
    assert (await watch.look()).troubles == frozenset()
    await set_clock(watched.rig.database, datetime(2026, 11, 24, 4, tzinfo=UTC))  # eleven at night: nobody is expected
    await watch.look()
    await watched.pass_time(_LATER)
    assert (await watch.look()).troubles == frozenset()


async def test_a_database_that_is_away_is_told_though_it_cannot_be_written_down(watched: _Watched) -> None:
    away = Database(_AWAY)
    watch = watched.watch(away)
    assert await watch.tell() == 0
    watched.clock.seconds += 61
    assert [await watch.tell(), await watch.tell()] == [1, 0]
    assert not await watch.is_serving()
    await away.close()
    watch._database = watched.rig.database
    watch._roster = Roster(watched.rig.database)
    assert [await watch.tell(), await watch.tell()] == [1, 0]
    assert watched.subjects == ["la base de datos no responde", "terminó: la base de datos no responde"]


async def test_a_disk_that_is_nearly_full_is_told_by_the_machine_that_has_it(
    watched: _Watched, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(watching, "_free_percent", lambda _: 9.9)
    await watched.watch().tell()
    assert watched.subjects == ["el disco está casi lleno"]
    # Another machine has room; that says nothing about this one.
    monkeypatch.setattr(watching, "_free_percent", lambda _: 50.0)
    monkeypatch.setattr(socket, "gethostname", lambda: "otra")
    await watched.pass_time(_LATER)
    await watched.watch().tell()
    assert len(watched.subjects) == 1


async def test_a_day_of_more_letters_than_were_planned_is_told_and_nobody_is_silenced(
    watched: _Watched, monkeypatch: pytest.MonkeyPatch
) -> None:
    limits = replace(load_limits(), letters_a_day=2)
    monkeypatch.setattr(watching, "load_limits", lambda: limits)
    for _ in range(3):
        await watched.hear("hola")
        await watched.rig.settle()
    await watched.watch().tell()
    assert watched.subjects == ["se está gastando más de lo previsto en mensajes"]
    assert len(watched.rig.channel.texts) == 3
    await watched.pass_time(timedelta(hours=25))
    assert (await watched.watch().look()).troubles == frozenset()


async def test_a_night_without_a_copy_is_told_and_that_one_was_made_at_last(watched: _Watched) -> None:
    watch = watched.watch()
    await watched.pass_time(timedelta(hours=29))
    assert await watch.tell() == 0
    await watched.pass_time(timedelta(hours=2))
    await watch.tell()
    assert watched.subjects == ["no se hizo la copia de anoche"]
    assert await watch.is_serving()  # nobody waits for an answer because of it
    rows = await watched.rig.rows("SELECT now() AS at")
    await move_watermark(watched.rig.database, WHOLE_COPY, rows[0].at)
    await watched.pass_time(_LATER)
    await watch.tell()
    assert watched.subjects[1:] == ["terminó: no se hizo la copia de anoche"]


async def test_the_outside_address_hears_that_people_are_answered_and_nothing_when_they_are_not(
    watched: _Watched,
) -> None:
    watch = watched.watch()
    async with _outside() as (url, heard), aiohttp.ClientSession() as session:
        assert await ping(watch, session, url)
        await watched.hear()
        await watched.pass_time(timedelta(seconds=61))
        assert not await ping(watch, session, url)
        assert heard == ["/vivo/secreto"]


async def test_an_outside_address_that_is_gone_breaks_nothing_and_stays_secret(
    watched: _Watched, caplog: pytest.LogCaptureFixture
) -> None:
    async with _outside() as (url, _):
        pass
    async with aiohttp.ClientSession() as session:
        assert not await ping(watched.watch(), session, url)
    assert "not reached" in caplog.text
    assert "secreto" not in caplog.text


@given(
    before=st.timedeltas(min_value=timedelta(), max_value=timedelta(hours=1)),
    more=st.timedeltas(min_value=timedelta(), max_value=timedelta(hours=1)),
)
def test_what_is_wrong_stays_wrong_when_it_gets_worse(before: timedelta, more: timedelta) -> None:
    readings: tuple[Callable[[timedelta], Reading], ...] = (
        lambda lasts: Reading(database_down=lasts),
        lambda lasts: Reading(nlu_down=lasts),
        lambda lasts: Reading(second_reader_down=lasts),
        lambda lasts: Reading(unhandled=lasts),
        lambda lasts: Reading(unsent=lasts),
        lambda lasts: Reading(nobody=lasts),
        lambda lasts: Reading(copied=24 * lasts),
    )
    for reading in readings:
        first, then = (troubles_in(reading(lasts), load_limits()) for lasts in (before, before + more))
        assert first <= then


def test_nothing_is_wrong_with_nothing_and_everything_has_words() -> None:
    assert troubles_in(Reading(), load_limits()) == frozenset()
    assert set(load_words()) == set(Trouble)


def test_a_limit_without_a_source_or_in_the_wrong_unit_is_refused(tmp_path: Path) -> None:
    for found, put in (("    source: Encargo del paso 5, 60 segundos\n", ""), ("percent: 10", "minutes: 10")):
        broken = tmp_path / "troubles.yml"
        broken.write_text(FILE.read_text().replace(found, put, 1))
        with pytest.raises(ContentError):
            load_limits.__wrapped__(broken)


def test_an_outside_address_that_is_none_stops_the_start_and_is_not_shown(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OPERATOR_PING_URL", "ejemplo.org/secreto")
    with pytest.raises(SettingsError, match="OPERATOR_PING_URL") as refused:
        read_settings()
    assert "secreto" not in str(refused.value)


@asynccontextmanager
async def _outside() -> AsyncIterator[tuple[str, list[str]]]:
    """An address outside that notes what it hears."""
    heard: list[str] = []

    async def hear(request: web.Request) -> web.Response:
        heard.append(request.path)
        return web.Response()

    app = web.Application()
    app.router.add_get("/vivo/secreto", hear)
    server = TestServer(app)
    await server.start_server()
    try:
        yield str(server.make_url("/vivo/secreto")), heard
    finally:
        await server.close()
