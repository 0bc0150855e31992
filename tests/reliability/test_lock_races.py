"""The phone is locked while something is on its way, was in doubt, or stands beside it in the same turn."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field
from datetime import timedelta

from bot.errors import SendError
from bot.messages import Address, DeliveryFailed, Letter
from storage.claims import claim
from storage.inbox import add_entry
from tests.doubles.database import move_clock
from tests.doubles.letters import queue_letter
from tests.doubles.rig import HER, FakeChannel, Rig, rigged

_ROUTE = "Ruta: comisaría de familia"
_BUSY = SendError("20429", retryable=True)


@dataclass
class HesitantProvider(FakeChannel):
    """Takes ``held`` in hand, and refuses it for now only when the test lets it."""

    held: str = ""
    has_it: asyncio.Event = field(default_factory=asyncio.Event)
    may_refuse: asyncio.Event = field(default_factory=asyncio.Event)

    async def send(self, letter: Letter) -> str:
        if letter.reply.text == self.held and not self.has_it.is_set():
            self.has_it.set()
            await self.may_refuse.wait()
            raise _BUSY
        return await super().send(letter)


async def _is_safe(rig: Rig, *, by: Address = HER) -> None:
    await rig.write("buenas", by=by)
    await rig.write("1", by=by)


async def _phone(rig: Rig) -> str:
    phone: str = (await rig.rows("SELECT phone FROM conversations"))[0].phone
    return phone


async def test_a_letter_that_may_have_gone_is_not_tried_again_once_she_is_watched(database_url: str) -> None:
    async with rigged(database_url) as rig:
        await _is_safe(rig)
        rig.channel.fail = [SendError("timeout", retryable=True, uncertain=True)]
        await queue_letter(rig, _ROUTE)
        await rig.delivery.deliver_once()
        await rig.write("me miran")
        # Now it is he who tries the phone.
        await rig.write("hola")
        await rig.wait(timedelta(seconds=30))
        assert _ROUTE not in rig.channel.texts


async def test_a_letter_that_the_provider_refuses_for_now_while_she_is_found_out_is_not_tried_again(
    database_url: str,
) -> None:
    provider = HesitantProvider(held=_ROUTE)
    async with rigged(database_url, channels={"whatsapp": provider}) as rig:
        await _is_safe(rig)
        await queue_letter(rig, _ROUTE)
        sending = asyncio.create_task(rig.delivery.deliver_once())
        await asyncio.wait_for(provider.has_it.wait(), 10)
        await rig.intake.accept(rig.message("me miran"))
        await rig.worker.work_once()
        provider.may_refuse.set()
        await sending
        await rig.write("hola")
        await rig.wait(timedelta(seconds=30))
        assert _ROUTE not in provider.texts


async def test_what_was_queued_is_withdrawn_though_she_writes_on_right_after_leaving(database_url: str) -> None:
    async with rigged(database_url) as rig:
        await _is_safe(rig)
        rig.channel.fail = [_BUSY]
        await queue_letter(rig, _ROUTE)
        await rig.delivery.deliver_once()
        for words in ("SALIR", "ok"):
            await rig.intake.accept(rig.message(words))
        await rig.settle()
        await rig.wait(timedelta(seconds=30))
        assert _ROUTE not in rig.channel.texts


async def test_what_she_told_before_leaving_in_the_same_breath_is_not_answered_on_her_screen(
    database_url: str,
) -> None:
    async with rigged(database_url) as rig:
        await _is_safe(rig)
        neutral, before = rig.channel.texts[0], len(rig.channel.texts)
        for words in ("mi esposo me pego anoche", "SALIR", "ok"):
            await rig.intake.accept(rig.message(words))
        await rig.settle()
        rows = await rig.rows("SELECT parting FROM outbox ORDER BY seq OFFSET :before", before=before)
        # What covers her tracks, and the question that gives nothing away: who wrote "ok" is not known.
        assert [row.parting for row in rows] == [True, False]
        assert rig.channel.texts[-1] == neutral


async def test_leaving_by_one_channel_silences_what_waits_on_the_other_of_the_same_phone(database_url: str) -> None:
    by_sms = Address(channel="sms", value=HER.value)
    async with rigged(database_url) as rig:
        await _is_safe(rig, by=by_sms)
        await _is_safe(rig)
        rig.channel.fail = [_BUSY]
        await rig.intake.accept(rig.message("mi esposo me pego anoche", by=by_sms))
        await rig.worker.work_once()
        await rig.write("SALIR")
        before = len(rig.channel.letters)
        await rig.wait(timedelta(seconds=30))
        assert rig.channel.letters[before:] == []


async def test_leaving_is_obeyed_beside_words_that_could_not_be_worked_on(database_url: str) -> None:
    async with rigged(database_url) as rig:
        await _is_safe(rig)
        rig.interpreter.broken = RuntimeError("NLU burst")
        await rig.intake.accept(rig.message("mi historia"))
        for _ in range(3):
            await rig.worker.work_once()
            await move_clock(rig.database, timedelta(seconds=5))
        await rig.write("SALIR")
        assert await _phone(rig) == "left"
        handovers = await rig.rows("SELECT reason FROM handovers WHERE closed_at IS NULL")
        assert [row.reason for row in handovers] == ["internal_error"]


async def test_what_she_did_not_begin_writes_nothing_to_her_though_it_kills_the_service_three_times(
    database_url: str,
) -> None:
    async with rigged(database_url) as rig:
        await _is_safe(rig)
        before = len(rig.channel.texts)
        await move_clock(rig.database, timedelta(hours=20))
        conversation = (await rig.rows("SELECT id FROM conversations"))[0].id
        failed = DeliveryFailed(external_id="delivery:1", conversation_id=conversation, code="30003")
        async with rig.database.transaction() as tx:
            await add_entry(tx, rig.ring, failed)
        for _ in range(3):
            # Taken, and never heard of again: its lease runs out.
            assert len(await claim(rig.database, rig.ring, limit=5)) == 1
            await move_clock(rig.database, timedelta(seconds=11))
        await rig.settle()
        assert rig.channel.texts[before:] == []
        assert len(await rig.rows("SELECT 1 FROM handovers WHERE closed_at IS NULL")) == 1
