"""What Twilio is asked to send, and what each of its bad days means for a letter."""

from __future__ import annotations

import asyncio
import logging
import traceback
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from uuid import uuid4

import pytest
from pydantic import SecretStr

from bot.errors import SendError
from bot.messages import Address, Button, Letter, Reply
from bot.settings import Settings
from channels.twilio import rest
from channels.twilio.sender import TwilioChannel, open_channels
from tests.channels.conftest import PUBLIC_URL
from tests.doubles.twilio import SMS_NUMBER, WHATSAPP_NUMBER, TwilioDouble

HER_PHONE = "+573001112233"


@pytest.fixture
async def channels(settings: Settings) -> AsyncIterator[dict[str, TwilioChannel]]:
    async with open_channels(settings) as opened:
        yield opened


def letter(
    text: str = "Hola. Le leo.",
    *,
    channel: str = "whatsapp",
    value: str = HER_PHONE,
    content: str | None = None,
    created_at: datetime | None = None,
) -> Letter:
    return Letter(
        outbox_id=uuid4(),
        address=Address(channel=channel, value=value),
        reply=Reply(text=text, content=content),
        created_at=created_at or datetime.now(UTC),
    )


@pytest.mark.parametrize(
    ("channel", "value", "to", "sender"),
    [
        ("whatsapp", HER_PHONE, f"whatsapp:{HER_PHONE}", f"whatsapp:{WHATSAPP_NUMBER}"),
        ("whatsapp", "US.1234", "whatsapp:US.1234", f"whatsapp:{WHATSAPP_NUMBER}"),
        ("sms", HER_PHONE, HER_PHONE, SMS_NUMBER),
    ],
)
async def test_a_letter_goes_to_her_from_the_number_she_wrote_to(
    twilio: TwilioDouble, channels: dict[str, TwilioChannel], channel: str, value: str, to: str, sender: str
) -> None:
    sent = letter(channel=channel, value=value)
    sid = await channels[channel].send(sent)
    [message] = twilio.messages
    assert (message.sid, message.to, message.sender, message.body) == (sid, to, sender, "Hola. Le leo.")


async def test_the_status_address_names_the_letter(twilio: TwilioDouble, channels: dict[str, TwilioChannel]) -> None:
    sent = letter()
    await channels["whatsapp"].send(sent)
    assert twilio.messages[0].status_callback == f"{PUBLIC_URL}/twilio/status?letter={sent.outbox_id}"


async def test_a_pool_of_numbers_can_send_in_place_of_one(twilio: TwilioDouble, settings: Settings) -> None:
    pool = "MG" + "1" * 32
    async with open_channels(settings.model_copy(update={"twilio_sms_from": pool})) as channels:
        sent = letter(channel="sms")
        sid = await channels["sms"].send(sent)
        assert twilio.messages[0].messaging_service_sid == pool
        assert await channels["sms"].find(sent) == sid


async def test_a_channel_without_a_number_does_not_exist(settings: Settings) -> None:
    async with open_channels(settings.model_copy(update={"twilio_sms_from": ""})) as channels:
        assert list(channels) == ["whatsapp"]


async def test_nothing_goes_by_sms_before_a_test_with_an_operator_is_written_down(settings: Settings) -> None:
    async with open_channels(settings.model_copy(update={"sms_tests": ()})) as channels:
        assert list(channels) == ["whatsapp"]


async def test_a_template_is_sent_by_its_id(twilio: TwilioDouble, channels: dict[str, TwilioChannel]) -> None:
    client = channels["whatsapp"]._client
    request = {
        "friendly_name": "apertura",
        "language": "es",
        "types": {"twilio/quick-reply": {"body": "Hola.", "actions": []}},
    }
    response = await client.http_client.request(
        "POST",
        "https://content.twilio.com/v1/Content",
        data=request,
        auth=client.auth,
        headers={"Content-Type": "application/json"},
    )
    assert response.status_code == 201
    [sid] = twilio.contents
    reply = Reply(text="Hola.", buttons=(Button(title="Sí", payload="/si"),), content=sid)
    [laid_out] = channels["whatsapp"].lay_out(reply)
    await channels["whatsapp"].send(letter(laid_out.text, content=laid_out.content))
    assert (twilio.messages[0].content_sid, twilio.messages[0].body) == (sid, "Hola.")


REFUSED = [
    ("20429", True, False),
    ("63018", True, False),
    ("20003", True, False),
    ("503", True, False),
    ("500", True, True),
    ("502", True, True),
    ("504", True, True),
    ("63016", False, False),
    ("21610", False, False),
    ("21211", False, False),
    ("21614", False, False),
]


@pytest.mark.parametrize(("kind", "retryable", "uncertain"), REFUSED)
async def test_a_refusal_says_whether_it_is_worth_trying_again(
    twilio: TwilioDouble, channels: dict[str, TwilioChannel], kind: str, retryable: bool, uncertain: bool
) -> None:
    twilio.fail(kind)
    with pytest.raises(SendError) as caught:
        await channels["whatsapp"].send(letter())
    assert (caught.value.retryable, caught.value.uncertain) == (retryable, uncertain)
    assert caught.value.code == {"500": "20500", "503": "20503"}.get(kind, kind)
    assert twilio.messages == []
    assert (await channels["whatsapp"].send(letter())).startswith("SM")


async def test_when_twilio_cannot_be_reached_the_letter_was_certainly_not_sent(
    twilio: TwilioDouble, channels: dict[str, TwilioChannel]
) -> None:
    await twilio.go_away()
    with pytest.raises(SendError) as caught:
        await channels["whatsapp"].send(letter())
    assert (caught.value.code, caught.value.retryable, caught.value.uncertain) == ("refused", True, False)
    await twilio.come_back()
    assert await channels["whatsapp"].send(letter())


@pytest.mark.parametrize(
    ("kind", "code", "was_taken"),
    [
        ("reset", "reset", False),
        ("reset_after", "reset", True),
        ("hang", "timeout", False),
        ("hang_after", "timeout", True),
        ("garbled", "garbled", True),
    ],
)
async def test_a_lost_answer_is_asked_after_and_never_sent_twice(
    twilio: TwilioDouble,
    channels: dict[str, TwilioChannel],
    monkeypatch: pytest.MonkeyPatch,
    kind: str,
    code: str,
    was_taken: bool,
) -> None:
    monkeypatch.setattr(rest, "ANSWER_SECONDS", 0.1)
    twilio.fail(kind)
    sent = letter()
    with pytest.raises(SendError) as caught:
        await channels["whatsapp"].send(sent)
    assert (caught.value.code, caught.value.retryable, caught.value.uncertain) == (code, True, True)
    assert len(twilio.messages) == was_taken
    assert await channels["whatsapp"].find(sent) == (twilio.messages[0].sid if was_taken else None)


async def test_a_slow_answer_is_waited_for(twilio: TwilioDouble, channels: dict[str, TwilioChannel]) -> None:
    twilio.fail("slow", seconds=0.1)
    assert await channels["whatsapp"].send(letter())


@pytest.mark.parametrize("kind", ["away", "20429", "503", "20003", "21211"])
async def test_while_twilio_does_not_say_it_the_letter_stays_uncertain(
    twilio: TwilioDouble, channels: dict[str, TwilioChannel], kind: str
) -> None:
    if kind == "away":
        await twilio.go_away()
    else:
        twilio.fail(kind, on="list")
    with pytest.raises(SendError) as caught:
        await channels["whatsapp"].find(letter())
    assert (caught.value.retryable, caught.value.uncertain) == (True, True)


async def test_only_the_same_words_to_the_same_phone_since_it_was_written_are_the_letter(
    twilio: TwilioDouble, channels: dict[str, TwilioChannel]
) -> None:
    now = datetime.now(UTC)
    twilio.clock_offset = timedelta(minutes=-10)
    await channels["whatsapp"].send(letter("¿Sigue ahí?"))  # the same words, ten minutes ago
    twilio.clock_offset = timedelta()
    await channels["whatsapp"].send(letter("Otra cosa."))
    await channels["whatsapp"].send(letter("¿Sigue ahí?", value="+573009998877"))
    await channels["sms"].send(letter("¿Sigue ahí?", channel="sms"))
    await twilio.write("¿Sigue ahí?")  # she says it herself
    assert await channels["whatsapp"].find(letter("¿Sigue ahí?", created_at=now)) is None


async def test_the_same_words_sent_for_another_letter_are_not_taken_for_this_one(
    twilio: TwilioDouble, channels: dict[str, TwilioChannel]
) -> None:
    first, second = letter("No le entendí."), letter("No le entendí.")
    known = {await channels["whatsapp"].send(first)}
    assert await channels["whatsapp"].find(second, known=known) is None
    again = await channels["whatsapp"].send(second)
    assert await channels["whatsapp"].find(second, known=known) == again


async def test_a_letter_that_twilio_still_queues_is_found(
    twilio: TwilioDouble, channels: dict[str, TwilioChannel]
) -> None:
    sent = letter()
    sid = await channels["whatsapp"].send(sent)
    assert twilio.messages[0].sent_at is None
    assert await channels["whatsapp"].find(sent) == sid


async def test_white_space_that_twilio_changed_does_not_hide_the_letter(
    twilio: TwilioDouble, channels: dict[str, TwilioChannel]
) -> None:
    sent = letter("Hola.\n\n1) Sí\n2) Ahora no")
    sid = await channels["whatsapp"].send(sent)
    twilio.messages[0].body = "Hola.\n1) Si\u0301\n2) Ahora no "
    assert await channels["whatsapp"].find(sent) == sid


@pytest.mark.parametrize("kind", ["63016", "21610", "21211", "500", "hang", "reset"])
async def test_neither_logs_nor_errors_quote_her_number_or_her_letter(
    twilio: TwilioDouble,
    channels: dict[str, TwilioChannel],
    caplog: pytest.LogCaptureFixture,
    monkeypatch: pytest.MonkeyPatch,
    kind: str,
) -> None:
    caplog.set_level(logging.DEBUG)
    monkeypatch.setattr(rest, "ANSWER_SECONDS", 0.1)
    twilio.fail(kind)
    sent = letter("Marque " + "123")  # so that the source lines of a trace do not hold it
    with pytest.raises(SendError) as caught:
        await channels["whatsapp"].send(sent)
    await channels["whatsapp"].send(sent)
    told = "".join(traceback.format_exception(caught.value)) + caplog.text
    assert caught.value.__context__ is None
    assert HER_PHONE[1:] not in told
    assert sent.reply.text not in told


async def test_the_clients_of_a_hundred_letters_share_few_connections(
    twilio: TwilioDouble, channels: dict[str, TwilioChannel]
) -> None:
    for _ in range(3):
        await channels["whatsapp"].send(letter())
    assert len(twilio._runner.server.connections if twilio._runner.server else []) == 1
    await asyncio.gather(*(channels["whatsapp"].send(letter()) for _ in range(100)))
    assert len(twilio.messages) == 103


async def test_without_a_base_of_our_own_every_product_has_its_own_host() -> None:
    assert rest.rebase("https://api.twilio.com/2010-04-01/x?y=1", "") == "https://api.twilio.com/2010-04-01/x?y=1"


@pytest.mark.parametrize("host", ["api.twilio.com", "content.twilio.com", "mms.twiliocdn.com"])
async def test_a_base_of_our_own_replaces_every_host(host: str) -> None:
    assert rest.rebase(f"https://{host}/v1/x?y=1", "http://127.0.0.1:9/") == "http://127.0.0.1:9/v1/x?y=1"


async def test_a_wrong_token_keeps_her_letter_for_later(twilio: TwilioDouble, settings: Settings) -> None:
    wrong = settings.model_copy(update={"twilio_auth_token": SecretStr("wrong")})
    async with open_channels(wrong) as channels:
        with pytest.raises(SendError) as caught:
            await channels["whatsapp"].send(letter())
    assert (caught.value.code, caught.value.retryable) == ("20003", True)
