"""One look at the database for all open consoles: what changed, and who may know of it."""

from __future__ import annotations

import asyncio
import logging
import secrets
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from uuid import UUID

from bot.errors import DatabaseUnavailable
from storage.panel import Desk
from storage.pulse import Pulse

#: How often all that is open is looked at while somebody has a console open.
_LOOK_SECONDS = 0.15
#: What may wait is told once in so many looks, to each page in its turn.
_CALM_LOOKS = 40
#: Presence is noted again so often, in case another process saw her last page go.
_PRESENCE_SECONDS = 30.0
#: Who has missed so much is told to fetch everything.
_MOST_PENDING = 200

_log = logging.getLogger(__name__)


class Ear:
    """One open page: what she may know of, and the ids that changed since it was told last.

    ``rings``: the bell may ring otherwise since then; ``always_rings``: for her it also rings for what no pulse shows.
    """

    def __init__(
        self,
        staff_id: UUID,
        watched: frozenset[UUID],
        hears: Callable[[Pulse], bool],
        *,
        always_rings: bool = False,
    ) -> None:
        self.staff_id, self.watched, self.hears = staff_id, watched, hears
        self.rings = self.always_rings = always_rings
        self.pending: set[UUID] = set()
        self.later: set[UUID] = set()
        self.turn = 0
        self.is_behind = self.is_over = False
        self.stirred = asyncio.Event()

    def tell(self, changed: UUID) -> None:
        """Something changed; however often, it is said once."""
        self.pending.add(changed)
        if len(self.pending) > _MOST_PENDING:
            self.is_behind = True
            self.pending.clear()
        self.stirred.set()

    def tell_later(self, changed: UUID) -> None:
        """Something changed that can wait until it is this page's turn."""
        self.later.add(changed)

    def tell_what_waited(self) -> None:
        """It is this page's turn."""
        waited, self.later = self.later, set()
        for changed in waited:
            self.tell(changed)

    def end(self) -> None:
        """Close this stream."""
        self.is_over = True
        self.stirred.set()


class Station:
    """Looks once for all: nobody listens, nothing is asked of the database. ``era`` changes with each start."""

    def __init__(self, desk: Desk, *, look_seconds: float = _LOOK_SECONDS) -> None:
        self.era, self.seq = secrets.token_hex(4), 0
        self._desk, self._look_seconds = desk, look_seconds
        self._ears: set[Ear] = set()
        self._known: dict[UUID, Pulse] = {}
        self._looks = self._opened = 0
        self._somebody = asyncio.Event()

    @property
    def present(self) -> frozenset[UUID]:
        """Whose console is open here."""
        return frozenset(ear.staff_id for ear in self._ears)

    @contextmanager
    def listen(self, ear: Ear) -> Iterator[None]:
        """Tell this page what changes while it is open."""
        self._ears.add(ear)
        self._opened += 1
        ear.turn = self._opened
        self._somebody.set()
        try:
            yield
        finally:
            self._ears.discard(ear)
            if not self._ears:
                self._somebody.clear()

    async def run(self) -> None:
        """Look until cancelled; a database that is away for a while ends nothing."""
        asking = asyncio.create_task(self._keep_presence())
        try:
            while True:
                await self._somebody.wait()
                try:
                    await self.look()
                except DatabaseUnavailable:
                    _log.warning("the consoles wait for the database")
                    await asyncio.sleep(1)
                except Exception as error:  # noqa: BLE001 - the consoles must go on being told
                    _log.error("console stream: %s", type(error).__name__)
                    await asyncio.sleep(1)
                await asyncio.sleep(self._look_seconds)
        finally:
            asking.cancel()

    async def look(self) -> None:
        """Compare with the last look, and tell each page what it may know of."""
        watched = {one for ear in self._ears for one in ear.watched}
        seen = {pulse.id: pulse for pulse in await self._desk.pulse(watched)}
        before, self._known = self._known, seen
        for id_ in seen.keys() | before.keys():
            now, was = seen.get(id_), before.get(id_)
            if now == was:
                continue
            self.seq += 1
            for ear in self._ears:
                _tell(ear, id_, now, was)
        self._looks += 1
        for ear in self._ears:
            if ear.later and (self._looks + ear.turn) % _CALM_LOOKS == 0:
                ear.tell_what_waited()

    async def _keep_presence(self) -> None:
        while True:
            await asyncio.sleep(_PRESENCE_SECONDS)
            for staff_id in self.present:
                await note_presence(self._desk, staff_id, is_there=True)

    def close(self) -> None:
        """End every stream, so that the server can stop."""
        for ear in self._ears:
            ear.end()


async def note_presence(desk: Desk, staff_id: UUID, *, is_there: bool) -> None:
    """Her consoles are all gone, or one is there; a database that is away is told later."""
    try:
        await desk.note_presence(staff_id, is_there=is_there)
    except DatabaseUnavailable:
        _log.warning("a console's presence was not noted")


def _tell(ear: Ear, id_: UUID, now: Pulse | None, was: Pulse | None) -> None:
    """To whoever holds it, what is new at once; to the others what moves her place. What may wait is told in turn:
    what the program noted of her words, and to the queue the words of somebody who waits.

    What somebody writes who is held by a colleague is nobody else's concern, nor is it shown to them.
    """
    known = [pulse for pulse in (now, was) if pulse is not None]
    if not any(ear.hears(pulse) for pulse in known):
        return
    is_near = id_ in ear.watched or any(pulse.owner == ear.staff_id for pulse in known)
    if now is None or was is None or now.standing != was.standing:
        ear.rings = True
        ear.tell(id_)
    elif is_near and now.fresh != was.fresh:
        ear.rings |= now.is_unanswered != was.is_unanswered
        ear.tell(id_)
    elif is_near or (now.owner is None and not ear.watched):
        ear.tell_later(id_)
