"""The Twilio that our tests talk to behaves as Twilio's own SDK expects of Twilio."""

from __future__ import annotations

import asyncio
import json
import sys
from collections.abc import AsyncIterator
from contextlib import suppress
from datetime import timedelta
from pathlib import Path
from typing import Any

import aiohttp
import pytest
from twilio.base.exceptions import TwilioRestException
from twilio.rest import Client

from bot.messages import DeliveryStatus
from bot.settings import Settings
from channels.twilio.rest import open_client, open_session
from tests.channels.conftest import PUBLIC_URL, RememberingDoor
from tests.doubles.twilio import TwilioDouble

HER_PHONE = "+573001112233"
TO, OURS = f"whatsapp:{HER_PHONE}", "whatsapp:+5726203580"


@pytest.fixture
async def client(settings: Settings) -> AsyncIterator[Client]:
    async with open_session() as session:
        yield open_client(settings, session)


async def send(client: Client, body: str = "Hola.", to: str = TO, **more: Any) -> Any:
    return await client.messages.create_async(to=to, from_=OURS, body=body, **more)


async def test_the_sdk_reads_what_was_created(twilio: TwilioDouble, client: Client) -> None:
    message = await send(client)
    assert (message.status, message.direction, message.body, message.to) == ("queued", "outbound-api", "Hola.", TO)
    assert message.date_created.tzinfo is not None
    assert (await client.messages(message.sid).fetch_async()).sid == message.sid


async def test_the_sdk_walks_through_pages_newest_first(twilio: TwilioDouble, client: Client) -> None:
    for number in range(7):
        twilio.clock_offset = timedelta(seconds=number)
        await send(client, str(number))
    listed = await client.messages.list_async(page_size=3)
    assert [m.body for m in listed] == ["6", "5", "4", "3", "2", "1", "0"]
    assert twilio.requests["list"] == 3


async def test_the_list_is_filtered_by_receiver_and_day_of_sending(twilio: TwilioDouble, client: Client) -> None:
    first, _other = await send(client), await send(client, to="whatsapp:+573009998877")
    assert [m.sid for m in await client.messages.list_async(to=TO)] == [first.sid]
    yesterday = twilio.now() - timedelta(days=1)
    assert await client.messages.list_async(date_sent_after=yesterday) == []  # queued: no date of sending
    twilio.everything[0].sent_at = twilio.now()
    assert [m.sid for m in await client.messages.list_async(date_sent_after=yesterday)] == [first.sid]
    assert await client.messages.list_async(date_sent_before=yesterday) == []


async def test_words_can_be_blanked_and_messages_deleted(twilio: TwilioDouble, client: Client) -> None:
    message = await send(client)
    await client.messages(message.sid).update_async(body="")
    assert twilio.messages[0].body == ""
    assert await client.messages(message.sid).delete_async()
    with pytest.raises(TwilioRestException) as caught:
        await client.messages(message.sid).fetch_async()
    assert caught.value.status == 404


async def test_attachments_can_be_listed_and_deleted(twilio: TwilioDouble, client: Client) -> None:
    answer = await twilio.write(media=[(b"x", "image/png")], is_lost=True)
    [media] = await client.messages(answer.sid).media.list_async()
    assert media.content_type == "image/png"
    assert await client.messages(answer.sid).media(media.sid).delete_async()
    assert twilio.everything[0].media == []


async def test_templates_are_kept_and_sent_for_approval(twilio: TwilioDouble, client: Client) -> None:
    base = "https://content.twilio.com/v1/Content"

    async def ask(method: str, path: str, data: dict[str, Any] | None = None) -> Any:
        headers = {"Content-Type": "application/json"} if data else {}
        answer = await client.http_client.request(method, base + path, data=data, headers=headers, auth=client.auth)
        return json.loads(answer.text or "{}")

    types = {"twilio/quick-reply": {"body": "Hola.", "actions": [{"title": "Sí", "id": "si"}]}}
    made = await ask("POST", "", {"friendly_name": "apertura", "language": "es", "types": types})
    [listed] = await client.content.v1.contents.list_async()
    assert (listed.sid, listed.friendly_name, listed.types) == (made["sid"], "apertura", types)
    approval = await ask(
        "POST", f"/{made['sid']}/ApprovalRequests/whatsapp", {"name": "apertura", "category": "UTILITY"}
    )
    assert approval["status"] == "received"
    fetched = await client.content.v1.contents(made["sid"]).approval_fetch().fetch_async()
    assert fetched.whatsapp["status"] == "received"
    assert await client.content.v1.contents(made["sid"]).delete_async()
    assert twilio.contents == {}


@pytest.mark.parametrize(
    ("form", "code"),
    [
        ({"to": "whatsapp:nadie"}, 21211),
        ({"to": "3001112233"}, 21211),
        ({"body": "a" * 1_601}, 21617),
        ({"body": ""}, 21602),
        ({"to": "whatsapp:+573000000000"}, 21610),
    ],
)
async def test_twilio_refuses_what_it_would_refuse(
    twilio: TwilioDouble, client: Client, form: dict[str, str], code: int
) -> None:
    twilio.opted_out.add("+573000000000")
    with pytest.raises(TwilioRestException) as caught:
        await send(client, **form)
    assert (caught.value.status, caught.value.code) == (400, code)
    assert twilio.messages == []


async def test_free_text_a_day_after_her_last_word_fails_in_a_callback(
    twilio: TwilioDouble, client: Client, service: str, door: RememberingDoor
) -> None:
    twilio.window = "callback"
    await twilio.write("hola")
    callback = f"{PUBLIC_URL}/twilio/status?letter=019a0719-ac96-7eb9-a837-cac215164834"
    await send(client, status_callback=callback)
    twilio.clock_offset = timedelta(hours=24, seconds=1)
    await send(client, status_callback=callback)
    await settled(lambda: bool(door.reports))
    assert [(r.status, r.code) for r in door.reports] == [(DeliveryStatus.FAILED, "63016")]


async def test_free_text_outside_the_window_can_also_be_refused_at_once(twilio: TwilioDouble, client: Client) -> None:
    twilio.window = "refuse"
    with pytest.raises(TwilioRestException) as caught:
        await send(client)
    assert caught.value.code == 63016


async def test_callbacks_come_by_themselves_when_asked(
    twilio: TwilioDouble, client: Client, service: str, door: RememberingDoor
) -> None:
    twilio.callbacks = "auto"
    letter = "019a0719-ac96-7eb9-a837-cac215164834"
    message = await send(client, status_callback=f"{PUBLIC_URL}/twilio/status?letter={letter}")
    await settled(lambda: len(door.reports) == 2)
    assert [(str(r.outbox_id), r.status, r.provider_id) for r in door.reports] == [
        (letter, DeliveryStatus.SENT, message.sid),
        (letter, DeliveryStatus.DELIVERED, message.sid),
    ]


@pytest.mark.parametrize(("moment", "was_taken"), [("before", False), ("after", True)])
async def test_the_nth_request_can_be_held_and_dropped(
    twilio: TwilioDouble, client: Client, moment: Any, was_taken: bool
) -> None:
    hold = twilio.hold(2, moment)
    await send(client, "uno")
    second = asyncio.create_task(send(client, "dos"))
    await hold.reached.wait()
    assert twilio.heard(HER_PHONE) == (["uno", "dos"] if was_taken else ["uno"])
    hold.drop()
    with suppress(aiohttp.ClientError):
        await second
    assert twilio.heard(HER_PHONE) == (["uno", "dos"] if was_taken else ["uno"])


async def test_a_held_request_goes_on_when_released(twilio: TwilioDouble, client: Client) -> None:
    hold = twilio.hold(moment="before")
    waiting = asyncio.create_task(send(client))
    await hold.reached.wait()
    hold.release()
    assert (await waiting).sid == twilio.messages[0].sid


async def test_a_fault_lasts_as_often_as_asked(twilio: TwilioDouble, client: Client) -> None:
    twilio.fail("63018", times=2)
    for _ in range(2):
        with pytest.raises(TwilioRestException):
            await send(client)
    assert await send(client)
    with pytest.raises(ValueError, match="nonsense"):
        twilio.fail("nonsense")


async def test_lost_webhooks_are_listed_for_the_sweep(
    twilio: TwilioDouble, client: Client, service: str, door: RememberingDoor
) -> None:
    lost = await twilio.write("me oye?", is_lost=True)
    assert door.messages == []
    [listed] = await client.messages.list_async(to=OURS)
    assert (listed.sid, listed.direction, listed.body, listed.from_) == (lost.sid, "inbound", "me oye?", TO)


async def test_when_our_service_is_away_the_double_says_so(twilio: TwilioDouble) -> None:
    twilio.service_url = "http://127.0.0.1:1"
    assert (await twilio.write("hola")).status == 0


async def test_it_runs_as_a_process_of_its_own_and_is_steered_by_json(settings: Settings, project: Path) -> None:
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "tests.doubles.twilio", cwd=project, stdout=asyncio.subprocess.PIPE
    )
    try:
        assert process.stdout
        url = json.loads(await process.stdout.readline())["url"]
        async with aiohttp.ClientSession() as session, open_session() as ours:
            client = open_client(settings.model_copy(update={"twilio_api_base": url}), ours)

            async def steer(path: str, **arguments: Any) -> Any:
                async with session.post(f"{url}/control/{path}", json=arguments) as response:
                    return await response.json()

            async def look(path: str) -> Any:
                async with session.get(f"{url}/control/{path}") as response:
                    return await response.json()

            await steer("faults", kind="20429")
            with pytest.raises(TwilioRestException):
                await send(client)
            hold = await steer("hold", nth=1, moment="after")
            waiting = asyncio.create_task(send(client, "Hola."))
            while not (await look(f"hold/{hold['id']}"))["reached"]:
                await asyncio.sleep(0.01)
            await steer(f"hold/{hold['id']}/release")
            sid = (await waiting).sid
            assert [(m["sid"], m["body"]) for m in await look("messages")] == [(sid, "Hola.")]
            assert (await look("counts"))["create"] == 2
            await steer("settings", service_url="http://127.0.0.1:1", clock_offset_seconds=60)
            assert (await steer("inbound", text="hola", sender=HER_PHONE))["status"] == 0
            await steer("away", seconds=0.3)
            await asyncio.sleep(0.15)
            with pytest.raises(aiohttp.ClientConnectorError):
                await look("counts")
            await asyncio.sleep(0.4)
            await steer("reset")
            assert await look("messages") == []
    finally:
        process.terminate()
        await process.wait()


async def settled(is_so: Any) -> None:
    async with asyncio.timeout(5):
        while not is_so():
            await asyncio.sleep(0.01)
