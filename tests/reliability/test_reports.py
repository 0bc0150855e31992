"""What the provider reports later moves a letter forward, whenever it comes and however often."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from itertools import permutations

import pytest

from bot.errors import SendError
from bot.messages import DeliveryReport, DeliveryStatus
from storage.outbox import mark_sent
from tests.doubles.letters import queue_letter
from tests.doubles.rig import Rig, rigged

_ALL = (DeliveryStatus.SENT, DeliveryStatus.DELIVERED, DeliveryStatus.READ)


async def _status(rig: Rig) -> tuple[str, str | None]:
    row = (await rig.rows("SELECT status, code FROM outbox"))[0]
    return row.status, row.code


@pytest.mark.parametrize("order", list(permutations(_ALL)))
async def test_reports_in_any_order_and_twice_end_at_read(database_url: str, order: tuple[DeliveryStatus, ...]) -> None:
    async with rigged(database_url) as rig:
        await rig.write("buenas")
        letter = rig.channel.letters[0].outbox_id
        for status in (*order, *order):
            await rig.intake.note_delivery(DeliveryReport(outbox_id=letter, status=status))
        assert await _status(rig) == ("read", None)


async def test_a_failure_that_is_reported_before_we_noted_the_sending_is_kept_and_told(database_url: str) -> None:
    async with rigged(database_url) as rig:
        await rig.write("buenas")
        letter = rig.channel.letters[0].outbox_id
        failed = DeliveryReport(outbox_id=letter, status=DeliveryStatus.FAILED, provider_id="SM1", code="63016")
        await rig.intake.note_delivery(failed)
        await mark_sent(rig.database, letter, "SM1")
        await rig.settle()
        assert await _status(rig) == ("failed", "63016")
        rows = await rig.rows("SELECT reason FROM handovers")
        assert [row.reason for row in rows] == ["delivery_failed"]


async def test_once_the_provider_has_a_letter_what_waited_behind_it_is_looked_for(database_url: str) -> None:
    async with rigged(database_url) as rig:
        await rig.write("buenas")
        for words in ("Hola, soy Ana.", "¿Puede hablar?"):
            await queue_letter(rig, words)
        first, second = await rig.rows("SELECT id FROM outbox WHERE status = 'queued' ORDER BY seq")
        assert await mark_sent(rig.database, first.id, "SM1")
        assert not await mark_sent(rig.database, second.id, "SM2")


async def test_a_failure_reported_after_she_read_it_is_not_believed(database_url: str) -> None:
    async with rigged(database_url) as rig:
        await rig.write("buenas")
        letter = rig.channel.letters[0].outbox_id
        for status in (DeliveryStatus.READ, DeliveryStatus.FAILED):
            await rig.intake.note_delivery(DeliveryReport(outbox_id=letter, status=status))
        assert (await _status(rig))[0] == "read"


async def test_what_failed_and_arrived_in_one_swarm_of_reports_has_arrived(database_url: str) -> None:
    async with rigged(database_url) as rig:
        await rig.write("buenas")
        letter = rig.channel.letters[0].outbox_id
        failed = DeliveryReport(outbox_id=letter, status=DeliveryStatus.FAILED, code="30003")
        delivered = DeliveryReport(outbox_id=letter, status=DeliveryStatus.DELIVERED)
        await asyncio.gather(rig.intake.note_delivery(failed), rig.intake.note_delivery(delivered))
        assert (await _status(rig))[0] == "delivered"


async def test_a_letter_that_was_withdrawn_and_had_gone_all_the_same_is_shown_as_read(database_url: str) -> None:
    async with rigged(database_url) as rig:
        await rig.write("buenas")
        await rig.write("1")
        rig.channel.fail = [SendError("timeout", retryable=True, uncertain=True)]
        await queue_letter(rig, "Hola, soy Ana.")
        await rig.delivery.deliver_once()
        await rig.write("me miran")
        await rig.wait(timedelta(seconds=6))
        letter = (await rig.rows("SELECT id, status FROM outbox WHERE author = 'staff'"))[0]
        assert letter.status == "withdrawn"
        await rig.intake.note_delivery(DeliveryReport(outbox_id=letter.id, status=DeliveryStatus.READ))
        rows = await rig.rows("SELECT status FROM outbox WHERE author = 'staff'")
        assert [row.status for row in rows] == ["read"]
