"""What the provider keeps of her is deleted there: after a while, and at once when she is forgotten."""

from __future__ import annotations

import argparse
import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import timedelta

import pytest
from sqlalchemy import text

from bot.__main__ import _kept
from bot.copies import erase_copies, wait_after
from bot.messages import DeliveryReport, DeliveryStatus
from bot.services import Eraser
from channels.twilio.account import open_account
from storage.copies import TAKE, Copies, count_copies, note_copies, take_copies
from storage.forgetting import forget_again, forget_due
from storage.statements import statement
from tests.doubles.erasure import ask_to_forget
from tests.doubles.rig import HER, Rig, rigged
from tests.doubles.settings import settings_at
from tests.doubles.twilio import TwilioDouble

_KEEPS = timedelta(hours=24)


@pytest.fixture
async def twilio() -> AsyncIterator[TwilioDouble]:
    async with TwilioDouble() as double:
        yield double


@dataclass
class Place:
    """She, our service and the provider."""

    rig: Rig
    twilio: TwilioDouble
    eraser: Eraser

    async def writes(self, words: str, **more: object) -> None:
        """She writes by way of the provider, and is answered."""
        answer = await self.twilio.write(words, sender=HER.value, is_lost=True, **more)  # type: ignore[arg-type]
        message = self.rig.message(words, by=HER)
        await self.rig.intake.accept(
            type(message)(source="twilio", external_id=answer.sid, address=HER, text=words)  # as its webhook would
        )
        await self.rig.settle()

    async def tick(self) -> int:
        """What the service does every minute, and every two seconds."""
        await note_copies(self.rig.database, keeps=_KEEPS)
        return await erase_copies(self.rig.database, self.eraser)

    @property
    def words(self) -> list[str]:
        """Every word that lies at the provider, hers and ours."""
        return [message.body for message in self.twilio.everything if message.body]

    async def report(self) -> Copies:
        return await count_copies(self.rig.database)


@asynccontextmanager
async def _place(url: str, twilio: TwilioDouble) -> AsyncIterator[Place]:
    async with open_account(settings_at(twilio)) as account, rigged(url, channels=account.channels) as rig:
        yield Place(rig=rig, twilio=twilio, eraser=account.eraser)


async def test_after_a_day_the_provider_has_neither_her_words_nor_ours_nor_her_files(
    database_url: str, twilio: TwilioDouble
) -> None:
    async with _place(database_url, twilio) as place:
        await place.writes("buenas", media=[(b"OggS", "audio/ogg"), (b"JFIF", "image/jpeg")])
        assert len(place.words) == 2
        await place.rig.wait(timedelta(hours=23))
        assert await place.tick() == 0
        await place.rig.wait(timedelta(hours=2))
        assert await place.tick() == 2
        assert place.words == []
        assert [message.media for message in twilio.everything] == [[], []]
        assert await place.tick() == 0
        report = await place.report()
        assert (report.waiting, report.gone_today) == (0, 2)


async def test_when_she_is_forgotten_nothing_of_her_is_left_there_not_even_her_number(
    database_url: str, twilio: TwilioDouble
) -> None:
    async with _place(database_url, twilio) as place:
        await place.writes("buenas")
        await place.writes("1")
        await ask_to_forget(place.rig)
        await place.rig.settle()
        assert await forget_due(place.rig.database) == 1
        assert (await place.report()).waiting == len(twilio.everything) == 5
        await place.rig.wait(timedelta(minutes=2))
        await place.tick()
        assert len(twilio.everything) == 3  # what she was told last has time to reach her
        await place.rig.wait(timedelta(minutes=9))
        await place.tick()
        assert twilio.everything == []


@pytest.mark.parametrize("how", ["the_answer_comes", "only_a_report_comes"])
async def test_what_was_being_handed_over_as_she_was_forgotten_is_deleted_there_too(
    database_url: str, twilio: TwilioDouble, how: str
) -> None:
    async with _place(database_url, twilio) as place:
        hold = twilio.hold(moment="after")
        writing = asyncio.create_task(place.writes("buenas"))
        await hold.reached.wait()
        person = (await place.rig.rows("SELECT id FROM people"))[0].id
        assert await forget_again(place.rig.database, [person]) == 1
        if how == "the_answer_comes":
            hold.release()
            await writing
        else:
            hold.drop()
            await writing
            letter = (await place.rig.rows("SELECT id FROM outbox"))[0].id
            sid = twilio.messages[0].sid
            told = DeliveryReport(outbox_id=letter, status=DeliveryStatus.DELIVERED, provider_id=sid)
            await place.rig.intake.note_delivery(told)
        assert len(twilio.everything) == 2
        await place.rig.wait(timedelta(minutes=11))
        await place.tick()
        assert twilio.everything == []


async def test_while_somebody_notes_that_a_letter_went_she_is_not_forgotten_yet_and_then_with_that_letter(
    database_url: str, twilio: TwilioDouble
) -> None:
    async with _place(database_url, twilio) as place:
        await place.writes("buenas")
        person = (await place.rig.rows("SELECT id FROM people"))[0].id
        await place.rig.rows("UPDATE outbox SET status = 'leased', provider_id = NULL, lease_until = now()")
        letter = (await place.rig.rows("SELECT id FROM outbox"))[0].id
        sent = {"id": letter, "provider_id": twilio.messages[0].sid, "ask_after": timedelta(minutes=5)}
        async with place.rig.database.transaction() as noting:
            await noting.execute(statement("sent"), sent)
            assert await forget_again(place.rig.database, [person]) == 0
        assert await forget_again(place.rig.database, [person]) == 1
        await place.rig.wait(timedelta(minutes=11))
        await place.tick()
        assert twilio.everything == []


async def test_what_was_emptied_before_is_deleted_whole_when_she_is_forgotten(
    database_url: str, twilio: TwilioDouble
) -> None:
    async with _place(database_url, twilio) as place:
        await place.writes("buenas")
        await place.rig.wait(timedelta(hours=25))
        assert await place.tick() == 2
        await ask_to_forget(place.rig)
        await place.rig.settle()
        await forget_due(place.rig.database)
        await place.rig.wait(timedelta(minutes=11))
        await place.tick()
        assert twilio.everything == []


@pytest.mark.parametrize("trouble", ["20429", "500", "reset", "garbled"])
async def test_a_provider_that_refuses_is_asked_again_until_it_is_done_and_the_report_says_so(
    database_url: str, twilio: TwilioDouble, trouble: str
) -> None:
    async with _place(database_url, twilio) as place:
        await place.writes("buenas")
        await place.rig.wait(timedelta(hours=26))
        twilio.fail(trouble, times=4, on="any")
        assert await place.tick() == 0
        report = await place.report()
        assert (report.waiting, report.late) == (2, 2)
        assert sum(report.codes.values()) == 2
        assert timedelta(hours=1) < report.late_by < timedelta(hours=3)
        assert await place.tick() == 0  # not before its time
        await place.rig.wait(timedelta(minutes=1))
        assert await place.tick() == 0
        await place.rig.wait(timedelta(minutes=2))
        assert await place.tick() == 2
        assert place.words == []


async def test_a_long_past_is_noted_day_by_day_and_nothing_of_it_is_passed_over(
    database_url: str, twilio: TwilioDouble
) -> None:
    async with _place(database_url, twilio) as place:
        for _ in range(3):
            await place.writes("buenas")
            await place.rig.wait(timedelta(days=3))
        noted = []
        for _ in range(4):
            await note_copies(place.rig.database, keeps=_KEEPS, portion=1)
            noted.append((await place.report()).waiting)
        assert noted == [2, 4, 6, 6]
        assert await place.tick() == 6
        assert place.words == []


async def test_however_many_wait_the_next_are_found_in_their_order_without_sorting(database_url: str) -> None:
    async with rigged(database_url) as rig:
        await rig.database.run(
            text(
                "INSERT INTO provider_copies (provider_id, whole, due_at, attempts, next_try_at)"
                " SELECT 'SM' || n, n % 1000 = 0, now(), 0, now() - n * interval '1 second'"
                " FROM generate_series(1, 20000) n"
            )
        )
        taken = {one.provider_id for one in await take_copies(rig.database, limit=40)}
        of_the_forgotten = {f"SM{n}" for n in range(1000, 20001, 1000)}
        assert taken == of_the_forgotten | {f"SM{n}" for n in range(19980, 20000)}
        await rig.database.run(text("ANALYZE provider_copies"))
        plan = await rig.database.run(text("EXPLAIN " + TAKE), {"hold": timedelta(minutes=2), "limit": 40})
        assert not [row[0] for row in plan if "Sort" in row[0]]


async def test_what_is_not_there_any_more_counts_as_deleted(database_url: str, twilio: TwilioDouble) -> None:
    async with _place(database_url, twilio) as place:
        await place.writes("buenas")
        await place.rig.wait(timedelta(hours=26))
        twilio.everything.clear()
        assert await place.tick() == 2


async def test_a_process_that_died_over_it_leaves_it_to_another(database_url: str, twilio: TwilioDouble) -> None:
    async with _place(database_url, twilio) as place:
        await place.writes("buenas")
        await place.rig.wait(timedelta(hours=26))
        await note_copies(place.rig.database, keeps=_KEEPS)
        assert len(await take_copies(place.rig.database, limit=10)) == 2  # and no more is heard of it
        assert await place.tick() == 0
        await place.rig.wait(timedelta(minutes=3))
        assert await place.tick() == 2


def test_it_is_tried_for_ever_ever_more_rarely() -> None:
    waits = [wait_after(attempts) for attempts in range(1, 1001)]
    assert waits == sorted(waits)
    assert (waits[0], waits[-1]) == (timedelta(seconds=30), timedelta(hours=6))


async def test_the_report_says_in_words_what_is_still_there(
    database_url: str, twilio: TwilioDouble, capsys: pytest.CaptureFixture[str]
) -> None:
    async with _place(database_url, twilio) as place:
        await place.writes("buenas")
        await place.rig.wait(timedelta(hours=27))
        twilio.fail("20429", times=2, on="any")
        await place.tick()
        settings = settings_at(twilio, database_url=database_url)
        assert await asyncio.to_thread(_kept, settings, argparse.Namespace()) == 1
        said = capsys.readouterr().out
        assert "Atrasados más de una hora: 2; el más viejo, 3.0 h." in said
        assert "2 con el error 20429" in said
