"""The one door: a message is written down before anything else happens to it."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from datetime import timedelta

from bot.errors import DatabaseUnavailable
from bot.messages import DeliveryReport, DeliveryStatus, PersonMessage, StaffAction
from bot.outcomes import drops
from bot.safety import is_at_once
from storage.audit import Act, Trail
from storage.database import Database
from storage.inbox import Inbox, add_entry, ending_of
from storage.keys import KeyRing
from storage.outbox import note_failures, note_reports

#: Reports of delivery come in swarms; those that arrive together are written together.
_GATHER_SECONDS = 0.02

#: How long one who acts waits for what came of it: 2.4 s in all, looked at more and more rarely.
_PAUSES = (0.01, 0.015, 0.025, 0.05, 0.1, 0.2, 0.4, 0.8, 0.8)

log = logging.getLogger(__name__)


class Intake:
    """Implements ``bot.services.Door`` on the database. ``wake`` tells this process's worker, ``slow`` its delivery.

    That it is too fast the provider may say only later, of a letter that it took: then those behind it wait a moment.
    """

    def __init__(
        self,
        database: Database,
        ring: KeyRing,
        *,
        quiet_seconds: float,
        wake: Callable[[], None] = lambda: None,
        slow: Callable[[], None] = lambda: None,
    ) -> None:
        self._database, self._ring, self._inbox = database, ring, Inbox(database, ring)
        self._quiet, self._wake, self._slow = timedelta(seconds=quiet_seconds), wake, slow
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

    async def act(self, action: StaffAction, trail: Trail, *, noted: Act) -> str | None:
        """Do what somebody of the team asks, once for each id: what came of it, None if that is not known yet.

        It goes through the inbox like a message, with its line in the audit trail. Whoever sends the same id again
        learns what came of the first.
        """
        async with self._database.transaction() as tx:
            if await add_entry(tx, self._ring, action) is not None:
                await trail.record(tx, noted)
        self._wake()
        for pause in _PAUSES:
            await asyncio.sleep(pause)
            if (ending := await ending_of(self._database, action)) is not None:
                return ending
        return None

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
            failed = await note_reports(self._database, batch)
            if any(drops(code) for code in failed):
                self._slow()
            if any(report.status is DeliveryStatus.FAILED for report in batch):
                await note_failures(self._database, self._ring)
                self._wake()


def answers_at_once(message: PersonMessage) -> bool:
    """Whether a message is answered without waiting for the rest of a burst."""
    return message.payload is not None or not message.text or bool(message.media) or is_at_once(message.text)
