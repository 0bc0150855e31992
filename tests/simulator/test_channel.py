"""The simulator as the service sees it: a channel like any other."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime
from uuid import uuid4

import pytest

from bot.errors import DatabaseUnavailable, SendError
from bot.messages import Address, Button, DeliveryReport, DeliveryStatus, Letter, Reply
from bot.services import Channel
from channels.simulator.channel import SimulatorChannel
from channels.simulator.hub import Hub
from channels.simulator.incoming import read_written
from channels.simulator.phones import Look, Phone
from tests.simulator.service import SAFE_NOW, FakeDoor

PHONE = Phone(look=Look.WHATSAPP, number=1)


def letter(reply: Reply = SAFE_NOW, *, address: Address = PHONE.address) -> Letter:
    return Letter(outbox_id=uuid4(), address=address, reply=reply, created_at=datetime.now(UTC))


def options(count: int) -> tuple[Button, ...]:
    return tuple(Button(title=f"Opción {number}", payload=str(number)) for number in range(1, count + 1))


async def test_whatsapp_shows_buttons_and_sms_shows_numbers() -> None:
    hub, door = Hub(), FakeDoor()
    whatsapp: Channel = SimulatorChannel(Look.WHATSAPP, hub=hub, door=door)
    sms: Channel = SimulatorChannel(Look.SMS, hub=hub, door=door)
    assert whatsapp.lay_out(SAFE_NOW) == [SAFE_NOW]
    (plain,) = sms.lay_out(SAFE_NOW)
    assert plain.buttons == ()
    assert plain.text.endswith("1) Si 2) Ahora no 3) Me miran")


async def test_more_options_than_a_list_holds_become_numbers() -> None:
    channel = SimulatorChannel(Look.WHATSAPP, hub=Hub(), door=FakeDoor())
    (held,) = channel.lay_out(Reply(text="Elija.", buttons=options(10)))
    (written,) = channel.lay_out(Reply(text="Elija.", buttons=options(11)))
    assert len(held.buttons) == 10
    assert written.buttons == ()
    assert "11) Opción 11" in written.text


async def test_a_long_reply_is_split_and_the_buttons_stay_under_its_end() -> None:
    channel = SimulatorChannel(Look.WHATSAPP, hub=Hub(), door=FakeDoor())
    first, last = channel.lay_out(Reply(text="Una frase cualquiera. " * 100, buttons=SAFE_NOW.buttons))
    assert first.buttons == ()
    assert last.buttons == SAFE_NOW.buttons


async def test_a_sent_letter_is_delivered_a_moment_later_and_reported() -> None:
    hub, door = Hub(), FakeDoor()
    channel = SimulatorChannel(Look.WHATSAPP, hub=hub, door=door, delivered_after=0.01)
    sent = letter()
    provider_id = await channel.send(sent)
    shown = hub.find(PHONE, str(sent.outbox_id))
    assert shown is not None
    assert (shown.status, shown.text) == (DeliveryStatus.SENT, SAFE_NOW.text)
    await asyncio.sleep(0.05)
    assert door.reports == [
        DeliveryReport(outbox_id=sent.outbox_id, status=DeliveryStatus.DELIVERED, provider_id=provider_id)
    ]


async def test_a_letter_sent_again_is_one_bubble_and_can_be_found() -> None:
    hub = Hub()
    channel = SimulatorChannel(Look.WHATSAPP, hub=hub, door=FakeDoor())
    sent = letter()
    assert await channel.find(sent) is None
    first, second = await channel.send(sent), await channel.send(sent)
    assert first == second == await channel.find(sent)
    with hub.watch([PHONE]) as watch:
        assert len(watch.missed) == 1
    await hub.close()


async def test_the_answer_marks_what_she_wrote_as_read() -> None:
    door = FakeDoor()
    hub = Hub()
    channel = SimulatorChannel(Look.WHATSAPP, hub=hub, door=door)
    written = read_written(b'{"text": "hola"}', phone=PHONE, now=datetime.now(UTC))
    hub.put(PHONE, written.bubble)
    await channel.send(letter())
    mine = hub.find(PHONE, written.bubble.id)
    assert mine is not None
    assert mine.status is DeliveryStatus.READ
    await hub.close()


@pytest.mark.parametrize(
    "address",
    [Address(channel="simulator_whatsapp", value="+573001112233"), Address(channel="sms", value="+570000000001")],
)
async def test_nothing_is_shown_for_a_number_that_somebody_may_have(address: Address) -> None:
    channel = SimulatorChannel(Look.WHATSAPP, hub=Hub(), door=FakeDoor())
    with pytest.raises(SendError) as refused:
        await channel.send(letter(address=address))
    assert not refused.value.retryable
    assert await channel.find(letter(address=address)) is None


async def test_a_database_that_is_away_does_not_stop_the_phone(caplog: pytest.LogCaptureFixture) -> None:
    class Closed(FakeDoor):
        async def note_delivery(self, report: DeliveryReport) -> None:
            raise DatabaseUnavailable

    hub = Hub()
    channel = SimulatorChannel(Look.WHATSAPP, hub=hub, door=Closed(), delivered_after=0)
    await channel.send(letter())
    await asyncio.sleep(0.02)
    assert "DatabaseUnavailable" in caplog.text
