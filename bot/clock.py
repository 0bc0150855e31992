"""The ticks: what is due is rows, and each tick takes its own with SKIP LOCKED, in every replica."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable
from datetime import datetime

from bot.errors import DatabaseUnavailable
from bot.retention import keep_periods, load_periods
from bot.settings import Settings
from bot.territory.directory import load_hours
from storage.audit_chain import chain, keep_head
from storage.contacts import end_expired
from storage.database import Database
from storage.erased import erased_lately, keep_erased, read_erased
from storage.forgetting import forget_again, forget_due, forget_restored
from storage.handovers import strike_due
from storage.keys import KeyRing
from storage.office import Office
from storage.outbox import expire, note_failures
from storage.reminders import fire_due
from storage.sessions import close_quiet

Tick = Callable[[], Awaitable[object]]

log = logging.getLogger(__name__)


class Clock:
    """Intervals and nothing else; a tick that comes late or twice does no harm.

    They are counted by the machine's monotonic clock: a scheduler that plans by the hour on the wall falls silent for
    as long as that is set back (docs/adr/0022-keeping-and-losing.md).
    """

    def __init__(self) -> None:
        self._planned: list[tuple[float, Tick, str]] = []
        self._going: list[asyncio.Task[None]] = []

    def every(self, seconds: float, tick: Tick, *, name: str) -> None:
        """Run ``tick`` again and again, never twice at once; a failure is logged and the next comes all the same."""
        self._planned.append((seconds, tick, name))

    def start(self) -> None:
        """Begin to tick in the running loop."""
        self._going = [asyncio.create_task(_again(*one), name=one[2]) for one in self._planned]

    def stop(self) -> None:
        """No tick begins any more, and none goes on."""
        for going in self._going:
            going.cancel()


def add_ticks(clock: Clock, database: Database, ring: KeyRing, *, wake: Callable[[], None]) -> None:
    """The ticks that every process of the service runs. ``wake`` tells the worker of new entries."""

    async def remind() -> None:
        if await fire_due(database, ring):
            wake()

    async def strike() -> None:
        if await strike_due(database, ring):
            wake()

    async def tell_failures() -> None:
        await expire(database)
        if await note_failures(database, ring):
            wake()

    clock.every(2, remind, name="reminders")
    clock.every(2, strike, name="clocks of care")
    clock.every(10, tell_failures, name="failed letters")
    clock.every(60, lambda: close_quiet(database), name="quiet sessions")
    clock.every(60, lambda: end_expired(database), name="expired agreements")


def add_office_ticks(clock: Clock, database: Database, office: Office, settings: Settings) -> None:
    """Chain what was done, keep the day's head, erase and keep who was, remove what was kept long enough."""
    zone, periods = load_hours().timezone, load_periods()

    async def keep_chain() -> None:
        head = await chain(database, settings.audit_signing_key)
        if head is not None:
            keep_head(settings.audit_folder, head, datetime.now(zone).date())

    async def note_erased() -> None:
        keep_erased(settings.erased_file, await erased_lately(database))

    async def erase() -> None:
        await forget_due(database)
        # Whoever came back with an older state of the database, however that was brought back.
        await forget_again(database, read_erased(settings.erased_file))
        await note_erased()  # also of those whom another replica erased

    async def remove_aged() -> None:
        await keep_periods(database, office.trail, periods)
        await note_erased()

    clock.every(10, keep_chain, name="audit")
    clock.every(10, erase, name="erasures")
    clock.every(600, lambda: forget_restored(database), name="erasures again")
    clock.every(300, remove_aged, name="retention")
    clock.every(3600, office.sign_ins.tidy, name="old sign-ins")


async def _again(seconds: float, tick: Tick, name: str) -> None:
    while True:
        await asyncio.sleep(seconds)
        await _quietly(tick, name)


async def _quietly(tick: Tick, name: str) -> None:
    try:
        await tick()
    except DatabaseUnavailable:
        log.warning("tick %s: the database is away", name)
    except Exception as error:  # noqa: BLE001 - one bad tick must not end the others
        log.error("tick %s failed: %s", name, type(error).__name__)  # noqa: TRY400 - its text may quote a message
