"""The whole service in one process, on a real database, with a channel, a clock and an NLU that obey the test."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Collection, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from functools import cache
from typing import Any
from uuid import uuid4

from sqlalchemy import Row, text

from bot.budget import Budget
from bot.delivery import Delivery
from bot.dialogue.flow import FlowBook
from bot.dialogue.load import load_book
from bot.errors import SendError
from bot.intake import Intake
from bot.messages import Address, Letter, PersonMessage, Reply, StaffAction, Understanding
from bot.nlu.interpreter import joined, where_sure
from bot.services import Channel
from bot.territory import department
from bot.worker import Worker
from storage.database import Database
from storage.handovers import strike_due
from storage.inbox import add_entry
from storage.keys import KeyRing
from storage.outbox import note_failures
from storage.reminders import fire_due
from tests.doubles.database import move_clock

WRAPPING_KEY, INDEX_KEY = b"w" * 32, b"i" * 32
HER = Address(channel="whatsapp", value="+573001112233")


@dataclass
class FakeChannel:
    """Takes every letter and remembers it; ``fail`` holds errors for the next sendings."""

    letters: list[Letter] = field(default_factory=list)
    fail: list[SendError] = field(default_factory=list)

    def lay_out(self, reply: Reply) -> Sequence[Reply]:
        return (reply,)

    async def send(self, letter: Letter) -> str:
        if self.fail:
            raise self.fail.pop(0)
        self.letters.append(letter)
        return f"SM{len(self.letters)}"

    async def find(self, letter: Letter, *, known: Collection[str] = frozenset()) -> str | None:
        ids = [taken.outbox_id for taken in self.letters]
        return f"SM{ids.index(letter.outbox_id) + 1}" if letter.outbox_id in ids else None

    @property
    def texts(self) -> list[str]:
        return [letter.reply.text for letter in self.letters]


@dataclass
class FakeInterpreter:
    """Understands what it was told to, and the word screen's dangers; ``broken`` makes it raise.

    ``has_second_reader``: as the service's own says; off unless a test turns it on.
    """

    meanings: dict[str, Understanding] = field(default_factory=dict)
    broken: Exception | None = None
    asked: list[str] = field(default_factory=list)
    has_second_reader: bool | None = None

    async def interpret(self, text: str) -> Understanding:
        self.asked.append(text)
        if self.broken is not None:
            raise self.broken
        return where_sure(joined(text, self.meanings.get(text, Understanding()), department()))

    async def is_ready(self) -> bool:
        return self.broken is None


@cache
def _book() -> FlowBook:
    """The content, read once for all tests."""
    return load_book()


class Rig:
    """Drive it: ``await rig.write("hola")``, then look at ``rig.channel.texts`` and the rows."""

    def __init__(
        self,
        url: str,
        *,
        quiet_seconds: float = 0.0,
        channels: Mapping[str, Channel] | None = None,
        ring: KeyRing | None = None,
        reopens: Collection[str] = (),
        rates: Mapping[str, float] | None = None,
        most_letters: int = 1_000_000,
    ) -> None:
        self.database = Database(url)
        self.ring = ring or KeyRing([WRAPPING_KEY], INDEX_KEY)
        self.channel, self.interpreter = FakeChannel(), FakeInterpreter()
        self._waited = 0.0
        awake = asyncio.Event()
        self.intake = Intake(
            self.database,
            self.ring,
            quiet_seconds=quiet_seconds,
            wake=awake.set,
            slow=lambda: self.delivery.slow_down(),  # noqa: PLW0108 - the delivery is built later
        )
        chosen = channels or {"whatsapp": self.channel, "sms": self.channel}
        self.delivery = Delivery(self.database, self.ring, chosen, rates=rates, reopens=reopens, clock=self._clock)
        self.budget = Budget(self.database, most=most_letters)
        self.worker = Worker(
            self.database,
            self.ring,
            _book(),
            self.interpreter,
            self.delivery,
            awake=awake,
            is_spent=self.budget.is_spent,
        )

    def message(self, words: str = "", *, by: Address = HER, **more: Any) -> PersonMessage:
        """A message with a fresh id."""
        return PersonMessage(source="twilio", external_id=f"SM{uuid4().hex}", address=by, text=words, **more)

    async def write(self, words: str = "", *, by: Address = HER, **more: Any) -> None:
        """She writes, and everything that follows from it happens."""
        await self.intake.accept(self.message(words, by=by, **more))
        await self.settle()

    async def act(self, action: StaffAction) -> None:
        """Somebody of the team acts, and everything that follows from it happens."""
        async with self.database.transaction() as tx:
            await add_entry(tx, self.ring, action)
        await self.settle()

    async def settle(self) -> None:
        """Let worker, delivery and ticks do all that is due now."""
        while True:
            moved = await fire_due(self.database, self.ring)
            moved += await strike_due(self.database, self.ring)
            moved += await self.worker.work_once()
            moved += await self.delivery.deliver_once()
            moved += await note_failures(self.database, self.ring)
            if not moved:
                return

    async def wait(self, by: timedelta) -> None:
        """Time passes, and what was due happens."""
        self._waited += by.total_seconds()
        await move_clock(self.database, by)
        await self.settle()

    async def rows(self, sql: str, **params: Any) -> Sequence[Row[Any]]:
        """Look into the database."""
        return await self.database.run(text(sql), params)

    async def close(self) -> None:
        await self.database.close()

    def _clock(self) -> float:
        return asyncio.get_running_loop().time() + self._waited


@asynccontextmanager
async def rigged(url: str, **more: Any) -> AsyncIterator[Rig]:
    """A rig that is closed at the end."""
    rig = Rig(url, **more)
    try:
        yield rig
    finally:
        await rig.close()
