"""Everybody writes: as fast as answers come, or at a pace; the same conversations for whoever is measured."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterator
from dataclasses import dataclass, field
from time import monotonic

from tests.bench.whole.talk import Said, conversation

#: Nobody waits longer for an answer; it counts as none.
PATIENCE_SECONDS = 20.0


@dataclass(frozen=True, slots=True)
class Times:
    """How long one message took, in ms: until it was acknowledged, until the answer was there."""

    acknowledged: float
    answered: float


@dataclass(slots=True)
class Seen:
    """``times`` of everything that was answered within the stretch; ``unanswered`` and ``refused`` count the rest."""

    seconds: float = 0.0
    times: list[Times] = field(default_factory=list)
    unanswered: int = 0
    refused: int = 0

    @property
    def pace(self) -> float:
        """Answered messages a second."""
        return len(self.times) / self.seconds


#: Writes one message of the person with this number; None if it was refused or never answered.
Ask = Callable[[int, Said], Awaitable[Times | None]]


async def as_fast_as_answered(ask: Ask, people: Iterator[int], *, clients: int, seconds: float) -> Seen:
    """So many write at once, each its next message when the last was answered; a tenth of the time is warm-up."""
    seen, began = Seen(), monotonic()
    counts_from, ends = began + seconds * 0.1, began + seconds * 1.1

    async def client() -> None:
        while monotonic() < ends:
            number = next(people)
            for said in conversation(number):
                if monotonic() >= ends:
                    return
                times = await ask(number, said)
                if counts_from <= monotonic() < ends:
                    _note(seen, times)

    await asyncio.gather(*(client() for _ in range(clients)))
    seen.seconds = ends - counts_from
    return seen


async def at_a_pace(ask: Ask, people: Iterator[int], *, rate: float, seconds: float) -> Seen:
    """So many messages a second, whether answers come or not; nobody writes before her last was answered."""
    seen, began, tasks = Seen(seconds=seconds), monotonic(), set[asyncio.Task[None]]()
    free: list[tuple[int, Iterator[Said]]] = []

    async def say(number: int, rest: Iterator[Said], said: Said) -> None:
        _note(seen, await ask(number, said))
        free.append((number, rest))

    for count in range(int(rate * seconds)):
        await asyncio.sleep(max(0.0, began + count / rate - monotonic()))
        said = None
        while said is None:
            number, rest = free.pop(0) if len(free) > 50 else _somebody(people)
            said = next(rest, None)
        task = asyncio.create_task(say(number, rest, said))
        tasks.add(task)
        task.add_done_callback(tasks.discard)
    await asyncio.gather(*tasks)
    return seen


def _somebody(people: Iterator[int]) -> tuple[int, Iterator[Said]]:
    number = next(people)
    return number, conversation(number)


def _note(seen: Seen, times: Times | None) -> None:
    if times is None:
        seen.unanswered += 1
    else:
        seen.times.append(times)
