"""Sends what the outbox holds: the head of each queue, once, in order, and never to a locked phone."""

from __future__ import annotations

import asyncio
import logging
import random
from collections.abc import Collection, Mapping, Sequence
from datetime import timedelta
from uuid import UUID, uuid4

from bot.dialogue.effects import Say
from bot.errors import DatabaseUnavailable, SendError
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
from storage.turns import LETTER_LEASE, OutgoingReply

#: Sending is given up well before the lease ends, so that nobody else has begun.
SEND_SECONDS = 10.0
#: How long after an unclear answer the provider is asked whether it has the letter.
DOUBT = timedelta(seconds=5)
_LONGEST_WAIT_SECONDS = 300.0
_AT_ONCE = 16
_POLL_SECONDS = 0.5

log = logging.getLogger(__name__)


class Delivery:
    """Carries letters over the channels that this process has; on ``reopens`` the neutral question is a template."""

    def __init__(
        self,
        database: Database,
        ring: KeyRing,
        channels: Mapping[str, Channel],
        *,
        only: UUID | None = None,
        reopens: Collection[str] = (),
    ) -> None:
        self._database, self._ring, self._channels, self._only = database, ring, dict(channels), only
        self._reopens = frozenset(reopens)
        self._wake = asyncio.Event()
        self._tasks: set[asyncio.Task[None]] = set()
        self._stopping = False

    def wake(self) -> None:
        """Something may be due: look now instead of at the next poll."""
        self._wake.set()

    def has_room_for(self, channel: str) -> bool:
        """Whether this process can send over a channel just now; if not, the letter waits in the outbox."""
        return channel in self._channels and len(self._tasks) < _AT_ONCE

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
        left = LETTER_LEASE.total_seconds() - (asyncio.get_running_loop().time() - held_since)
        if left < SEND_SECONDS / 2:
            return
        try:
            async with asyncio.timeout(min(SEND_SECONDS, left)):
                provider_id = await channel.find(letter, known=held.known) if held.in_doubt else None
                provider_id = provider_id or await channel.send(letter)
        except TimeoutError:
            await leave_in_doubt(self._database, letter.outbox_id, lease=lease, code="timeout", after=DOUBT)
        except SendError as error:
            await self._not_sent(held, lease, error)
        except Exception as error:  # noqa: BLE001
            # The channel broke in a way it does not know: nobody can say whether it was sent.
            log.error("letter %s: %s", letter.outbox_id, type(error).__name__)  # noqa: TRY400
            await leave_in_doubt(self._database, letter.outbox_id, lease=lease, code="unclear", after=DOUBT)
        else:
            await mark_sent(self._database, letter.outbox_id, provider_id)
            self.wake()

    async def _not_sent(self, held: HeldLetter, lease: UUID, error: SendError) -> None:
        letter_id = held.letter.outbox_id
        log.warning("letter %s: %s", letter_id, error)
        if error.uncertain or (held.in_doubt and error.retryable):
            await leave_in_doubt(self._database, letter_id, lease=lease, code=error.code, after=DOUBT)
        elif error.retryable:
            await try_later(self._database, letter_id, lease=lease, code=error.code, after=_wait_after(held.attempts))
        else:
            await give_up(self._database, letter_id, code=error.code)
            await note_failures(self._database, self._ring)
            self.wake()

    async def _take(self, limit: int) -> int:
        if limit <= 0:
            return 0
        lease, held_since = uuid4(), asyncio.get_running_loop().time()
        held, refused = await hold_letters(
            self._database, self._ring, channels=list(self._channels), lease=lease, limit=limit, only=self._only
        )
        for letter in held:
            self.begin(letter, lease, held_since)
        if refused:
            await note_failures(self._database, self._ring)
        return len(held) + len(refused)

    def _finished(self, task: asyncio.Task[None]) -> None:
        self._tasks.discard(task)
        self.wake()

    async def _wait(self) -> None:
        try:
            async with asyncio.timeout(_POLL_SECONDS):
                await self._wake.wait()
        except TimeoutError:
            pass


def _wait_after(attempts: int) -> timedelta:
    """Twice as long each time, up to five minutes, spread so that replicas do not march in step."""
    seconds = min(2.0**attempts, _LONGEST_WAIT_SECONDS)
    return timedelta(seconds=seconds * random.uniform(0.5, 1.0))
