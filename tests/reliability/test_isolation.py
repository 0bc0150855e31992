"""One bad row, one bad file or one stop of the service harms nobody else."""

from __future__ import annotations

import asyncio
import gc
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from sqlalchemy import make_url, text

from bot.app import NluAddress, open_services, running
from bot.attachments import fetch_wanted
from bot.demo import with_demo_keys
from bot.messages import Address, Letter, Media, MediaKind, PersonMessage, Understanding
from bot.settings import read_settings
from storage.claims import TURN_LEASE
from tests.doubles.database import move_clock
from tests.doubles.interrupted import InterruptedDatabase
from tests.doubles.letters import queue_letter
from tests.doubles.loops import at_work, until
from tests.doubles.proxy import Proxy, proxied
from tests.doubles.rig import HER, FakeChannel, FakeInterpreter, Rig, rigged

_OTHER = Address(channel="whatsapp", value="+573009998877")
_SENT = "SELECT count(*) = :letters FROM outbox WHERE status = 'sent'"


async def _seal_as_her_state(rig: Rig, body: bytes) -> None:
    rows = await rig.rows(
        "SELECT c.id, k.id AS key_id, k.owner_id, k.wrapped FROM conversations c"
        " JOIN keys.owner_keys k ON k.owner_id = c.person_id"
    )
    for row in rows:
        key = rig.ring.unwrap(key_id=row.key_id, owner_id=row.owner_id, wrapped=row.wrapped)
        sealed = key.seal(body, table="conversations", row=row.id, column="state")
        await rig.rows("UPDATE conversations SET state_sealed = :sealed", sealed=sealed)


@pytest.mark.parametrize("trouble", ["bytes that nobody sealed", "the state of another version"])
async def test_a_conversation_that_does_not_open_is_given_to_a_person_and_keeps_nobody_else_waiting(
    database_url: str, trouble: str, caplog: pytest.LogCaptureFixture
) -> None:
    async with rigged(database_url) as rig:
        await rig.write("buenas", by=HER)
        if trouble == "the state of another version":
            await _seal_as_her_state(rig, b'{"mode": "unheard_of", "slots": {"near_place": "la galeria"}}')
        else:
            await rig.rows("UPDATE conversations SET state_sealed = '\\x00'")
        async with at_work(rig):
            await rig.intake.accept(rig.message("hola", by=HER))
            await until(rig, "SELECT count(*) = 1 FROM handovers WHERE reason = 'unreadable'")
            await rig.intake.accept(rig.message("me va a matar", by=_OTHER))
            await until(rig, _SENT, letters=2)
        assert rig.channel.letters[-1].address == _OTHER
        waiting = await rig.rows("SELECT 1 FROM inbox WHERE turn_id IS NULL")
        assert len(waiting) == 1
        assert "galeria" not in caplog.text


async def test_a_letter_that_does_not_open_keeps_no_other_letter_waiting(database_url: str) -> None:
    async with rigged(database_url) as rig:
        await rig.write("buenas", by=HER)
        await rig.write("buenas", by=_OTHER)
        await queue_letter(rig, "Hola, soy Ana.")
        await rig.rows(
            "UPDATE outbox SET body_sealed = '\\x00' WHERE id = (SELECT id FROM outbox WHERE status = 'queued' LIMIT 1)"
        )
        async with at_work(rig):
            await until(rig, _SENT, letters=3)
            await rig.intake.accept(rig.message("hola", by=Address(channel="whatsapp", value="+573005556677")))
            await until(rig, _SENT, letters=4)
        assert rig.channel.texts.count("Hola, soy Ana.") == 1


@dataclass
class CuttingInterpreter(FakeInterpreter):
    """Fails while quoting her, just as every connection to the database breaks."""

    proxy: Proxy | None = None

    async def interpret(self, text: str) -> Understanding:
        if self.broken is not None and self.proxy is not None:
            self.proxy.cut()
        return await super().interpret(text)


@asynccontextmanager
async def _behind_a_proxy(database_url: str) -> AsyncIterator[tuple[Proxy, str]]:
    url = make_url(database_url)
    # The path of a socket may not be long.
    with TemporaryDirectory(prefix="vs-") as folder:
        async with proxied(Path(folder), Path(str(url.query["host"]))) as proxy:
            yield proxy, url.set(query={"host": folder}).render_as_string(hide_password=False)


async def test_what_she_wrote_is_in_no_log_though_the_database_goes_away_within_a_turn_that_fails(
    database_url: str, caplog: pytest.LogCaptureFixture
) -> None:
    async with _behind_a_proxy(database_url) as (proxy, url), rigged(url) as rig, rigged(database_url) as watch:
        interpreter = CuttingInterpreter(broken=RuntimeError("quoting: mi esposo me pego"), proxy=proxy)
        rig.worker._interpreter = interpreter
        async with at_work(rig):
            await rig.intake.accept(rig.message("mi esposo me pego"))
            await until(watch, "SELECT count(*) = 1 FROM inbox WHERE attempts = 1")
            while not interpreter.asked:
                await asyncio.sleep(0.01)
            interpreter.broken = None
            # A task whose error nobody asked for tells it to the log when it is thrown away.
            await asyncio.sleep(0.3)
            gc.collect()
            await move_clock(watch.database, TURN_LEASE)
            await until(watch, _SENT, letters=1)
    assert "esposo" not in caplog.text
    assert "failed: RuntimeError" in caplog.text


class LeisurelyChannel(FakeChannel):
    """Takes a moment for each letter, as a provider does."""

    async def send(self, letter: Letter) -> str:
        await asyncio.sleep(0.3)
        return await super().send(letter)


async def test_what_is_just_being_taken_when_the_service_stops_is_answered_before_it_ends(
    database_url: str, tmp_path: Path
) -> None:
    settings = with_demo_keys(read_settings(demo=True, var_dir=tmp_path, quiet_seconds=0))
    database, is_taken, channel = InterruptedDatabase(database_url), asyncio.Event(), LeisurelyChannel()

    async def stop_now() -> None:
        is_taken.set()
        await asyncio.sleep(0.1)

    database.meanwhile = stop_now
    async with open_services(
        settings, database_url=database_url, nlu=NluAddress(), more_channels=lambda _: {HER.channel: channel}
    ) as services:
        services.worker._database = database
        async with running(services):
            await services.intake.accept(PersonMessage(source="simulator", external_id="1", address=HER, text="buenas"))
            await asyncio.wait_for(is_taken.wait(), 10)
        rows = await services.database.run(
            text("SELECT i.ending, o.status FROM inbox i LEFT JOIN outbox o ON o.turn_id = i.turn_id")
        )
    await database.close()
    assert [tuple(row) for row in rows] == [("reply", "sent")]
    assert len(channel.letters) == 1


@dataclass
class PoisonedSource:
    """Photographs are well; every other file breaks what cleans it, in a way that is not foreseen."""

    fetched: list[str] = field(default_factory=list)

    async def fetch(self, media: Media) -> tuple[bytes, str]:
        self.fetched.append(media.url)
        if media.content_type != "image/jpeg":
            raise ValueError("a box is longer than its file")
        return b"picture", "image/jpeg"


async def test_a_file_that_breaks_what_cleans_it_is_given_up_in_the_end_and_keeps_no_other_file_from_being_kept(
    database_url: str,
) -> None:
    source = PoisonedSource()
    async with rigged(database_url) as rig:
        await _sends(rig, "https://api.twilio.com/voz", "audio/ogg", MediaKind.AUDIO)
        await _sends(rig, "https://api.twilio.com/foto", "image/jpeg", MediaKind.IMAGE)
        await fetch_wanted(rig.database, rig.ring, source)
        kept = await rig.rows("SELECT content_type FROM media WHERE status = 'kept'")
        assert [row.content_type for row in kept] == ["image/jpeg"]
        for _ in range(12):
            await move_clock(rig.database, timedelta(minutes=3))
            await fetch_wanted(rig.database, rig.ring, source)
        broken = await rig.rows("SELECT status FROM media WHERE content_type = 'audio/ogg'")
        assert [row.status for row in broken] == ["refused"]
        assert source.fetched.count("https://api.twilio.com/voz") == 8


async def _sends(rig: Rig, url: str, content_type: str, kind: MediaKind) -> None:
    await rig.write("", media=(Media(url=url, content_type=content_type, kind=kind),))
