"""Real webhooks and segment counts that others collected, where they stand beside the project."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import aiohttp
import pytest
from aiohttp import web
from multidict import MultiDict
from pydantic import SecretStr

from bot.errors import BadSignature, MalformedMessage
from bot.segments import BASIC, EXTENDED, count_segments, is_gsm7, transliterate
from bot.settings import Settings
from channels.twilio.parse import parse_message, parse_report
from channels.twilio.signature import check_signature
from channels.twilio.webhook import routes
from channels.twilio.words import tidy
from tests.channels.conftest import RememberingDoor, listening

VECTORS = Path(__file__).parents[3] / "shared" / "vectors"

pytestmark = pytest.mark.skipif(not VECTORS.is_dir(), reason="the vectors are not ours and not beside the project")


def load(name: str) -> Any:
    return json.loads((VECTORS / name).read_text()) if VECTORS.is_dir() else []


def named(cases: list[Any]) -> list[Any]:
    return [pytest.param(case, id=f"{number}-{case['name']}") for number, case in enumerate(cases)]


def is_signed(case: Any) -> bool:
    """Whether it comes with a signature at all: SignalWire (SW) speaks like Twilio but signs nothing."""
    return case.get("channel") != "SW" and case["expected"].get("signature_valid") is not None


WEBHOOKS = load("twilio_cases.json")
SEGMENTS = load("segments.json")
#: Left as they are on purpose: marks that belong to a letter (the table would turn the tilde of
#: a decomposed ñ into "~"), spaces that it doubles, ‹ › that it turns round, and signs and small
#: capitals that no text of ours has.
KEPT_BY_RULE = frozenset("ˊ̷̸̴⃥⃒⃓̲̦͇̰̂̃̓̔᷍⧸⧹⧵∣⎸⎹⏐⎜⎟⎼⎽ǃ❨❪⟮❩❫⟯⦆⦅⊛✢✣✤✥✱✲✳✺✻✼✽❃❉❊❋⧆˖ː˸⦂꞉⁏꞊❴❵ˆ˜˷∼‗‹›、､。｡ᴀʙᴄᴅᴇꜰɢʜɪᴊᴋʟᴍɴᴏᴘʀꜱᴛᴜᴠᴡʏᴢ︐︑")


@pytest.mark.parametrize("case", named([c for c in WEBHOOKS if is_signed(c)]))
def test_a_signature_is_judged_as_its_source_says(case: dict[str, Any]) -> None:
    expected = case["expected"]["signature_valid"]
    form = MultiDict[str]()
    for key, value in case["form"].items():
        for one in value if isinstance(value, list) else [value]:
            form.add(key, one)
    is_json = case["headers"].get("Content-Type") == "application/json"

    # Where a proxy changes the path, what was signed is what it was before: the public address.
    shown = urlsplit(case["url"])
    url = shown._replace(path=case["headers"].get("X-Forwarded-Path", shown.path)).geturl()

    def check() -> None:
        check_signature(
            token=case["auth_token"],
            url=url,
            headers=case["headers"],
            form=None if is_json else form,
            body=case.get("raw_body", "").encode(),
        )

    if expected:
        check()
    else:
        with pytest.raises(BadSignature):
            check()


@pytest.mark.parametrize("case", named([c for c in WEBHOOKS if c["type"] == "incoming"]))
def test_an_incoming_message_is_read_as_its_source_says(case: dict[str, Any]) -> None:
    expected, form = case["expected"], case["form"]
    if case["expected"]["status"] == 400 and expected.get("signature_valid") is not False:
        with pytest.raises(MalformedMessage):
            parse_message(form)
        return
    # A prefixless message to a WhatsApp sender is known by that sender's number.
    message = parse_message(form, whatsapp_number=form["To"] if case["channel"] == "TWA" else "")
    assert message.text == expected.get("text", message.text)
    assert [m.url for m in message.media] == expected.get("media", [])
    if "from" in expected:
        channel, _, value = expected["from"].partition(":")
        assert message.address.channel == {"tel": "sms", "whatsapp": "whatsapp"}[channel]
        assert message.address.value.removeprefix("+") == value.removeprefix("+")
        assert message.external_id == expected["message_id"]


@pytest.mark.parametrize("case", named([c for c in WEBHOOKS if c["type"] == "status_callback"]))
def test_a_status_is_read_as_its_source_says(case: dict[str, Any]) -> None:
    expected, letter = case["expected"], urlsplit(case["url"]).query.removeprefix("uuid=")
    if expected["status"] == 400:
        with pytest.raises(MalformedMessage):
            parse_report(case["form"], letter)
        return
    report = parse_report(case["form"], letter)
    told = expected.get("statuses", [{}])[0]
    if told.get("id") != letter:
        assert report is None or str(report.outbox_id) == letter
        return
    assert report is not None
    assert report.status.value == told["status"]


@pytest.mark.parametrize("case", named([c for c in WEBHOOKS if c.get("raw_body") and is_signed(c) and "channel" in c]))
async def test_a_webhook_is_answered_as_its_source_answers(case: dict[str, Any]) -> None:
    expected, shown = case["expected"], urlsplit(case["url"])
    settings = Settings(
        public_url="https://localhost",
        twilio_auth_token=SecretStr(case["auth_token"]),
        twilio_whatsapp_from=case["form"].get("To", "") if case["channel"] == "TWA" else "",
    )
    door = RememberingDoor()
    inbound, status = (route for route in routes(door, settings) if isinstance(route, web.RouteDef))
    handler = inbound.handler if case["type"] == "incoming" else status.handler
    path = case["headers"].get("X-Forwarded-Path", shown.path)
    async with (
        listening(door, settings, [web.post(path, handler)]) as url,
        aiohttp.ClientSession() as session,
        session.post(f"{url}{path}?{shown.query}", data=case["raw_body"], headers=case["headers"]) as response,
    ):
        # The source says 400 to a bad signature, we say 403.
        assert response.status == (expected["status"] if expected["signature_valid"] else 403)
        assert response.status != 200 or await response.text() == "<Response/>"
    assert [m.external_id for m in door.messages] == ([expected["message_id"]] if "message_id" in expected else [])


@pytest.mark.parametrize("case", named([c for c in WEBHOOKS if c["type"] == "base64_body"]))
def test_a_body_is_unpacked_as_its_source_says(case: dict[str, Any]) -> None:
    text, expected = tidy(case["form"]["Body"]), case["expected"]
    assert text == expected.get("text", text)
    assert expected.get("text_contains", "") in text


@pytest.mark.parametrize("case", named([c for c in SEGMENTS if c.get("segments") or c.get("message_bits")]))
def test_segments_are_counted_as_the_source_counts(case: dict[str, Any]) -> None:
    counted = count_segments(case["text"])
    assert counted.segments == case["segments"]
    assert counted.encoding == (case["encoding"] or counted.encoding)
    bits = 7 if counted.encoding == "GSM-7" else 16
    assert counted.units * bits == case.get("message_bits", counted.units * bits)


@pytest.mark.parametrize("case", named([c for c in SEGMENTS if c.get("gsm7_valid") is not None]))
def test_the_alphabet_is_judged_as_the_source_does(case: dict[str, Any]) -> None:
    assert is_gsm7(case["text"]) == case["gsm7_valid"]


@pytest.mark.parametrize("case", named([c for c in SEGMENTS if c.get("smart_encoded") is not None]))
def test_signs_are_spelt_as_the_table_says_or_kept_by_rule(case: dict[str, Any]) -> None:
    spelt, by_table = transliterate(case["text"]), case["smart_encoded"]
    if case["text"] in KEPT_BY_RULE:
        assert spelt == case["text"] or is_gsm7(spelt)
    else:
        assert spelt.strip() == by_table.strip()


@pytest.mark.parametrize("case", named([c for c in SEGMENTS if c.get("substituted") is not None]))
def test_substitutes_are_those_of_the_source(case: dict[str, Any]) -> None:
    assert transliterate(case["text"]) == case["substituted"]


def test_the_alphabet_is_the_whole_alphabet() -> None:
    assert set(load("gsm7_charset.json")["map"]) == BASIC | EXTENDED
