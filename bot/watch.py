"""Somebody is told: the service looks at itself, tells the operator what is wrong once, and once that it is over."""

from __future__ import annotations

import asyncio
import logging
import shutil
import socket
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import aiohttp

from bot.errors import DatabaseUnavailable, MailNotSent
from bot.mail import Mail, Post, open_post
from bot.services import Interpreter
from bot.settings import Settings
from bot.shifts import open_on
from bot.territory.directory import load_hours
from bot.troubles import Reading, Trouble, load_limits, load_words, troubles_in
from storage.database import Database
from storage.health import Waiting, copied_ago, failed_lately, sent_today, waiting
from storage.shifts import Roster, holidays_of
from storage.troubles import OpenTrouble, mark_told, see, take_untold

#: Each machine has these for itself; all others are everybody's and told by whoever looks first.
_LOCAL = frozenset({Trouble.NLU, Trouble.SECOND_READER, Trouble.DISK})
#: While these last women go unanswered: the outside address hears nothing, and sounds its own alarm.
_SILENT = frozenset({Trouble.DATABASE, Trouble.UNHANDLED})
_PING_SECONDS = 10.0
_MAIL_BROKEN_SECONDS = 300.0

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class Look:
    """One look: what was read, and what of it is wrong."""

    reading: Reading
    troubles: frozenset[Trouble]


@dataclass(frozen=True, slots=True, kw_only=True)
class OperatorMail:
    """Through which server whom is told."""

    post: Post
    operators: Sequence[str]


class Watch:
    """One process's look at the service; ``/health``, the metrics and the mails all ask it.

    ``seconds`` is a clock that never goes back; ``mail`` may be None: then the log alone tells.
    """

    def __init__(
        self,
        database: Database,
        interpreter: Interpreter,
        *,
        folder: Path,
        mail: OperatorMail | None = None,
        seconds: Callable[[], float] = time.monotonic,
    ) -> None:
        self._database, self._interpreter, self._mail = database, interpreter, mail
        self._roster = Roster(database)
        self._folder, self._seconds = folder, seconds
        self._since: dict[Trouble, float] = {}
        self._place = socket.gethostname()
        self._away_since: datetime | None = None
        self._mail_failed_at: float | None = None

    async def look(self) -> Look:
        """Read everything now; a database that is away is part of what is read."""
        is_nlu_up, has_second = await self._interpreter.is_ready(), self._interpreter.has_second_reader
        limits = load_limits()
        found: Waiting | None
        try:
            found = await waiting(self._database)
            failed = await failed_lately(self._database, limits.failed_within)
            sent = await sent_today(self._database)
            copied = await copied_ago(self._database)
            nobody = await self._is_nobody_there(found.now)
        except DatabaseUnavailable:
            found, failed, sent, copied, nobody = None, 0, 0, timedelta(), False
        reading = Reading(
            is_database_up=found is not None,
            is_nlu_up=is_nlu_up,
            has_second_reader=has_second,
            database_down=self._lasting(Trouble.DATABASE, is_there=found is None),
            nlu_down=self._lasting(Trouble.NLU, is_there=not is_nlu_up),
            second_reader_down=self._lasting(Trouble.SECOND_READER, is_there=has_second is False),
            nobody=self._lasting(Trouble.NOBODY_ON_SHIFT, is_there=nobody),
            unhandled=timedelta(seconds=found.unhandled_seconds if found else 0),
            unsent=timedelta(seconds=found.unsent_seconds if found else 0),
            failed_letters=failed,
            letters_today=sent,
            copied=copied,
            disk_free=await asyncio.to_thread(_free_percent, self._folder),
        )
        return Look(reading=reading, troubles=troubles_in(reading, limits))

    async def tell(self) -> int:
        """Tell the operator what began and what ended, each once; how many mails went out."""
        seen = await self.look()
        if not seen.reading.is_database_up:
            return await self._tell_of_database(is_there=Trouble.DATABASE in seen.troubles)
        told = await self._tell_of_database(is_there=False)
        for trouble in sorted(seen.troubles):
            await see(self._database, trouble, place=self._place if trouble in _LOCAL else "")
        for one in await take_untold(self._database, here=self._place, calm=load_limits().calm):
            if await self._say(one):
                await mark_told(self._database, one)
                told += 1
        return told

    async def is_serving(self) -> bool:
        """Whether the outside address may hear that all is well: people are answered, and mails are taken."""
        seen = await self.look()
        return seen.reading.is_database_up and not (seen.troubles & _SILENT) and not self._is_mail_broken()

    async def _is_nobody_there(self, now: datetime) -> bool:
        hours = load_hours()
        free = await holidays_of(self._database)
        day = now.astimezone(hours.timezone).date()
        if not any(span.starts_at <= now < span.ends_at for span in open_on(day, hours=hours, holidays=free)):
            return False
        # Without any plan nobody is on shift either, whatever the hours promise her.
        there = await self._roster.attendance(now)
        return there is None or not there.zones

    def _lasting(self, trouble: Trouble, *, is_there: bool) -> timedelta:
        if not is_there:
            self._since.pop(trouble, None)
            return timedelta()
        return timedelta(seconds=self._seconds() - self._since.setdefault(trouble, self._seconds()))

    async def _tell_of_database(self, *, is_there: bool) -> int:
        """The one trouble that cannot be a row: this process remembers it, and each process tells of it."""
        if is_there == (self._away_since is not None):
            return 0
        now = datetime.now(UTC)
        trouble = OpenTrouble(
            name=Trouble.DATABASE,
            place=self._place,
            began_at=self._away_since or now,
            seen_at=now,
            is_over=not is_there,
        )
        if not await self._say(trouble):
            return 0
        self._away_since = now if is_there else None
        return 1

    async def _say(self, trouble: OpenTrouble) -> bool:
        log.warning("trouble %s %s", trouble.name, "is over" if trouble.is_over else "began")
        if self._mail is None:
            return True
        try:
            await self._mail.post.send(compose(trouble, self._mail.operators))
        except MailNotSent as error:
            log.error("the operator was not mailed of %s: %s", trouble.name, error)  # noqa: TRY400
            self._mail_failed_at = self._seconds()
            return False
        self._mail_failed_at = None
        return True

    def _is_mail_broken(self) -> bool:
        # Whoever holds the mail tries again sooner than that; if that was another process, we do not hear of it.
        return self._mail_failed_at is not None and self._seconds() - self._mail_failed_at < _MAIL_BROKEN_SECONDS


def open_operator_mail(settings: Settings) -> OperatorMail | None:
    """The mail of the settings; None without ``SMTP_URL`` or ``OPERATOR_MAILS``. Raises ``SettingsError``."""
    url = settings.smtp_url.get_secret_value()
    if not (url and settings.operator_mails):
        return None
    return OperatorMail(post=open_post(url, settings.mail_from), operators=settings.operator_mails)


def compose(trouble: OpenTrouble, operators: Sequence[str]) -> Mail:
    """The mail of one trouble's beginning or end: what, where, since when, what to look at first."""
    words, zone = load_words()[Trouble(trouble.name)], load_hours().timezone
    began, seen = (f"{at.astimezone(zone):%d/%m %H:%M}" for at in (trouble.began_at, trouble.seen_at))
    where = f"Máquina: {trouble.place}\n" if trouble.place else ""
    end = "fin" if trouble.is_over else "inicio"
    text = (
        f"Terminó: {words.title}.\n\n{where}Desde: {began}\nVisto por última vez: {seen}\n"
        if trouble.is_over
        else f"Desde las {began[-5:]}: {words.title}.\n\n{where}{words.do}\n\n"
        f"Más en docs/operations.md, «{trouble.name}».\nSe avisa otra vez cuando termine, no antes.\n"
    )
    return Mail(
        id=f"{trouble.name}-{trouble.began_at:%Y%m%dT%H%M%S}-{end}@valle-sano",
        to=tuple(operators),
        subject=f"Valle Sano: {'terminó: ' if trouble.is_over else ''}{words.title}",
        text=text,
    )


async def ping(watch: Watch, session: aiohttp.ClientSession, url: str) -> bool:
    """Tell the outside address that people are answered; whether it heard. Silence is its alarm, so nothing raises."""
    if not await watch.is_serving():
        return False
    try:
        async with session.get(
            url, timeout=aiohttp.ClientTimeout(total=_PING_SECONDS), allow_redirects=False
        ) as answer:
            if answer.status < 300:
                return True
            log.warning("the outside address answered %d", answer.status)
    except (aiohttp.ClientError, TimeoutError) as error:
        # The address is a secret: whoever knows it could keep the alarm silent.
        log.warning("the outside address was not reached: %s", type(error).__name__)
    return False


def _free_percent(folder: Path) -> float:
    # Before anything was written there, the folder itself may not be.
    there = next(path for path in (folder.absolute(), *folder.absolute().parents) if path.exists())
    usage = shutil.disk_usage(there)
    return 100.0 * usage.free / usage.total
