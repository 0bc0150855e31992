"""What every simulated phone shows, and who is watching; all in the memory of one process."""

from __future__ import annotations

import asyncio
import logging
import secrets
from collections.abc import Awaitable, Callable, Collection, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime

from bot.errors import BotError
from bot.messages import DeliveryStatus
from channels.simulator.phones import Bubble, Phone

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """A bubble as it is after change number ``seq``; ``place`` orders the bubbles of a phone."""

    seq: int
    place: int
    phone: Phone
    bubble: Bubble


class Watch:
    """One reader of some phones: first what it has not seen, then each change as it comes."""

    def __init__(self, phones: Collection[Phone], *, missed: list[Change], backlog: int) -> None:
        self.phones, self.missed = frozenset(phones), missed
        self._queue: asyncio.Queue[Change | None] = asyncio.Queue(maxsize=backlog)
        self.is_dropped = False

    async def next(self) -> Change | None:
        """The next change; None when the reader was dropped and should come back."""
        return None if self.is_dropped else await self._queue.get()

    def offer(self, change: Change) -> None:
        """Give a change; a reader too slow to take it is dropped, its next visit brings all it missed."""
        try:
            self._queue.put_nowait(change)
        except asyncio.QueueFull:
            self.drop()

    def drop(self) -> None:
        """End this reader's stream."""
        self.is_dropped = True
        while not self._queue.empty():
            self._queue.get_nowait()
        self._queue.put_nowait(None)


class Hub:
    """Phones and their histories; the oldest bubbles, and phones long unused, fall away.

    ``era`` changes with each start: a page that saw an earlier one knows that the history is new.
    """

    def __init__(
        self,
        *,
        bubbles_kept: int = 300,
        phones_kept: int = 200,
        backlog: int = 64,
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        self.era = secrets.token_hex(4)
        self.seq = 0
        self.now = now
        self._bubbles_kept, self._phones_kept, self._backlog = bubbles_kept, phones_kept, backlog
        self._histories: dict[Phone, dict[str, Change]] = {}
        self._watches: set[Watch] = set()
        self._tasks: set[asyncio.Task[None]] = set()
        self._is_closed = False

    @property
    def readers(self) -> int:
        """How many streams are open."""
        return len(self._watches)

    def put(self, phone: Phone, bubble: Bubble) -> None:
        """Show a bubble, or show it changed if its id is there."""
        history = self._histories.pop(phone, {})
        self._histories[phone] = history
        self.seq += 1
        known = history.get(bubble.id)
        change = Change(seq=self.seq, place=known.place if known else self.seq, phone=phone, bubble=bubble)
        history[bubble.id] = change
        self._let_old_things_go(history)
        for watch in [watch for watch in self._watches if phone in watch.phones]:
            watch.offer(change)

    def find(self, phone: Phone, bubble_id: str) -> Bubble | None:
        """The bubble of that id, None if it never was or has fallen away."""
        change = self._histories.get(phone, {}).get(bubble_id)
        return change.bubble if change else None

    def move(self, phone: Phone, bubble_id: str, status: DeliveryStatus) -> bool:
        """Move a bubble's tick forward; False if it is there already, further, or gone."""
        bubble = self.find(phone, bubble_id)
        if bubble is None or not bubble.may_become(status):
            return False
        self.put(phone, replace(bubble, status=status))
        return True

    def read_all(self, phone: Phone, *, mine: bool) -> list[str]:
        """Mark one side's bubbles as read; the ids of those that were not."""
        sides = [c.bubble for c in self._histories.get(phone, {}).values() if c.bubble.mine is mine]
        arrived = [b.id for b in sides if b.status is not DeliveryStatus.FAILED]
        return [bubble_id for bubble_id in arrived if self.move(phone, bubble_id, DeliveryStatus.READ)]

    @contextmanager
    def watch(self, phones: Collection[Phone], *, after: int = 0) -> Iterator[Watch]:
        """Watch phones from change number ``after`` on; all that is known if it is 0."""
        changes = [c for phone in phones for c in self._histories.get(phone, {}).values() if c.seq > after]
        watch = Watch(phones, missed=sorted(changes, key=lambda c: c.seq), backlog=self._backlog)
        self._watches.add(watch)
        if self._is_closed:
            watch.drop()
        try:
            yield watch
        finally:
            self._watches.discard(watch)

    def later(self, seconds: float, do: Callable[[], Awaitable[None]]) -> None:
        """Do something after a while, unless the hub is closed first."""
        if self._is_closed:
            return
        task = asyncio.create_task(_after(seconds, do))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def close(self) -> None:
        """End all streams and what was to be done later, so that the server can stop."""
        self._is_closed = True
        for watch in self._watches:
            watch.drop()
        tasks = list(self._tasks)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    def _let_old_things_go(self, history: dict[str, Change]) -> None:
        while len(history) > self._bubbles_kept:
            del history[next(iter(history))]
        watched = {phone for watch in self._watches for phone in watch.phones}
        idle = [phone for phone in self._histories if phone not in watched]
        for phone in idle[: max(0, len(self._histories) - self._phones_kept)]:
            del self._histories[phone]


async def _after(seconds: float, do: Callable[[], Awaitable[None]]) -> None:
    await asyncio.sleep(seconds)
    try:
        await do()
    except BotError as error:
        _log.warning("simulator: a tick was not noted: %s", type(error).__name__)
