"""The one door: a message is written down before anything else happens to it."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from datetime import timedelta

from bot.errors import DatabaseUnavailable
from bot.messages import DeliveryReport, DeliveryStatus, PersonMessage
from bot.safety import is_at_once
from storage.database import Database
from storage.inbox import Inbox
from storage.keys import KeyRing
from storage.outbox import note_failures, note_reports

#: Reports of delivery come in swarms; those that arrive together are written together.
_GATHER_SECONDS = 0.02

log = logging.getLogger(__name__)


class Intake:
    """Implements ``bot.services.Door`` on the database. ``wake`` tells this process's worker."""

    def __init__(
        self, database: Database, ring: KeyRing, *, quiet_seconds: float, wake: Callable[[], None] = lambda: None
    ) -> None:
        self._database, self._ring, self._inbox = database, ring, Inbox(database, ring)
        self._quiet, self._wake = timedelta(seconds=quiet_seconds), wake
        self._reports: list[DeliveryReport] = []
        self._writing: asyncio.Task[None] | None = None

    async def accept(self, message: PersonMessage) -> bool:
        """Take a message for good: True if new. Raises ``DatabaseUnavailable`` if it was not written."""
        wait = timedelta() if answers_at_once(message) else self._quiet
        try:
            is_new = await self._inbox.accept(message, wait=wait)
        except DatabaseUnavailable:
            # A connection that died in the pool says so only when used; the second try has a fresh one.
            is_new = await self._inbox.accept(message, wait=wait)
        asyncio.get_running_loop().call_later(wait.total_seconds(), self._wake)
        return is_new

    async def note_delivery(self, report: DeliveryReport) -> None:
        """Move a letter forward; returns when that is written."""
        self._reports.append(report)
        if self._writing is None or self._writing.done():
            self._writing = asyncio.create_task(self._write_reports())
        await asyncio.shield(self._writing)

    async def _write_reports(self) -> None:
        await asyncio.sleep(_GATHER_SECONDS)
        while self._reports:
            batch, self._reports = self._reports, []
            await note_reports(self._database, batch)
            if any(report.status is DeliveryStatus.FAILED for report in batch):
                await note_failures(self._database, self._ring)
                self._wake()


def answers_at_once(message: PersonMessage) -> bool:
    """Whether a message is answered without waiting for the rest of a burst."""
    return message.payload is not None or not message.text or bool(message.media) or is_at_once(message.text)
