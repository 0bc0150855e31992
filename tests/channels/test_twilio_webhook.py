"""What happens at the two doors that Twilio knocks at."""

from __future__ import annotations

import asyncio
import hashlib
import json
import logging
from urllib.parse import urlencode
from uuid import UUID, uuid4

import aiohttp
import pytest
from twilio.request_validator import RequestValidator

from bot.messages import DeliveryReport, DeliveryStatus
from channels.twilio import webhook
from channels.twilio.webhook import LARGEST_BODY
from tests.channels.conftest import PUBLIC_URL, RememberingDoor, listening, settings_for
from tests.doubles.twilio import AUTH_TOKEN, TwilioDouble

HER_WORDS = "mi esposo me pegó anoche"
HER_PHONE = "+573001112233"


async def test_what_she_writes_is_taken_and_answered_with_an_empty_response(
    twilio: TwilioDouble, service: str, door: RememberingDoor
) -> None:
    answer = await twilio.write(HER_WORDS)
    assert (answer.status, answer.text) == (200, "<Response/>")
    assert [(m.text, m.address.value) for m in door.messages] == [(HER_WORDS, HER_PHONE)]


async def test_a_second_webhook_is_answered_the_same_and_changes_nothing(
    twilio: TwilioDouble, service: str, door: RememberingDoor
) -> None:
    first = await twilio.write(HER_WORDS)
    assert await twilio.write(sid=first.sid) == first
    assert len(door.messages) == 1


async def test_the_answer_is_xml_that_says_nothing(twilio: TwilioDouble, service: str) -> None:
    form = {"MessageSid": "SM1", "From": HER_PHONE, "Body": "hola"}
    signature = RequestValidator(AUTH_TOKEN).compute_signature(f"{PUBLIC_URL}/twilio/inbound", form)
    async with (
        aiohttp.ClientSession() as session,
        session.post(f"{service}/twilio/inbound", data=form, headers={"X-Twilio-Signature": signature}) as response,
    ):
        assert response.content_type == "text/xml"


@pytest.mark.parametrize("signature", ["", "invalidsig", "ñ", "A" * 28])
async def test_nobody_else_can_write_in_her_name(
    twilio: TwilioDouble, service: str, door: RememberingDoor, signature: str
) -> None:
    form = {"MessageSid": "SM1", "From": f"whatsapp:{HER_PHONE}", "Body": HER_WORDS}
    answer = await twilio.post("/twilio/inbound", form, signature=signature)
    assert answer.status == 403
    assert not door.messages


async def test_a_signature_for_other_words_is_refused(
    twilio: TwilioDouble, service: str, door: RememberingDoor
) -> None:
    form = {"MessageSid": "SM1", "From": HER_PHONE, "Body": "estoy bien"}
    signature = RequestValidator(AUTH_TOKEN).compute_signature(f"{PUBLIC_URL}/twilio/inbound", form)
    answer = await twilio.post("/twilio/inbound", form | {"Body": "BORRAR"}, signature=signature)
    assert (answer.status, door.messages) == (403, [])


async def test_a_signature_for_the_address_that_only_the_proxy_sees_is_refused(
    twilio: TwilioDouble, service: str, door: RememberingDoor
) -> None:
    form = {"MessageSid": "SM1", "From": HER_PHONE, "Body": "hola"}
    answer = await twilio.post("/twilio/inbound", form, public_url=service)
    assert answer.status == 403


async def test_a_demonstration_without_a_token_takes_no_webhook(twilio: TwilioDouble, door: RememberingDoor) -> None:
    async with listening(door, settings_for("", token="")) as url:
        form = {"MessageSid": "SM1", "From": HER_PHONE, "Body": "hola"}
        signature = RequestValidator("").compute_signature(f"{PUBLIC_URL}/twilio/inbound", form)
        twilio.service_url = url
        answer = await twilio.post("/twilio/inbound", form, signature=signature)
    assert (answer.status, door.messages) == (403, [])


@pytest.mark.parametrize("form", [{}, {" ": ""}, {"Body": HER_WORDS}, {"MessageSid": "SM1", "Body": HER_WORDS}])
async def test_a_form_without_an_id_or_a_sender_is_malformed(
    twilio: TwilioDouble, service: str, door: RememberingDoor, form: dict[str, str]
) -> None:
    answer = await twilio.post("/twilio/inbound", form)
    assert answer.status == 400
    assert HER_WORDS not in answer.text
    assert not door.messages


async def test_json_is_covered_by_the_hash_in_the_address(twilio: TwilioDouble, service: str) -> None:
    body = json.dumps({"property": "value"})
    path = f"/twilio/inbound?bodySHA256={hashlib.sha256(body.encode()).hexdigest()}"
    signature = RequestValidator(AUTH_TOKEN).compute_signature(PUBLIC_URL + path, {})
    headers = {"X-Twilio-Signature": signature, "Content-Type": "application/json"}
    async with aiohttp.ClientSession() as session:
        async with session.post(service + path, data=body, headers=headers) as response:
            assert response.status == 400  # signed, but no message
        async with session.post(service + path, data=body + " ", headers=headers) as response:
            assert response.status == 403


async def test_json_without_a_hash_is_covered_by_nothing_and_refused(twilio: TwilioDouble, service: str) -> None:
    signature = RequestValidator(AUTH_TOKEN).compute_signature(f"{PUBLIC_URL}/twilio/inbound", {})
    headers = {"X-Twilio-Signature": signature, "Content-Type": "application/json"}
    async with (
        aiohttp.ClientSession() as session,
        session.post(f"{service}/twilio/inbound", data="{}", headers=headers) as response,
    ):
        assert response.status == 403


async def test_only_posts_are_taken(service: str) -> None:
    async with aiohttp.ClientSession() as session:
        for path in ("/twilio/inbound", "/twilio/status"):
            async with session.get(service + path) as response:
                assert response.status == 405


@pytest.mark.parametrize("is_announced", [True, False])
async def test_an_oversized_body_is_refused_before_it_is_read_whole(service: str, is_announced: bool) -> None:
    body = b"Body=" + b"a" * LARGEST_BODY

    async def in_pieces() -> object:
        for start in range(0, len(body), 65_536):
            yield body[start : start + 65_536]

    async with (
        aiohttp.ClientSession() as session,
        session.post(f"{service}/twilio/inbound", data=body if is_announced else in_pieces()) as response,
    ):
        assert response.status == 413


async def test_the_longest_message_that_whatsapp_allows_comes_through(
    twilio: TwilioDouble, service: str, door: RememberingDoor
) -> None:
    long = "mamá, necesito que me oiga. " * 2_340
    assert (await twilio.write(long)).status == 200
    assert door.messages[0].text == long.strip()


async def test_a_body_that_does_not_arrive_is_not_waited_for(service: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(webhook, "SLOWEST_BODY_SECONDS", 0.05)
    reader, writer = await asyncio.open_connection("127.0.0.1", int(service.rsplit(":", 1)[1]))
    writer.write(b"POST /twilio/inbound HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\nBody=")
    assert b"408" in await reader.readline()
    writer.close()
    await writer.wait_closed()


async def test_too_many_fields_are_malformed(twilio: TwilioDouble, service: str) -> None:
    answer = await twilio.post("/twilio/inbound", {f"f{n}": "" for n in range(600)})
    assert answer.status == 400


async def test_when_the_database_is_away_twilio_is_asked_to_come_again(
    twilio: TwilioDouble, service: str, door: RememberingDoor
) -> None:
    door.is_broken = True
    form = {"MessageSid": "SM1", "From": HER_PHONE, "Body": HER_WORDS}
    signature = RequestValidator(AUTH_TOKEN).compute_signature(f"{PUBLIC_URL}/twilio/inbound", form)
    async with (
        aiohttp.ClientSession() as session,
        session.post(f"{service}/twilio/inbound", data=form, headers={"X-Twilio-Signature": signature}) as response,
    ):
        assert (response.status, response.headers["Retry-After"]) == (503, "5")


async def test_logs_name_ids_and_nothing_that_she_wrote(
    twilio: TwilioDouble, service: str, door: RememberingDoor, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    answer = await twilio.write(HER_WORDS)
    await twilio.post("/twilio/inbound", {"Body": HER_WORDS, "From": HER_PHONE})
    await twilio.post("/twilio/inbound", {"Body": HER_WORDS, "From": HER_PHONE}, signature="x")
    door.is_broken = True
    await twilio.write(HER_WORDS)
    ours = [record.getMessage() for record in caplog.records if record.name.startswith("channels")]
    assert any(answer.sid in line for line in ours)
    assert not [line for line in ours if HER_WORDS in line or HER_PHONE[1:] in line]


@pytest.mark.parametrize(
    ("word", "status"),
    [
        ("queued", DeliveryStatus.SENT),
        ("sent", DeliveryStatus.SENT),
        ("delivered", DeliveryStatus.DELIVERED),
        ("read", DeliveryStatus.READ),
        ("undelivered", DeliveryStatus.FAILED),
    ],
)
async def test_a_status_moves_the_letter_that_its_address_names(
    twilio: TwilioDouble, service: str, door: RememberingDoor, word: str, status: DeliveryStatus
) -> None:
    letter = uuid4()
    answer = await twilio.post(f"/twilio/status?letter={letter}", {"MessageSid": "SM9", "MessageStatus": word})
    assert answer.status == 200
    assert door.reports == [DeliveryReport(outbox_id=letter, status=status, provider_id="SM9")]


async def test_a_failure_brings_its_code(twilio: TwilioDouble, service: str, door: RememberingDoor) -> None:
    form = {"MessageSid": "SM9", "MessageStatus": "failed", "ErrorCode": "21610", "To": HER_PHONE}
    await twilio.post(f"/twilio/status?letter={uuid4()}", form)
    assert door.reports[0].code == "21610"


async def test_a_code_that_is_no_number_is_not_kept(twilio: TwilioDouble, service: str, door: RememberingDoor) -> None:
    form = {"MessageSid": "SM9", "MessageStatus": "failed", "ErrorCode": f"to {HER_PHONE}"}
    await twilio.post(f"/twilio/status?letter={uuid4()}", form)
    assert door.reports[0].code is None


@pytest.mark.parametrize(
    ("query", "form"),
    [
        ("", {}),
        ("", {" ": ""}),
        ("", {"MessageSid": "SM9", "MessageStatus": "delivered"}),
        ("?letter=asdf", {"MessageSid": "SM9", "MessageStatus": "delivered"}),
        (f"?letter={UUID(int=7)}", {"MessageSid": "SM9", "MessageStatus": "received"}),
    ],
)
async def test_a_status_about_no_letter_of_ours_is_ignored(
    twilio: TwilioDouble, service: str, door: RememberingDoor, query: str, form: dict[str, str]
) -> None:
    answer = await twilio.post(f"/twilio/status{query}", form)
    assert (answer.status, door.reports) == (200, [])


async def test_a_status_that_twilio_does_not_have_is_malformed(twilio: TwilioDouble, service: str) -> None:
    form = {"MessageSid": "SM9", "MessageStatus": "huh"}
    assert (await twilio.post(f"/twilio/status?letter={uuid4()}", form)).status == 400


async def test_a_forged_status_is_refused(twilio: TwilioDouble, service: str, door: RememberingDoor) -> None:
    form = {"MessageSid": "SM9", "MessageStatus": "delivered"}
    answer = await twilio.post(f"/twilio/status?letter={uuid4()}", form, signature="forged")
    assert (answer.status, door.reports) == (403, [])


async def test_a_signed_status_cannot_be_turned_to_another_letter(
    twilio: TwilioDouble, service: str, door: RememberingDoor
) -> None:
    form = {"MessageSid": "SM9", "MessageStatus": "failed"}
    signature = RequestValidator(AUTH_TOKEN).compute_signature(f"{PUBLIC_URL}/twilio/status?letter={uuid4()}", form)
    answer = await twilio.post(f"/twilio/status?letter={uuid4()}", form, signature=signature)
    assert (answer.status, door.reports) == (403, [])


async def test_repeated_fields_are_signed_in_one_way_only(service: str) -> None:
    # Twilio sorts the values of a repeated key and drops doubles before it signs.
    signed = RequestValidator(AUTH_TOKEN).compute_signature(
        f"{PUBLIC_URL}/twilio/inbound", {"Extra": "12", "From": HER_PHONE, "MessageSid": "SM1"}
    )
    body = urlencode([("MessageSid", "SM1"), ("From", HER_PHONE), ("Extra", "12"), ("Extra", "12")])
    headers = {"X-Twilio-Signature": signed, "Content-Type": "application/x-www-form-urlencoded"}
    async with (
        aiohttp.ClientSession() as session,
        session.post(f"{service}/twilio/inbound", data=body, headers=headers) as response,
    ):
        assert response.status == 200
