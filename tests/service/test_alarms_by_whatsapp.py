"""Nobody claims: the coordinator's phone is told on WhatsApp to look, by an approved template without any content."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta

import pytest

from bot.alarms import AlarmTexts, mail_alarms, open_alarm_mail, open_alarm_texts, text_alarms
from bot.errors import SettingsError
from bot.messages import Alert, Understanding
from bot.settings import Settings, read_settings
from channels.twilio.sender import open_channels
from tests.doubles.rig import Rig, rigged
from tests.doubles.smtp import mail_server
from tests.doubles.twilio import ACCOUNT_SID, AUTH_TOKEN, WHATSAPP_NUMBER, TwilioDouble
from tests.doubles.twilio_records import ContentRecord

_LOOK = "HX" + "1" * 32
_WORDS = "Valle Sano: mire el tablero."
_NORTE, _SUR = "+573110000001", "+573110000002"
_GIVEN = {
    "twilio_account_sid": ACCOUNT_SID,
    "twilio_auth_token": AUTH_TOKEN,
    "twilio_whatsapp_from": WHATSAPP_NUMBER,
    "public_url": "https://ejemplo.gov.co",
    "coordinator_phones": f"Norte={_NORTE}, Sur={_SUR}",
    "coordinator_template": _LOOK,
}


@asynccontextmanager
async def _texting(twilio: TwilioDouble) -> AsyncIterator[AlarmTexts]:
    settings = Settings(**_GIVEN, twilio_api_base=twilio.url)  # type: ignore[arg-type]  # as the environment has it
    twilio.contents[_LOOK] = ContentRecord(
        account_sid=ACCOUNT_SID,
        sid=_LOOK,
        friendly_name="mirar_tablero",
        language="es",
        types={"twilio/text": {"body": _WORDS}},
        variables={},
        created_at=twilio.now(),
    )
    async with open_channels(settings) as channels:
        opened = open_alarm_texts(settings, channels)
        assert opened is not None
        yield opened


async def _nobody_claims(rig: Rig, *, zone: str | None = "Norte") -> None:
    await rig.write("buenas")
    await rig.write("1")
    rig.interpreter.meanings["ayuda por favor"] = Understanding(intent="ask_human", alert=Alert.EMERGENCY, by="rasa")
    await rig.write("ayuda por favor")
    await rig.rows("UPDATE handovers SET zone = :zone", zone=zone)
    await rig.wait(timedelta(seconds=181))


async def test_the_coordinator_of_the_zone_is_told_to_look_once_and_nothing_of_her_is_in_it(database_url: str) -> None:
    async with rigged(database_url) as rig, TwilioDouble() as twilio, _texting(twilio) as texts:
        await _nobody_claims(rig)
        assert await text_alarms(rig.database, texts) == 1
        assert await text_alarms(rig.database, texts) == 0
        (message,) = twilio.messages
        assert (message.to, message.content_sid) == (f"whatsapp:{_NORTE}", _LOOK)
        assert message.body == _WORDS
        for hers in ("ayuda", "300111", "Norte", "EMERGENCIA"):
            assert hers not in repr(message)


async def test_an_emergency_of_no_zone_tells_every_coordinator(database_url: str) -> None:
    async with rigged(database_url) as rig, TwilioDouble() as twilio, _texting(twilio) as texts:
        await _nobody_claims(rig, zone=None)
        await text_alarms(rig.database, texts)
        assert {message.to for message in twilio.messages} == {f"whatsapp:{_NORTE}", f"whatsapp:{_SUR}"}


async def test_a_twilio_that_refuses_is_asked_again_later_and_keeps_no_mail_back(
    database_url: str, caplog: pytest.LogCaptureFixture
) -> None:
    mail_settings = {"mail_from": "a@b.co", "coordinator_mails": "Norte=norte@b.co"}
    async with rigged(database_url) as rig, TwilioDouble() as twilio, _texting(twilio) as texts, mail_server() as mail:
        alarm_mail = open_alarm_mail(read_settings(smtp_url=mail.url, **mail_settings))
        assert alarm_mail is not None
        await _nobody_claims(rig)
        twilio.fail("500")
        assert await text_alarms(rig.database, texts) == 0
        assert await mail_alarms(rig.database, alarm_mail) == 1
        assert await text_alarms(rig.database, texts) == 0
        assert twilio.requests["create"] == 1
        await rig.wait(timedelta(seconds=16))
        assert await text_alarms(rig.database, texts) == 1
        assert (len(twilio.messages), len(mail.taken)) == (1, 1)
        assert "was not sent by WhatsApp" in caplog.text
        assert _NORTE not in caplog.text


async def test_whoever_was_claimed_meanwhile_wakes_no_phone(database_url: str) -> None:
    async with rigged(database_url) as rig, TwilioDouble() as twilio, _texting(twilio) as texts:
        await _nobody_claims(rig)
        await rig.rows("UPDATE handovers SET stage = 'held'")
        assert await text_alarms(rig.database, texts) == 0
        assert twilio.messages == []


@pytest.mark.parametrize(
    ("wrong", "named"),
    [
        ({"coordinator_phones": ""}, "COORDINATOR_PHONES"),
        ({"coordinator_phones": f"Nortte={_NORTE}"}, "COORDINATOR_PHONES"),
        ({"coordinator_phones": "Norte=3110000001"}, "COORDINATOR_PHONES"),
        ({"coordinator_template": "hola"}, "COORDINATOR_TEMPLATE"),
        ({"twilio_whatsapp_from": "", "twilio_sms_from": "+5726203581"}, "TWILIO_WHATSAPP_FROM"),
    ],
)
async def test_what_would_reach_nobody_stops_the_start_and_is_named(wrong: dict[str, str], named: str) -> None:
    async def start() -> None:
        settings = read_settings(**{**_GIVEN, **wrong})
        async with open_channels(settings) as channels:
            open_alarm_texts(settings, channels)

    with pytest.raises(SettingsError, match=named):
        await start()


async def test_without_a_template_there_is_the_mail_alone() -> None:
    settings = read_settings(**{**_GIVEN, "coordinator_template": ""})
    async with open_channels(settings) as channels:
        assert open_alarm_texts(settings, channels) is None
