"""Sends what the outbox holds: the head of each queue, once, in order, and never to a locked phone."""

from __future__ import annotations

import asyncio
import logging
import random
from collections.abc import Callable, Collection, Mapping, Sequence
from datetime import timedelta
from uuid import UUID, uuid4

from bot.dialogue.effects import Say
from bot.errors import DatabaseUnavailable, SendError
from bot.outcomes import drops
from bot.pace import Pace
from bot.segments import count_segments
from bot.services import Channel
from storage.database import Database
from storage.keys import KeyRing
from storage.outbox import (
    HeldLetter,
    give_up,
    hold_letters,
    leave_in_doubt,
    mark_sent,
    note_failures,
    try_later,
)
from storage.written import LETTER_LEASE, OutgoingReply

#: Sending is given up well before the lease ends, so that nobody else has begun.
SEND_SECONDS = 10.0
#: How long after an unclear answer the provider is asked whether it has the letter.
DOUBT = timedelta(seconds=5)
_LONGEST_DOUBT_SECONDS = 60.0
_AT_ONCE = 16
_POLL_SECONDS, _QUEUED_POLL_SECONDS = 0.5, 0.1

log = logging.getLogger(__name__)


class Delivery:
    """Carries letters over the channels that this process has; on ``reopens`` the neutral question is a template.

    ``rates``: messages a second by channel, of SMS segments; a channel that is not named is as fast as it goes.
    ``clock`` is what their paces go by, in seconds; the loop's if not given.
    """

    def __init__(
        self,
        database: Database,
        ring: KeyRing,
        channels: Mapping[str, Channel],
        *,
        rates: Mapping[str, float] | None = None,
        only: UUID | None = None,
        reopens: Collection[str] = (),
        clock: Callable[[], float] | None = None,
    ) -> None:
        self._database, self._ring, self._channels, self._only = database, ring, dict(channels), only
        self._reopens = frozenset(reopens)
        self._paces = {name: Pace(rate=(rates or {}).get(name)) for name in self._channels}
        self._queued: set[str] = set()
        self._clock = clock or _now
        self._wake = asyncio.Event()
        self._tasks: set[asyncio.Task[None]] = set()
        self._stopping = False

    def wake(self) -> None:
        """Something may be due: look now instead of at the next poll."""
        self._wake.set()

    def has_room_for(self, channel: str) -> bool:
        """Whether this process can send over a channel just now; if not, the letter waits in the outbox.

        Nobody passes those who wait there already, but for what is urgent: the outbox is asked in that order.
        """
        if channel not in self._channels or channel in self._queued or len(self._tasks) >= _AT_ONCE:
            return False
        return self._paces[channel].room(self._clock()) > 0

    def hurry(self, channel: str) -> None:
        """Somebody who writes there is in danger: try at once what a silence would put off."""
        if channel in self._paces:
            self._paces[channel].hurry(self._clock())
            self.wake()

    def slow_down(self) -> None:
        """The provider says of a letter that it had taken that we are too fast: everybody waits a moment."""
        for pace in self._paces.values():
            pace.refused(self._clock(), slows=True)

    def can_reopen(self, channel: str) -> bool:
        """Whether the neutral question is a template there that the provider takes after its window too."""
        return channel in self._reopens

    def lay_out(self, channel: str, says: Sequence[Say]) -> tuple[OutgoingReply, ...]:
        """Split what is said into what the channel takes as single messages."""
        carrier = self._channels.get(channel)
        return tuple(
            OutgoingReply(reply=reply, parting=say.parting, until=say.until, reopens=say.reopens)
            for say in says
            for reply in (carrier.lay_out(say.reply) if carrier else (say.reply,))
        )

    async def run(self) -> None:
        """Carry letters until ``stop``; a database that is away is waited for."""
        while not self._stopping:
            self._wake.clear()
            took = 0
            try:
                took = await self._take(_AT_ONCE - len(self._tasks))
            except DatabaseUnavailable:
                await asyncio.sleep(_POLL_SECONDS * 2)
            except Exception as error:  # noqa: BLE001 - nobody else would begin this loop again
                log.error("no letter could be taken: %s", type(error).__name__)  # noqa: TRY400
                await asyncio.sleep(_POLL_SECONDS * 2)
            if not took or len(self._tasks) >= _AT_ONCE:
                await self._wait()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    async def stop(self) -> None:
        """Take nothing new and finish what is on its way."""
        self._stopping = True
        self.wake()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    async def deliver_once(self) -> int:
        """Carry what is due now, also what comes up behind it; how many letters there were."""
        total = len(self._tasks)
        await asyncio.gather(*self._tasks)
        while took := await self._take(_AT_ONCE):
            total += took
            await asyncio.gather(*self._tasks)
        return total

    def begin(self, held: HeldLetter, lease: UUID, held_since: float) -> None:
        """Carry a leased letter in a task of its own."""
        address, text = held.letter.address, held.letter.reply.text
        cost = count_segments(text).segments if address.channel == "sms" else 1
        self._paces[address.channel].spend(self._clock(), cost)
        task = asyncio.create_task(self.carry(held, lease, held_since))
        self._tasks.add(task)
        task.add_done_callback(self._finished)

    async def carry(self, held: HeldLetter, lease: UUID, held_since: float) -> None:
        """Hand one leased letter to its channel and write down what became of it.

        ``held_since`` is the loop's time of the lease: a process that was asleep past its
        lease must not speak, since another may have spoken for it.
        """
        try:
            await self._carry(held, lease, held_since)
        except DatabaseUnavailable:
            # The lease ends by itself, and whoever takes the letter then asks the provider first.
            log.warning("the database went away while letter %s was sent", held.letter.outbox_id)

    async def _carry(self, held: HeldLetter, lease: UUID, held_since: float) -> None:
        letter = held.letter
        channel = self._channels[letter.address.channel]
        left = LETTER_LEASE.total_seconds() - (_now() - held_since)
        if left < SEND_SECONDS / 2:
            return
        try:
            async with asyncio.timeout(min(SEND_SECONDS, left)):
                provider_id = await channel.find(letter, known=held.known) if held.in_doubt else None
                provider_id = provider_id or await channel.send(letter)
        except TimeoutError:
            await self._not_sent(held, lease, SendError("timeout", retryable=True, uncertain=True))
        except SendError as error:
            await self._not_sent(held, lease, error)
        except Exception as error:  # noqa: BLE001
            # The channel broke in a way it does not know: nobody can say whether it was sent.
            log.error("letter %s: %s", letter.outbox_id, type(error).__name__)  # noqa: TRY400
            await self._not_sent(held, lease, SendError("unclear", retryable=True, uncertain=True))
        else:
            self._paces[letter.address.channel].taken()
            if await mark_sent(self._database, letter.outbox_id, provider_id):
                self.wake()

    async def _not_sent(self, held: HeldLetter, lease: UUID, error: SendError) -> None:
        letter_id, pace = held.letter.outbox_id, self._paces[held.letter.address.channel]
        log.warning("letter %s: %s", letter_id, error)
        if error.uncertain:
            pace.unclear(self._clock())
            await leave_in_doubt(
                self._database, letter_id, lease=lease, code=error.code, after=_doubt_after(held.attempts)
            )
        elif error.retryable:
            # The provider's trouble and not this letter's: its sender's silence holds it, and what is urgent is the
            # first to be tried when that ends.
            pace.refused(self._clock(), slows=drops(error.code))
            if held.in_doubt:
                await leave_in_doubt(self._database, letter_id, lease=lease, code=error.code, after=timedelta(0))
            else:
                await try_later(self._database, letter_id, lease=lease, code=error.code)
        else:
            pace.taken()  # it answers, though not as we would like
            await give_up(self._database, letter_id, code=error.code)
            await note_failures(self._database, self._ring)
            self.wake()

    async def _take(self, limit: int) -> int:
        """Hold what is due, of each channel as many as it has room for; how many letters there were."""
        rooms = {name: self._room(name) for name in self._channels}
        free = [name for name, room in rooms.items() if room >= limit]
        paced = [name for name, room in rooms.items() if 0 < room < limit]
        took = 0
        for names, most in ((free, limit), *(([name], rooms[name]) for name in paced)):
            if names and limit - took > 0:
                took += await self._take_of(names, min(most, limit - took))
        return took

    async def _take_of(self, names: list[str], limit: int) -> int:
        lease, held_since = uuid4(), _now()
        held, refused = await hold_letters(
            self._database, self._ring, channels=names, lease=lease, limit=limit, only=self._only
        )
        for letter in held:
            self.begin(letter, lease, held_since)
        if refused:
            await note_failures(self._database, self._ring)
        if len(held) + len(refused) >= limit and (limit >= _AT_ONCE // 2 or len(names) == 1):
            self._queued |= set(names)
        else:
            self._queued -= set(names)
        return len(held) + len(refused)

    def _room(self, name: str) -> int:
        pace = self._paces[name]
        room = pace.room(self._clock())
        # Where many wait, a few at a time: to look for each by itself would cost more than to send it.
        return 0 if name in self._queued and room < pace.portion else room

    def _finished(self, task: asyncio.Task[None]) -> None:
        was_full = len(self._tasks) >= _AT_ONCE
        self._tasks.discard(task)
        if was_full or self._queued:  # a look costs the database as much as a turn's claim
            self.wake()

    async def _wait(self) -> None:
        try:
            async with asyncio.timeout(_QUEUED_POLL_SECONDS if self._queued else _POLL_SECONDS):
                await self._wake.wait()
        except TimeoutError:
            pass


def _doubt_after(attempts: int) -> timedelta:
    """When the provider is asked again for one that stays unclear: up to a minute, and not all at once."""
    return max(DOUBT, timedelta(seconds=min(2.0**attempts, _LONGEST_DOUBT_SECONDS) * random.uniform(0.5, 1.0)))


def _now() -> float:
    return asyncio.get_running_loop().time()
