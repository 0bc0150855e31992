"""Nobody claims: the coordinator of the zone and the operator are mailed, once, and learn nothing of her."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from uuid import uuid4

import pytest

from bot import mail as mailing
from bot.alarms import AlarmMail, mail_alarms, open_alarm_mail, wait_after
from bot.errors import SettingsError
from bot.mail import open_post
from bot.messages import Alert, StaffAction, StaffDeed, Understanding
from bot.settings import Settings, read_settings
from tests.doubles.rig import Rig, rigged
from tests.doubles.smtp import MailServer, mail_server


def _mail_to(server: MailServer, **more: object) -> AlarmMail:
    settings = Settings(
        smtp_url=server.url,
        mail_from="avisos@ejemplo.gov.co",
        coordinator_mails="Norte=norte@ejemplo.gov.co, Sur=sur@ejemplo.gov.co",
        operator_mails="operador@ejemplo.gov.co",
        public_url="https://ejemplo.gov.co",
    )
    opened = open_alarm_mail(settings)
    assert opened is not None
    return opened


async def _nobody_claims(rig: Rig, *, zone: str | None = "Norte", seconds: int = 181) -> None:
    await rig.write("buenas")
    await rig.write("1")
    rig.interpreter.meanings["ayuda por favor"] = Understanding(intent="ask_human", alert=Alert.EMERGENCY, by="rasa")
    await rig.write("ayuda por favor")
    await rig.rows("UPDATE handovers SET zone = :zone", zone=zone)
    await rig.wait(timedelta(seconds=seconds))


async def test_the_coordinator_of_the_zone_and_the_operator_learn_where_and_how_long_and_nothing_else(
    database_url: str,
) -> None:
    async with rigged(database_url) as rig, mail_server() as server:
        await _nobody_claims(rig)
        assert await mail_alarms(rig.database, _mail_to(server)) == 1
        (mail,) = server.taken
        assert mail.to == ("norte@ejemplo.gov.co", "operador@ejemplo.gov.co")
        assert mail.subject == "Valle Sano: EMERGENCIA, Norte, 3 minutos sin respuesta"
        assert "https://ejemplo.gov.co/consola/tablero" in mail.text
        for hers in ("ayuda", "300111", "buenas"):
            assert hers not in mail.text + str(mail.message)


async def test_it_is_mailed_once_however_many_processes_look(database_url: str) -> None:
    async with rigged(database_url) as rig, mail_server() as server:
        server.pause = 0.2
        await _nobody_claims(rig)
        await asyncio.gather(*(mail_alarms(rig.database, _mail_to(server)) for _ in range(5)))
        await mail_alarms(rig.database, _mail_to(server))
        await rig.wait(timedelta(minutes=30))
        await mail_alarms(rig.database, _mail_to(server))
        assert len(server.taken) == 1


async def test_a_server_that_refuses_is_asked_again_later_and_gets_the_same_mail(database_url: str) -> None:
    async with rigged(database_url) as rig, mail_server() as server:
        await _nobody_claims(rig)
        server.refusals.append("451 despues")
        assert await mail_alarms(rig.database, _mail_to(server)) == 0
        assert await mail_alarms(rig.database, _mail_to(server)) == 0
        assert server.asked == 1
        await rig.wait(timedelta(seconds=16))
        assert await mail_alarms(rig.database, _mail_to(server)) == 1
        rows = await rig.rows("SELECT id, mailed_at, attempts FROM alarms WHERE what = 'alarm_coordinator'")
        assert (rows[0].attempts, rows[0].mailed_at is not None) == (2, True)
        assert server.taken[0].message["Message-ID"] == f"<{rows[0].id}@valle-sano>"


async def test_a_server_that_is_gone_does_not_stop_the_tick_and_nobody_is_named_in_the_log(
    database_url: str, caplog: pytest.LogCaptureFixture
) -> None:
    async with mail_server() as server:
        gone = _mail_to(server)
    async with rigged(database_url) as rig:
        await _nobody_claims(rig)
        assert await mail_alarms(rig.database, gone) == 0
        assert "not mailed" in caplog.text
        assert "ejemplo.gov.co" not in caplog.text


async def test_an_alarm_of_somebody_who_was_claimed_meanwhile_wakes_nobody(database_url: str) -> None:
    async with rigged(database_url) as rig, mail_server() as server:
        await _nobody_claims(rig)
        where = (await rig.rows("SELECT conversation_id FROM handovers"))[0].conversation_id
        claim = StaffAction(
            external_id="staff:1", conversation_id=where, staff_id=uuid4(), deed=StaffDeed.CLAIM, lease=0
        )
        await rig.act(claim)
        assert await mail_alarms(rig.database, _mail_to(server)) == 0
        assert server.taken == []


async def test_a_threat_against_a_psychologist_is_mailed_though_she_holds_the_chat(database_url: str) -> None:
    async with rigged(database_url) as rig, mail_server() as server:
        await _nobody_claims(rig, seconds=1)
        await rig.rows("UPDATE handovers SET stage = 'held'")
        await rig.rows(
            "INSERT INTO alarms (id, handover_id, what, rung_at)"
            " SELECT gen_random_uuid(), id, 'threatens_staff', now() FROM handovers"
        )
        assert await mail_alarms(rig.database, _mail_to(server)) == 1
        assert server.taken[0].subject == "Valle Sano: amenazan a alguien del equipo, Norte"
        assert await mail_alarms(rig.database, _mail_to(server)) == 0


async def test_where_no_zone_is_known_every_coordinator_is_told(database_url: str) -> None:
    async with rigged(database_url) as rig, mail_server() as server:
        await _nobody_claims(rig, zone=None)
        await mail_alarms(rig.database, _mail_to(server))
        assert server.taken[0].to == ("norte@ejemplo.gov.co", "sur@ejemplo.gov.co", "operador@ejemplo.gov.co")
        assert "zona sin saber" in server.taken[0].subject


async def test_one_address_that_does_not_exist_keeps_the_mail_from_nobody_else(database_url: str) -> None:
    async with rigged(database_url) as rig, mail_server() as server:
        await _nobody_claims(rig)
        server.unknown.add("norte@ejemplo.gov.co")
        assert await mail_alarms(rig.database, _mail_to(server)) == 1
        assert server.taken[0].to == ("operador@ejemplo.gov.co",)


def test_attempts_come_more_and_more_rarely_until_every_quarter_of_an_hour() -> None:
    waits = [wait_after(n).total_seconds() for n in (1, 2, 3, 7, 99)]
    assert waits == [15, 30, 60, 900, 900]


@pytest.mark.parametrize(
    ("wrong", "named"),
    [
        ({"coordinator_mails": "Nortte=a@b.co"}, "COORDINATOR_MAILS"),
        ({"mail_from": ""}, "MAIL_FROM"),
        ({"coordinator_mails": ""}, "COORDINATOR_MAILS"),
        ({"smtp_url": "http://x"}, "SMTP_URL"),
        ({"smtp_url": "smtp://x:puerto"}, "SMTP_URL"),
    ],
)
def test_what_would_reach_nobody_stops_the_start_and_is_named(wrong: dict[str, str], named: str) -> None:
    given = {"smtp_url": "smtp://127.0.0.1:2525", "mail_from": "a@b.co", "coordinator_mails": "Norte=a@b.co"}
    with pytest.raises(SettingsError, match=named):
        open_alarm_mail(read_settings(**{**given, **wrong}))


def test_an_address_cannot_carry_another_header() -> None:
    with pytest.raises(ValueError, match="operator_mails"):
        Settings(operator_mails="a@b.co\nBcc: todos@b.co")


def test_without_a_server_nothing_is_mailed() -> None:
    assert open_alarm_mail(Settings()) is None


def test_beyond_this_machine_a_password_travels_encrypted_or_not_at_all() -> None:
    post = open_post("smtps://ana%40ejemplo:cl%40ve@correo.ejemplo.gov.co", "a@b.co")
    assert (post.port, post.is_wrapped, post.user, post.password) == (465, True, "ana@ejemplo", "cl@ve")
    assert "cl@ve" not in repr(post)


async def test_a_server_elsewhere_that_offers_no_encryption_is_told_nothing(
    database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(mailing, "_is_here", lambda _: False)
    async with rigged(database_url) as rig, mail_server() as server:
        await _nobody_claims(rig)
        assert await mail_alarms(rig.database, _mail_to(server)) == 0
        assert (server.asked, server.taken) == (0, [])
