"""What a page may send, and what is refused."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any
from uuid import uuid4

import pytest
from aiohttp import ClientSession
from hypothesis import given
from hypothesis import strategies as st

from bot.messages import DeliveryStatus, MediaKind
from channels.simulator.incoming import Unreadable, read_written
from channels.simulator.phones import Look, Phone
from tests.simulator.reader import listening
from tests.simulator.service import SAFE_NOW, FakeDoor, Service

MESSAGES = "/simulador/telefonos/whatsapp-1/mensajes"


async def post(client: ClientSession, body: Any, *, path: str = MESSAGES, **headers: str) -> int:
    data = body if isinstance(body, bytes) else json.dumps(body).encode()
    sent = {"Content-Type": "application/json", **{name.replace("_", "-"): value for name, value in headers.items()}}
    async with client.post(path, data=data, headers=sent) as response:
        return response.status


async def test_what_she_writes_goes_through_the_door_and_stands_on_her_screen(
    service: Service, client: ClientSession
) -> None:
    assert await post(client, {"text": "mi esposo me pegó anoche"}) == 200
    (message,) = service.door.accepted
    assert (message.source, message.text) == ("simulator", "mi esposo me pegó anoche")
    assert (message.address.channel, message.address.value) == ("simulator_whatsapp", "+570000000001")
    async with listening(client, "whatsapp-1") as reader:
        (bubble,) = await reader.until_ready()
    assert (bubble["mine"], bubble["status"], bubble["size"]) == (True, "delivered", None)


async def test_an_sms_says_what_it_costs(client: ClientSession) -> None:
    assert await post(client, {"text": "necesito ayuda ❤"}, path="/simulador/telefonos/sms-1/mensajes") == 200
    async with listening(client, "sms-1") as reader:
        (bubble,) = await reader.until_ready()
    assert bubble["size"] == {"encoding": "UCS-2", "segments": 1}


async def test_a_tapped_button_carries_its_payload_and_its_words(service: Service, client: ClientSession) -> None:
    assert await post(client, {"payload": '/inform{"safe_now": "yes"}', "title": "Sí", "answers": "b"}) == 200
    (message,) = service.door.accepted
    assert (message.payload, message.text) == ('/inform{"safe_now": "yes"}', "Sí")


@pytest.mark.parametrize("kind", ["audio", "image", "contact"])
async def test_an_attachment_is_a_small_file_of_our_own(service: Service, client: ClientSession, kind: str) -> None:
    assert await post(client, {"media": kind}) == 200
    (message,) = service.door.accepted
    (media,) = message.media
    assert media.kind is MediaKind(kind)
    scheme, _, path = media.url.partition(":")
    assert scheme == "simulator"
    async with client.get(f"/simulador/static/{path}") as response:
        assert response.status == 200
        assert response.content_type == media.content_type
        assert 50 < len(await response.read()) < 10_000


async def test_a_place_is_sent_as_a_point(service: Service, client: ClientSession) -> None:
    assert await post(client, {"location": {"latitude": 3.9, "longitude": -76.3}}) == 200
    (message,) = service.door.accepted
    assert message.location is not None
    assert (message.location.latitude, message.location.longitude) == (3.9, -76.3)


async def test_the_same_message_posted_twice_is_one_message_and_one_bubble(
    service: Service, client: ClientSession
) -> None:
    body = {"id": str(uuid4()), "text": "hola"}
    assert await post(client, body) == 200
    assert await post(client, body) == 200
    assert len(service.door.accepted) == 1
    async with listening(client, "whatsapp-1") as reader:
        assert len(await reader.until_ready()) == 1


async def test_what_could_not_be_kept_is_marked_and_a_second_try_mends_it(
    service: Service, client: ClientSession
) -> None:
    body = {"id": str(uuid4()), "text": "hola"}
    service.door.is_down = True
    assert await post(client, body) == 503
    service.door.is_down = False
    async with listening(client, "whatsapp-1") as reader:
        assert [bubble["status"] for bubble in await reader.until_ready()] == ["failed"]
        assert await post(client, body) == 200
        assert [bubble["status"] for bubble in await reader.bubbles(2)] == ["sent", "delivered"]


@pytest.mark.parametrize(
    "headers",
    [
        {"Sec_Fetch_Site": "cross-site"},
        {"Sec_Fetch_Site": "same-site"},
        {"Sec_Fetch_Site": "none"},
        {"Origin": "https://otra.example"},
        {"Origin": "null"},
        {"Origin": "http://["},
        {"Origin": "http://127.0.0.1:1"},
    ],
)
async def test_a_page_from_elsewhere_cannot_write(
    service: Service, client: ClientSession, headers: dict[str, str]
) -> None:
    assert await post(client, {"text": "hola"}, **headers) == 403
    assert await post(client, {}, path="/simulador/telefonos/whatsapp-1/leido", **headers) == 403
    assert service.door.accepted == []


@pytest.mark.parametrize(
    ("host", "status"),
    [
        ("otra.example", 403),
        ("otra.example:8080", 403),
        ("localhost.otra.example", 403),
        ("127.0.0.1.otra.example", 403),
        ("", 403),
        ("[::", 403),
        ("localhost:8080", 200),
        ("192.168.1.20:8080", 200),
        ("[::1]:8080", 200),
        ("valle-sano.example", 200),
    ],
)
async def test_another_name_that_points_here_opens_nothing(host: str, status: int) -> None:
    service = Service(FakeDoor(), public_url="https://valle-sano.example")
    await service.start()
    try:
        async with ClientSession(service.url) as client:
            assert await post(client, {"text": "hola"}, Host=host, Origin=f"http://{host}") == status
            async with client.get("/simulador", headers={"Host": host}) as response:
                assert response.status == status
    finally:
        await service.stop()


async def test_our_own_page_can_write(service: Service, client: ClientSession) -> None:
    assert await post(client, {"text": "hola"}, Sec_Fetch_Site="same-origin", Origin=service.url) == 200


async def test_a_plain_form_cannot_write(service: Service, client: ClientSession) -> None:
    async with client.post(MESSAGES, data={"text": "hola"}) as response:
        assert response.status == 415
    assert await post(client, {"text": "hola"}, Content_Type="text/plain") == 415
    assert service.door.accepted == []


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"[]",
        b"hola",
        b'{"text": "\\ud800"}',
        {},
        {"text": ""},
        {"text": "x" * 4097},
        {"text": "a", "media": "audio"},
        {"title": "a"},
        {"text": "a", "title": "b"},
        {"text": 5},
        {"text": "a", "id": "no"},
        {"media": "video"},
        {"media": "../../etc/passwd"},
        {"location": {"latitude": 91, "longitude": 0}},
        {"location": {"latitude": 0}},
        {"payload": ""},
        {"text": "a", "otra": 1},
    ],
)
async def test_what_is_no_message_is_refused_in_words(service: Service, client: ClientSession, body: Any) -> None:
    assert await post(client, body) == 400
    assert service.door.accepted == []


async def test_a_flood_is_cut_off(service: Service, client: ClientSession) -> None:
    assert await post(client, b'{"text": "' + b"x" * 40_000 + b'"}') == 413
    assert service.door.accepted == []


async def test_wrong_methods_and_unknown_phones_are_refused(client: ClientSession) -> None:
    assert await post(client, {"text": "hola"}, path="/simulador/telefonos/fax-1/mensajes") == 404
    assert await post(client, {"text": "hola"}, path="/simulador") == 405
    async with client.get(MESSAGES) as response:
        assert response.status == 405


async def test_what_she_has_read_is_reported_once(service: Service, client: ClientSession) -> None:
    service.door.answer = lambda _: [SAFE_NOW]
    async with listening(client, "whatsapp-1") as reader:
        await post(client, {"text": "hola"})
        while (await reader.bubbles(1))[0]["mine"]:
            pass
        for _ in range(2):
            assert await post(client, {}, path="/simulador/telefonos/whatsapp-1/leido") == 200
    read = [report for report in service.door.reports if report.status is DeliveryStatus.READ]
    assert len(read) == 1


async def test_of_an_sms_nobody_learns_that_it_was_read(service: Service, client: ClientSession) -> None:
    service.door.answer = lambda _: [SAFE_NOW]
    async with listening(client, "sms-1") as reader:
        await post(client, {"text": "hola"}, path="/simulador/telefonos/sms-1/mensajes")
        while (await reader.bubbles(1))[0]["mine"]:
            pass
        assert await post(client, {}, path="/simulador/telefonos/sms-1/leido") == 200
    assert DeliveryStatus.READ not in {report.status for report in service.door.reports}


async def test_the_page_lets_nothing_in_but_its_own_files(client: ClientSession) -> None:
    async with client.get("/simulador") as response:
        policy = response.headers["Content-Security-Policy"]
        page = await response.text()
    assert "default-src 'none'" in policy
    assert "unsafe" not in policy
    assert "http:" not in page.replace("http://www.w3.org/2000/svg", "")
    assert "https:" not in page
    assert "style=" not in page
    assert "contenido sin revisar" in page


@pytest.mark.parametrize("name", ["../routes.py", "..%2froutes.py", "muestras", "", "page.css/"])
async def test_only_the_files_that_are_meant_are_served(client: ClientSession, name: str) -> None:
    async with client.get(f"/simulador/static/{name}") as response:
        assert response.status == 404


@given(st.binary(max_size=200) | st.recursive(st.none() | st.text(), st.lists).map(json.dumps).map(str.encode))
def test_whatever_is_posted_is_refused_without_being_quoted(body: bytes) -> None:
    with pytest.raises(Unreadable) as refused:
        read_written(body, phone=Phone(look=Look.SMS, number=1), now=datetime.now(UTC))
    assert len(str(refused.value)) < 60
