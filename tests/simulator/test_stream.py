"""The stream a page of phones listens to, over loopback."""

from __future__ import annotations

import asyncio
import time
from datetime import UTC, datetime

from aiohttp import ClientSession, web
from aiohttp.test_utils import TestServer

from bot.messages import DeliveryStatus
from channels.simulator.hub import Hub
from channels.simulator.phones import Bubble, Look, Phone
from channels.simulator.stream import stream
from tests.simulator.reader import listening
from tests.simulator.service import FakeDoor, Service

PHONE = Phone(look=Look.WHATSAPP, number=1)
OTHER = Phone(look=Look.SMS, number=2)


def said(text: str) -> Bubble:
    return Bubble(id=text, mine=False, at=datetime.now(UTC), status=DeliveryStatus.SENT, text=text)


async def test_a_bubble_arrives_while_she_looks(service: Service, client: ClientSession) -> None:
    async with listening(client, "whatsapp-1") as reader:
        await reader.until_ready()
        service.hub.put(PHONE, said("Hola. Le leo."))
        (bubble,) = await reader.bubbles(1)
    assert (bubble["text"], bubble["mine"], bubble["status"]) == ("Hola. Le leo.", False, "sent")


async def test_after_a_break_she_gets_what_she_missed_and_nothing_twice(
    service: Service, client: ClientSession
) -> None:
    service.hub.put(PHONE, said("uno"))
    async with listening(client, "whatsapp-1") as reader:
        assert [bubble["text"] for bubble in await reader.until_ready()] == ["uno"]
    service.hub.put(PHONE, said("dos"))
    async with listening(client, "whatsapp-1", last_id=reader.last_id) as again:
        assert [bubble["text"] for bubble in await again.until_ready()] == ["dos"]


async def test_an_id_of_an_earlier_start_brings_the_whole_history(service: Service, client: ClientSession) -> None:
    service.hub.put(PHONE, said("uno"))
    async with listening(client, "whatsapp-1", last_id="00000000.999") as reader:
        first = await reader.next()
        assert first is not None
        assert (first.event, first.data) == ("era", service.hub.era)
        assert [bubble["text"] for bubble in await reader.until_ready()] == ["uno"]


async def test_one_page_hears_its_phones_and_no_other(service: Service, client: ClientSession) -> None:
    third = Phone(look=Look.SMS, number=3)
    async with listening(client, "whatsapp-1,sms-2") as reader:
        await reader.until_ready()
        for phone in (third, PHONE, OTHER):
            service.hub.put(phone, said(phone.id))
        heard = await reader.bubbles(2)
    assert [bubble["phone"] for bubble in heard] == ["whatsapp-1", "sms-2"]


async def test_a_line_break_in_a_text_does_not_break_the_stream(service: Service, client: ClientSession) -> None:
    text = "uno\n\ndata: dos\r\nevent: tres\u2028\x00"
    service.hub.put(PHONE, Bubble(id="a", mine=True, at=datetime.now(UTC), status=DeliveryStatus.SENT, text=text))
    async with listening(client, "whatsapp-1") as reader:
        (bubble,) = await reader.until_ready()
    assert bubble["text"] == text


async def test_a_quiet_line_still_beats() -> None:
    service = Service(FakeDoor(), heartbeat=0.05)
    await service.start()
    try:
        async with ClientSession(service.url) as client, listening(client, "whatsapp-1") as reader:
            await reader.until_ready()
            beat = await reader.next()
            assert beat is not None
            assert beat.event == "beat"
    finally:
        await service.stop()


async def test_a_reader_who_stops_reading_is_let_go_and_catches_up_on_return() -> None:
    service = Service(FakeDoor(), backlog=8)
    await service.start()
    try:
        async with ClientSession(service.url) as client:
            async with listening(client, "whatsapp-1") as reader:
                await reader.until_ready()
                for number in range(3000):
                    service.hub.put(PHONE, said(f"{number} " + "x" * 3000))
                    if number % 100 == 0:
                        await asyncio.sleep(0)
                async with asyncio.timeout(5):
                    while service.hub.readers:
                        while await reader.next() is not None:
                            pass
            async with listening(client, "whatsapp-1", last_id=reader.last_id) as again:
                missed = await again.until_ready()
        assert missed[-1]["text"].startswith("2999 ")
    finally:
        await service.stop()


async def test_a_reader_who_never_reads_is_cut_off() -> None:
    hub = Hub(backlog=10_000)

    async def listen(request: web.Request) -> web.StreamResponse:
        return await stream(request, hub=hub, phones=[PHONE], patience=0.2)

    app = web.Application()
    app.add_routes([web.get("/", listen)])
    async with TestServer(app) as server:
        _, writer = await asyncio.open_connection(server.host, server.port, limit=1024)
        writer.write(b"GET / HTTP/1.1\r\nHost: x\r\n\r\n")
        async with asyncio.timeout(5):
            while not hub.readers:
                await asyncio.sleep(0.01)
            number = 0
            while hub.readers:
                number += 1
                hub.put(PHONE, said(f"{number} " + "x" * 20_000))
                await asyncio.sleep(0)
        writer.close()


async def test_open_streams_do_not_hold_back_a_stop() -> None:
    service = Service(FakeDoor())
    await service.start()
    async with ClientSession(service.url) as client, listening(client, "whatsapp-1") as reader:
        await reader.until_ready()
        before = time.monotonic()
        await service.stop()
        assert await reader.next() is None
        assert time.monotonic() - before < 0.8


async def test_what_is_no_phone_is_not_found_and_a_crowd_is_refused(client: ClientSession) -> None:
    for ids, status in {
        "whatsapp-0": 404,
        "telegram-1": 404,
        "sms-10000": 404,
        "sms-1,": 404,
        ",".join(f"sms-{number}" for number in range(1, 10)): 400,
    }.items():
        async with client.get(f"/simulador/telefonos/{ids}/eventos") as response:
            assert response.status == status, ids
