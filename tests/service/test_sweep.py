"""What the sweep takes from the provider's list, and what it leaves there."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta

import pytest
from pydantic import SecretStr

from bot.settings import Settings
from bot.sweep import BEGIN, sweep
from channels.twilio import archive as archives
from channels.twilio.account import open_account
from channels.twilio.archive import TwilioArchive
from tests.doubles.rig import HER, Rig, rigged
from tests.doubles.twilio import ACCOUNT_SID, AUTH_TOKEN, SMS_NUMBER, WHATSAPP_NUMBER, TwilioDouble

_GRACE, _KEPT = timedelta(seconds=30), timedelta(hours=24)


@pytest.fixture
async def twilio() -> AsyncIterator[TwilioDouble]:
    async with TwilioDouble() as double:
        yield double


@asynccontextmanager
async def _swept(url: str, twilio: TwilioDouble, *, sms_from: str = SMS_NUMBER) -> AsyncIterator[_Sweeping]:
    settings = Settings(
        twilio_account_sid=ACCOUNT_SID,
        twilio_auth_token=SecretStr(AUTH_TOKEN),
        twilio_whatsapp_from=WHATSAPP_NUMBER,
        twilio_sms_from=sms_from,
        twilio_api_base=twilio.url,
    )
    async with rigged(url) as rig, open_account(settings) as account:
        yield _Sweeping(rig, account.archive)


class _Sweeping:
    def __init__(self, rig: Rig, archive: TwilioArchive) -> None:
        self.rig, self._archive = rig, archive

    async def sweep(self) -> int:
        taken = await sweep(self.rig.database, self.rig.intake, self._archive, grace=_GRACE, kept=_KEPT)
        await self.rig.settle()
        return taken


async def _missed(twilio: TwilioDouble, words: str, *, ago: timedelta, **more: object) -> str:
    twilio.clock_offset = -ago
    answer = await twilio.write(words, sender=HER.value, is_lost=True, **more)  # type: ignore[arg-type]
    twilio.clock_offset = timedelta()
    return answer.sid


async def test_what_she_wrote_comes_in_the_order_in_which_she_wrote_it(database_url: str, twilio: TwilioDouble) -> None:
    async with _swept(database_url, twilio) as swept:
        await _missed(twilio, "buenas", ago=timedelta(minutes=9))
        await _missed(twilio, "1", ago=timedelta(minutes=8))
        assert await swept.sweep() == 2
        assert "escribir con calma" in swept.rig.channel.texts[0]
        assert await swept.sweep() == 0
        assert len(await swept.rig.rows("SELECT 1 FROM inbox")) == 2


async def test_what_may_still_come_by_its_webhook_is_left_until_the_next_sweep(
    database_url: str, twilio: TwilioDouble
) -> None:
    async with _swept(database_url, twilio) as swept:
        await _missed(twilio, "buenas", ago=timedelta(seconds=10))
        assert await swept.sweep() == 0
        await swept.rig.wait(timedelta(seconds=40))
        assert await swept.sweep() == 1


async def test_a_new_installation_does_not_wake_people_who_wrote_to_this_number_long_ago(
    database_url: str, twilio: TwilioDouble
) -> None:
    async with _swept(database_url, twilio) as swept:
        await _missed(twilio, "buenas", ago=BEGIN + timedelta(hours=1))
        assert await swept.sweep() == 0
        assert swept.rig.channel.texts == []


async def test_a_voice_note_that_was_missed_is_fetched_and_a_person_is_told(
    database_url: str, twilio: TwilioDouble
) -> None:
    async with _swept(database_url, twilio) as swept:
        await _missed(twilio, "buenas", ago=timedelta(minutes=9))
        await _missed(twilio, "1", ago=timedelta(minutes=8))
        await _missed(twilio, "", ago=timedelta(minutes=7), media=[(b"OggS", "audio/ogg")])
        assert await swept.sweep() == 3
        wanted = await swept.rig.rows("SELECT content_type, status FROM media")
        assert [tuple(row) for row in wanted] == [("audio/ogg", "wanted")]


async def test_a_message_whose_words_we_had_emptied_at_the_provider_wakes_nobody(
    database_url: str, twilio: TwilioDouble
) -> None:
    # A dump that is two days old was restored: neither the message nor how far we had swept is known.
    async with _swept(database_url, twilio) as swept:
        await swept.sweep()
        await swept.rig.rows("UPDATE watermarks SET at = now() - interval '2 days'")
        await _missed(twilio, "", ago=timedelta(hours=30))
        await _missed(twilio, "", ago=timedelta(hours=1))  # perhaps a place that she sent
        assert await swept.sweep() == 1


async def test_while_one_process_sweeps_another_leaves_it_alone_and_takes_over_if_that_one_died(
    database_url: str, twilio: TwilioDouble
) -> None:
    async with _swept(database_url, twilio) as swept:
        await swept.sweep()
        await _missed(twilio, "buenas", ago=timedelta(minutes=1))
        await swept.rig.rows("UPDATE watermarks SET held_until = now() + interval '60 seconds'")
        assert await swept.sweep() == 0
        await swept.rig.wait(timedelta(seconds=61))
        assert await swept.sweep() == 1


async def test_a_provider_that_does_not_answer_is_asked_again_for_the_same_time(
    database_url: str, twilio: TwilioDouble
) -> None:
    async with _swept(database_url, twilio) as swept:
        await swept.sweep()
        await _missed(twilio, "buenas", ago=timedelta(minutes=1))
        await twilio.go_away()
        assert await swept.sweep() == 0
        await swept.rig.wait(timedelta(minutes=30))
        await twilio.come_back()
        assert await swept.sweep() == 1


async def test_a_list_of_many_pages_is_read_to_its_end(
    database_url: str, twilio: TwilioDouble, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(archives, "PAGE", 3)
    # Of a pool of numbers no one is known: what we sent ourselves is in the list too.
    async with _swept(database_url, twilio, sms_from="MG" + "1" * 32) as swept:
        for n in range(10):
            await _missed(twilio, f"hola {n}", ago=timedelta(minutes=9, seconds=-n))
        await _missed(twilio, "para otro servicio", ago=timedelta(minutes=5))
        twilio.everything[-1].messaging_service_sid = "MG" + "2" * 32
        assert await swept.sweep() == 10


async def test_what_she_wrote_an_hour_ago_is_answered_with_the_neutral_question_alone(
    database_url: str, twilio: TwilioDouble
) -> None:
    async with _swept(database_url, twilio) as swept:
        await swept.rig.write("buenas")
        await swept.rig.write("1")
        before = len(swept.rig.channel.texts)
        await _missed(twilio, "mi esposo me grita todos los dias", ago=timedelta(minutes=50))
        assert await swept.sweep() == 1
        assert swept.rig.channel.texts[before:] == ["Hola. Le leo. ¿Puede escribir con calma ahora?"]


async def test_to_a_phone_that_was_left_an_hour_ago_not_even_a_last_word_goes(
    database_url: str, twilio: TwilioDouble
) -> None:
    async with _swept(database_url, twilio) as swept:
        await swept.rig.write("buenas")
        await swept.rig.write("1")
        before = len(swept.rig.channel.texts)
        await _missed(twilio, "salir", ago=timedelta(minutes=50))
        assert await swept.sweep() == 1
        assert swept.rig.channel.texts[before:] == []
        assert [row.phone for row in await swept.rig.rows("SELECT phone FROM conversations")] == ["left"]
