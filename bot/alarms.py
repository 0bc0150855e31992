"""Alarms that leave the console: nobody claims, so the zone's coordinator and the operator get a mail.

Zone, alert, minutes and where to look: whoever sees it on a screen learns nothing of anybody (design, §Nobody claims).
"""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta

from bot.errors import MailNotSent, SettingsError
from bot.mail import Mail, Post, open_post
from bot.messages import Alert
from bot.settings import Settings
from bot.territory import department
from storage.alarms import Alarm, mark_mailed, put_off, take_alarms
from storage.database import Database

#: Between attempts: doubled each time, until a quarter of an hour.
_FIRST_WAIT, _LONGEST_WAIT = timedelta(seconds=15), timedelta(minutes=15)
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
        everybody = [mail for mails in self.coordinators.values() for mail in mails]
        of_zone = list(self.coordinators.get(zone or "", ())) or everybody
        return tuple(dict.fromkeys((*of_zone, *self.operators)))


def open_alarm_mail(settings: Settings) -> AlarmMail | None:
    """The mail that the settings describe; None without ``SMTP_URL``. Raises ``SettingsError``."""
    url = settings.smtp_url.get_secret_value()
    if not url:
        return None
    zones: dict[str, list[str]] = {}
    for zone, mail in settings.coordinator_mails:
        if zone not in department().zones:
            raise SettingsError(f"Correct COORDINATOR_MAILS: {zone} is no zone; use {', '.join(department().zones)}")
        zones.setdefault(zone, []).append(mail)
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
            await mark_mailed(database, alarm.id)
            sent += 1
    return sent


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
    """How long to wait after so many attempts that failed."""
    doubled: timedelta = _FIRST_WAIT * 2 ** min(attempts - 1, 10)
    return min(doubled, _LONGEST_WAIT)
