"""Alarms that leave the console: nobody claims, so the zone's coordinator and the operator get a mail.

Zone, alert, minutes and where to look: whoever sees it on a screen learns nothing of anybody (design, §Nobody claims).
The coordinator's phone gets less, on WhatsApp: an approved template without any content, which says only to look.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from bot.errors import MailNotSent, SendError, SettingsError
from bot.mail import Mail, Post, open_post
from bot.messages import Address, Alert, Letter, Reply
from bot.services import Channel
from bot.settings import Settings
from bot.takeover import load_times
from bot.territory import department
from storage.alarms import Alarm, Way, mark_gone, put_off, take_alarms
from storage.database import Database

_ALERTS = {
    Alert.EMERGENCY: "EMERGENCIA",
    Alert.URGENT: "urgente",
    Alert.ATTENTION: "atención",
    Alert.NONE: "sin alerta",
}
_UNTOLD = "zona sin saber"

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class AlarmMail:
    """Who is told by mail, and through which server: ``coordinators`` by zone, ``operators`` of everything."""

    post: Post
    coordinators: Mapping[str, Sequence[str]]
    operators: Sequence[str]
    url: str

    def receivers(self, zone: str | None) -> tuple[str, ...]:
        """Those of a zone; of no zone yet, or of one without anybody, all coordinators: nobody may go unheard."""
        return tuple(dict.fromkeys((*_of_zone(self.coordinators, zone), *self.operators)))


@dataclass(frozen=True, slots=True, kw_only=True)
class AlarmTexts:
    """Whose phones are told on WhatsApp, by zone, and the approved template (Twilio's sid) that says to look."""

    channel: Channel
    template: str
    coordinators: Mapping[str, Sequence[str]]

    def receivers(self, zone: str | None) -> tuple[str, ...]:
        """The phones of a zone; of no zone yet, or of one without anybody, all of them."""
        return _of_zone(self.coordinators, zone)


def open_alarm_mail(settings: Settings) -> AlarmMail | None:
    """The mail that the settings describe; None without ``SMTP_URL``. Raises ``SettingsError``."""
    url = settings.smtp_url.get_secret_value()
    if not url:
        return None
    zones = _by_zone("COORDINATOR_MAILS", settings.coordinator_mails)
    if not (zones or settings.operator_mails):
        raise SettingsError(
            "Set COORDINATOR_MAILS (Norte=ana@ejemplo.gov.co, …) or OPERATOR_MAILS: alarms reach nobody"
        )
    return AlarmMail(
        post=open_post(url, settings.mail_from),
        coordinators=zones,
        operators=settings.operator_mails,
        url=f"{settings.base_url}/consola/tablero",
    )


def open_alarm_texts(settings: Settings, channels: Mapping[str, Channel]) -> AlarmTexts | None:
    """WhatsApp to the coordinators as the settings describe it; None without a template. Raises ``SettingsError``."""
    zones = _by_zone("COORDINATOR_PHONES", settings.coordinator_phones)
    if not settings.coordinator_template:
        return None
    if not zones:
        raise SettingsError("Set COORDINATOR_PHONES (Norte=+573001112233, …): the template reaches nobody")
    if "whatsapp" not in channels:
        raise SettingsError("Set TWILIO_WHATSAPP_FROM: COORDINATOR_TEMPLATE is sent on WhatsApp")
    return AlarmTexts(channel=channels["whatsapp"], template=settings.coordinator_template, coordinators=zones)


async def mail_alarms(database: Database, alarm_mail: AlarmMail) -> int:
    """Mail what nobody has answered yet, each once; how many went out. What does not go is tried again."""
    sent = 0
    for alarm in await take_alarms(database):
        try:
            await alarm_mail.post.send(compose(alarm, alarm_mail))
        except MailNotSent as error:
            log.error("alarm %s was not mailed (attempt %d): %s", alarm.id, alarm.attempts, error)  # noqa: TRY400
            await put_off(database, alarm.id, after=wait_after(alarm.attempts))
        else:
            await mark_gone(database, alarm.id)
            sent += 1
    return sent


async def text_alarms(database: Database, texts: AlarmTexts) -> int:
    """Send the template for what nobody has answered yet, each once; how many were told of. Tried again like mail.

    One coordinator of the zone who is reached is enough; whoever is not has the mail.
    """
    held = await take_alarms(database, Way.WHATSAPP)
    # At once: one that Twilio leaves hanging keeps no other waiting.
    told = await asyncio.gather(*(_tell(database, texts, alarm) for alarm in held))
    return sum(told)


def compose(alarm: Alarm, alarm_mail: AlarmMail) -> Mail:
    """The mail of one alarm: where, how grave, how long; nothing of her."""
    zone, alert = alarm.zone or _UNTOLD, _ALERTS[alarm.alert]
    minutes = int(alarm.waited.total_seconds() // 60)
    waits = "1 minuto" if minutes == 1 else f"{minutes} minutos"
    if alarm.is_threat:
        return Mail(
            id=f"{alarm.id}@valle-sano",
            to=alarm_mail.receivers(alarm.zone),
            subject=f"Valle Sano: amenazan a alguien del equipo, {zone}",
            text=(
                "Quien escribe amenaza a la psicóloga que atiende. Llámela ahora.\n\n"
                f"Zona: {zone}\nAlerta: {alert}\n\nVéalo en el tablero: {alarm_mail.url}\n"
            ),
        )
    return Mail(
        id=f"{alarm.id}@valle-sano",
        to=alarm_mail.receivers(alarm.zone),
        subject=f"Valle Sano: {alert}, {zone}, {waits} sin respuesta",
        text=(
            f"Alguien espera y nadie del turno ha respondido.\n\n"
            f"Zona: {zone}\nAlerta: {alert}\nEspera: {waits}\n\n"
            f"Véalo en el tablero: {alarm_mail.url}\n\n"
            "Este correo no dice nada de la persona. No lo reenvíe ni lo responda.\n"
        ),
    )


def wait_after(attempts: int) -> timedelta:
    """How long to wait after so many attempts that failed: doubled each time, up to a longest."""
    times = load_times()
    doubled: timedelta = times.alarm_first * 2 ** min(attempts - 1, 10)
    return min(doubled, times.alarm_longest)


async def _tell(database: Database, texts: AlarmTexts, alarm: Alarm) -> bool:
    reached = await asyncio.gather(*(_text(texts, alarm, phone) for phone in texts.receivers(alarm.zone)))
    if any(reached):
        await mark_gone(database, alarm.id, Way.WHATSAPP)
    else:
        await put_off(database, alarm.id, Way.WHATSAPP, after=wait_after(alarm.attempts))
    return any(reached)


async def _text(texts: AlarmTexts, alarm: Alarm, phone: str) -> bool:
    """Whether Twilio took it; where its answer is unclear it goes again, since twice is better than never."""
    letter = Letter(
        outbox_id=alarm.id,
        address=Address(channel="whatsapp", value=phone),
        reply=Reply(text="", content=texts.template),
        created_at=datetime.now(UTC),
    )
    try:
        await texts.channel.send(letter)
    except SendError as error:
        log.error("alarm %s was not sent by WhatsApp (attempt %d): %s", alarm.id, alarm.attempts, error)  # noqa: TRY400
        return False
    return True


def _by_zone(setting: str, pairs: Sequence[tuple[str, str]]) -> dict[str, list[str]]:
    zones: dict[str, list[str]] = {}
    for zone, reached in pairs:
        if zone not in department().zones:
            raise SettingsError(f"Correct {setting}: {zone} is no zone; use {', '.join(department().zones)}")
        zones.setdefault(zone, []).append(reached)
    return zones


def _of_zone(by_zone: Mapping[str, Sequence[str]], zone: str | None) -> tuple[str, ...]:
    """Those of a zone; of no zone yet, or of one without anybody, everybody: nobody may go unheard."""
    everybody = [reached for many in by_zone.values() for reached in many]
    return tuple(dict.fromkeys(by_zone.get(zone or "", ()) or everybody))
