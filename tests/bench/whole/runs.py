"""The runs of the benchmark: who is measured, in which order, and what each one used."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

import psutil

from bot.progress import say
from tests.bench.whole.bare import Bare
from tests.bench.whole.drive import Ask, Seen, as_fast_as_answered


@dataclass(frozen=True, slots=True, kw_only=True)
class Size:
    """How much is measured: ``people`` whose past is stored for the growth, ``recorded`` for the bare limit."""

    runs: int = 5
    seconds: float = 10.0
    clients: int = 32
    pace_seconds: float = 30.0
    people: int = 100_000
    recorded: int = 200


@dataclass(slots=True)
class Run:
    """One stretch of one system: what was seen, and the seconds of a core that it, PostgreSQL and the load took.

    ``rss``: MiB of its own processes; ``family_rss``: with what they started (the second reader, Rasa).
    """

    seen: Seen
    own: float
    postgres: float
    load: float
    rss: float
    family_rss: float


@dataclass(slots=True)
class Results:
    """Everything that was measured. ``stretches``: the runs as fast as answered, by system; ``starts``: seconds."""

    size: Size
    stretches: dict[str, list[Run]] = field(default_factory=dict)
    bare: list[Bare] = field(default_factory=list)
    starts: dict[str, float] = field(default_factory=dict)
    paced: dict[str, list[Seen]] = field(default_factory=dict)
    rates: dict[str, float] = field(default_factory=dict)
    messages_stored: int = 0
    replicas: Run | None = None
    doubled: int = 0
    disordered: int = 0


async def stretch(
    name: str, ask: Ask, people: Iterator[int], size: Size, own: Sequence[int], postgres: int | None
) -> Run:
    """As fast as answers come; ``own`` and ``postgres``: process ids whose use (with children) is counted."""
    before = [_seconds(own), _seconds([postgres] if postgres else []), _seconds([psutil.Process().pid], family=False)]
    seen = await as_fast_as_answered(ask, people, clients=size.clients, seconds=size.seconds)
    after = [_seconds(own), _seconds([postgres] if postgres else []), _seconds([psutil.Process().pid], family=False)]
    share = seen.seconds / (seen.seconds * 1.1)  # the warm-up is in the use, not in what was seen
    used = [(late - early) * share for early, late in zip(before, after, strict=True)]
    say(f"  {name}: {seen.pace:.0f} mensajes por segundo")
    return Run(
        seen=seen,
        own=used[0],
        postgres=used[1],
        load=used[2],
        rss=_memory(own),
        family_rss=_memory([one.pid for one in _family(own)]),
    )


def _family(pids: Sequence[int]) -> list[psutil.Process]:
    return [one for pid in pids for one in (psutil.Process(pid), *psutil.Process(pid).children(recursive=True))]


def _seconds(pids: Sequence[int], *, family: bool = True) -> float:
    processes = _family(pids) if family else [psutil.Process(pid) for pid in pids]
    return sum(_times(one, ended=family) for one in processes)


def _times(process: psutil.Process, *, ended: bool) -> float:
    """What it used; ``ended``: also what those of its children used that have ended (connections made anew)."""
    try:
        used = process.cpu_times()
    except psutil.NoSuchProcess:
        return 0.0
    return float(used.user + used.system + (used.children_user + used.children_system if ended else 0.0))


def _memory(pids: Sequence[int]) -> float:
    return sum(psutil.Process(pid).memory_info().rss for pid in pids) / 2**20
