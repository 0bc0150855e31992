"""A provider that is slow or not there at all: danger is understood all the same, and nothing waits for ever."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field
from datetime import timedelta

from bot.clock import Clock, Tick, add_ticks
from bot.messages import Address, Letter
from storage.health import waiting
from tests.doubles.loops import at_work, until
from tests.doubles.rig import FakeChannel, rigged


@dataclass
class SilentProvider(FakeChannel):
    """Says nothing to any letter until it is told to."""

    speaks: asyncio.Event = field(default_factory=asyncio.Event)

    async def send(self, letter: Letter) -> str:
        await self.speaks.wait()
        return await super().send(letter)


class HandClock(Clock):
    """Ticks when the test says so."""

    def __init__(self) -> None:
        super().__init__()
        self._ticks: list[Tick] = []

    def every(self, seconds: float, tick: Tick, *, name: str) -> None:
        self._ticks.append(tick)

    async def all(self) -> None:
        """Every tick of the service, once."""
        for tick in self._ticks:
            await tick()


async def test_while_the_provider_is_silent_danger_is_understood_and_a_person_is_called(database_url: str) -> None:
    provider = SilentProvider()
    async with rigged(database_url, channels={"whatsapp": provider}) as rig, at_work(rig):
        for n in range(48):
            await rig.intake.accept(rig.message("buenas", by=Address(channel="whatsapp", value=f"+5730000000{n:02}")))
        await rig.intake.accept(rig.message("me esta tumbando la puerta"))
        # Well before the first sending is given up.
        await until(rig, "SELECT count(*) = 0 FROM inbox WHERE turn_id IS NULL", within=8)
        assert len(await rig.rows("SELECT 1 FROM handovers WHERE closed_at IS NULL")) == 1
        assert provider.letters == []
        provider.speaks.set()
        await until(rig, "SELECT count(*) >= 49 FROM outbox WHERE status = 'sent'")
        assert any("123" in words for words in provider.texts)


async def test_an_answer_for_a_channel_that_nobody_serves_any_more_ends_and_health_does_not_count_it_for_ever(
    database_url: str,
) -> None:
    async with rigged(database_url) as rig:
        ticks = HandClock()
        add_ticks(ticks, rig.database, rig.ring, rig.budget, wake=lambda: None)
        # A conversation in a shell, which was closed before the answer.
        await rig.write("buenas", by=Address(channel="terminal", value="yo"))
        await rig.wait(timedelta(minutes=1))
        assert (await waiting(rig.database)).unsent_seconds > 0
        await rig.wait(timedelta(days=3))
        await ticks.all()
        assert (await waiting(rig.database)).unsent_seconds == 0
        rows = await rig.rows("SELECT status, code FROM outbox")
        assert [tuple(row) for row in rows] == [("withdrawn", "too_late")]
