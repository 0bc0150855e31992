"""The ticks: what is due is rows, and each tick takes its own with SKIP LOCKED, in every replica."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable
from datetime import datetime
from pathlib import Path
from time import monotonic, time

from apscheduler.schedulers.asyncio import AsyncIOScheduler
from apscheduler.triggers.interval import IntervalTrigger

from bot.budget import Budget
from bot.errors import DatabaseUnavailable
from bot.retention import keep_periods, load_periods
from bot.settings import Settings
from bot.territory.directory import load_hours
from storage.audit_chain import chain, keep_head
from storage.contacts import end_expired
from storage.database import Database
from storage.erased import Erased, erased_lately, keep_erased, keep_erased_beside, read_erased
from storage.forgetting import forget_again, forget_due, forget_restored
from storage.handovers import strike_due
from storage.keys import KeyRing
from storage.office import Office
from storage.outbox import expire, note_failures
from storage.reminders import fire_due
from storage.sessions import close_quiet

Tick = Callable[[], Awaitable[object]]

#: How often the wall is looked at, and what is a jump and no correction.
_LOOK_SECONDS, _JUMP_SECONDS = 2.0, 2.0

log = logging.getLogger(__name__)


class Clock:
    """APScheduler with nothing but intervals; a tick that comes late or twice does no harm.

    It plans by the hour on the wall: where that is set back it would be silent for as long. So whoever started it
    looks whether the wall went otherwise than the machine's own seconds, and plans anew
    (docs/adr/0022-keeping-and-losing.md).
    """

    def __init__(self) -> None:
        self._scheduler = AsyncIOScheduler(timezone="UTC")
        self._seconds: dict[str, float] = {}
        self._watch: asyncio.Task[None] | None = None

    def every(self, seconds: float, tick: Tick, *, name: str) -> None:
        """Run ``tick`` again and again, never twice at once; a failure is logged and the next comes all the same."""
        self._seconds[name] = seconds
        self._scheduler.add_job(
            _quietly,
            IntervalTrigger(seconds=seconds, timezone="UTC"),
            args=(tick, name),
            id=name,
            max_instances=1,
            coalesce=True,
            misfire_grace_time=None,
        )

    def start(self) -> None:
        """Begin to tick in the running loop."""
        self._scheduler.start()
        self._watch = asyncio.create_task(self._follow_the_wall())

    def stop(self) -> None:
        """No tick begins any more."""
        if self._watch is not None:
            self._watch.cancel()
        self._scheduler.shutdown(wait=False)

    async def _follow_the_wall(self) -> None:
        between = time() - monotonic()
        while True:
            await asyncio.sleep(_LOOK_SECONDS)
            if abs(time() - monotonic() - between) > _JUMP_SECONDS:
                between = time() - monotonic()
                log.warning("the machine's clock was set; the ticks are planned anew")
                for name, seconds in self._seconds.items():
                    self._scheduler.reschedule_job(name, trigger=IntervalTrigger(seconds=seconds, timezone="UTC"))


def add_ticks(clock: Clock, database: Database, ring: KeyRing, budget: Budget, *, wake: Callable[[], None]) -> None:
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
    clock.every(30, budget.look, name="what a day may cost")


def add_office_ticks(clock: Clock, database: Database, office: Office, settings: Settings) -> None:
    """Chain what was done, keep the day's head, erase and keep who was, remove what was kept long enough."""
    zone, periods = load_hours().timezone, load_periods()

    async def keep_chain() -> None:
        head = await chain(database, settings.audit_signing_key)
        if head is not None:
            keep_head(settings.audit_folder, head, datetime.now(zone).date())

    erased, unwritten = Erased(), list[Path]()

    async def note_erased() -> None:
        nonlocal erased
        erased = await erased_lately(database)
        keep_erased(settings.erased_file, erased)

    async def note_beside() -> None:
        # A disk of another machine may hang: then this tick does, and nothing else.
        failed = await asyncio.to_thread(keep_erased_beside, settings.copies_file, erased)
        if failed != unwritten:
            unwritten[:] = failed
            for file in failed:
                log.warning("%s: who is erased cannot be noted there; another disk should know it too", file)

    async def erase() -> None:
        await forget_due(database)
        # Whoever came back with an older state of the database, however that was brought back.
        await forget_again(database, (read_erased(settings.erased_file) or Erased()).people)
        await note_erased()  # also of those whom another replica erased

    async def remove_aged() -> None:
        await keep_periods(database, office.trail, periods)
        await note_erased()

    clock.every(10, keep_chain, name="audit")
    clock.every(10, erase, name="erasures")
    clock.every(10, note_beside, name="erasures noted beside the copies")
    clock.every(600, lambda: forget_restored(database), name="erasures again")
    clock.every(300, remove_aged, name="retention")
    clock.every(3600, office.sign_ins.tidy, name="old sign-ins")


async def _quietly(tick: Tick, name: str) -> None:
    try:
        await tick()
    except DatabaseUnavailable:
        log.warning("tick %s: the database is away", name)
    except Exception as error:  # noqa: BLE001 - one bad tick must not end the others
        log.error("tick %s failed: %s", name, type(error).__name__)  # noqa: TRY400 - its text may quote a message
