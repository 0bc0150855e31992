"""``python -m tests.bench.console``: fifty psychologists at their screens while a hundred messages a second come in.

One service process as it runs in earnest, on the embedded PostgreSQL; whoever writes, Twilio and the screens are this
process. What it saw goes into ``docs/benchmarks.md``.
"""

from __future__ import annotations

import argparse
import asyncio
import random
import sys
from contextlib import suppress
from pathlib import Path
from time import monotonic

import psutil

from bot.progress import say
from tests.bench.figures import PAGE, quantile, where_and_when, write_section
from tests.bench.report import LAST_SECONDS, PAGES, Result, Usage, page
from tests.bench.scene import Scene, Size, count_undone, set_scene, until_idle
from tests.bench.screens import Screen, Seen

PROJECT = Path(__file__).parent.parent.parent
_SETTLE_SECONDS = 5.0


async def measure(size: Size) -> list[Result]:
    """Set the scene, let them write at each share of the rate, and look."""
    async with set_scene(size) as scene:
        pages = [asyncio.create_task(one.stay_open()) for one in scene.screens]
        results = []
        try:
            for share in size.shares:
                await asyncio.sleep(min(_SETTLE_SECONDS, size.seconds))
                results.append(await _watch(scene, size.rate * share))
                await until_idle(scene)
            return results
        finally:
            for one in pages:
                one.cancel()
            await asyncio.gather(*pages, return_exceptions=True)


def main() -> int:
    """Run it; 1 if messages were refused."""
    given = _arguments()
    size = Size(psychologists=given.psychologists, chats=given.chats, rate=given.rate, seconds=given.seconds)
    heading = where_and_when(PROJECT)
    results = asyncio.run(measure(size))
    section = page(results, heading)
    if given.into is not None:
        write_section(given.into, "bench-console", section)
        say(f"Escrito: {given.into.name}")
    sys.stdout.write(section + "\n")
    return 1 if any(one.refused for one in results) else 0


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description="La consola bajo carga")
    usual = Size()
    parser.add_argument("--psychologists", type=int, default=usual.psychologists)
    parser.add_argument("--chats", type=int, default=usual.chats)
    parser.add_argument("--rate", type=float, default=usual.rate, help="mensajes por segundo")
    parser.add_argument("--seconds", type=float, default=usual.seconds)
    parser.add_argument("--into", type=Path, default=PAGE, help="dónde se escribe")
    parser.add_argument("--dry", dest="into", action="store_const", const=None, help="no escribir")
    return parser.parse_args()


async def _watch(scene: Scene, rate: float) -> Result:
    """The stretch that counts."""
    size, town, seen = scene.size, scene.town, Seen()
    scene.seen, earlier, refused = seen, set(town.written), town.refused
    lags_before = len(scene.service.lags.read_text("ascii").splitlines())
    for one in scene.screens:
        one.seen, one.is_measured = seen, True
    looking = asyncio.create_task(_open_pages(scene))
    before, began, machine = _spent(scene), monotonic(), psutil.cpu_times()
    reporting = asyncio.create_task(_report(scene, began))
    behind = await town.write(rate=rate, seconds=size.seconds, chance=random.Random(1), on_taken=scene.on_taken)
    after, took, machine_after = _spent(scene), monotonic() - began, psutil.cpu_times()
    left = await count_undone(scene)
    await _until_shown(scene)
    for task in (looking, reporting):
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task
    spent = [(late - early) / took for early, late in zip(before, after, strict=True)]
    busy = sum(_busy(machine_after)) - sum(_busy(machine))
    taken = [one for one in town.written.values() if one.taken and one.number not in earlier]
    unseen = sum(len(one.waiting) for one in scene.screens)
    for one in scene.screens:
        one.waiting.clear()
        one.untold.clear()
    return Result(
        size=size,
        rate=rate,
        seen=seen,
        usage=Usage(
            service=spent[0],
            postgres=spent[1],
            load=spent[2],
            others=max(0.0, busy / took - sum(spent)),
            rss=_process(scene).memory_info().rss / 2**20,
        ),
        lags=[float(one) for one in scene.service.lags.read_text("ascii").splitlines()[lags_before:]],
        answers=[(one.taken - one.posted) * 1000 for one in taken],
        taken=len(taken),
        refused=town.refused - refused,
        behind=behind,
        left=left,
        unseen=unseen,
    )


async def _until_shown(scene: Scene) -> None:
    with suppress(TimeoutError):
        async with asyncio.timeout(LAST_SECONDS):
            while any(one.waiting for one in scene.screens):
                await asyncio.sleep(0.05)


async def _open_pages(scene: Scene) -> None:
    """Somebody opens a page, again and again."""
    chance = random.Random(2)
    at_chats = [one for one in scene.screens if one.chat]

    async def keep_opening(path: str, rate: float) -> None:
        board = Screen(browser=scene.coordinator, seen=scene.seen, mine=frozenset()) if scene.coordinator else None
        if board is not None:
            board.is_measured = True
        while True:
            await asyncio.sleep(chance.expovariate(rate))
            screen = board if path == "/consola/tablero" else chance.choice(at_chats or scene.screens)
            if screen is not None:
                await screen.open(f"/consola/chat/{screen.chat}" if path == "chat" and screen.chat else path)

    await asyncio.gather(*(keep_opening(path, rate) for path, rate in PAGES.items() if path != "chat" or at_chats))


async def _report(scene: Scene, began: float) -> None:
    while True:
        await asyncio.sleep(5)
        shown = scene.seen.shown[-200:]
        late = f"en pantalla p95 {quantile(shown, 0.95):.0f} ms" if shown else "aún nada en pantalla"
        say(f"  {monotonic() - began:.0f} de {scene.size.seconds:.0f} s: {len(scene.town.written)} mensajes, {late}")


def _process(scene: Scene) -> psutil.Process:
    assert scene.service.process is not None
    return psutil.Process(scene.service.process.pid)


def _spent(scene: Scene) -> tuple[float, float, float]:
    """Seconds of a core since their start: the service, PostgreSQL with its children, this process."""
    server = psutil.Process(scene.postgres.pid) if scene.postgres.pid is not None else None
    family = [server, *server.children(recursive=True)] if server is not None else []
    return _seconds(_process(scene)), sum(_seconds(one, ended=True) for one in family), _seconds(psutil.Process())


def _seconds(process: psutil.Process, *, ended: bool = False) -> float:
    # ``ended``: also what those of its children used that have ended, as connections do that are made anew.
    try:
        used = process.cpu_times()
    except psutil.NoSuchProcess:
        return 0.0
    return float(used.user + used.system + (used.children_user + used.children_system if ended else 0.0))


def _busy(times: object) -> tuple[float, float, float]:
    return tuple(float(getattr(times, name)) for name in ("user", "system", "nice"))  # type: ignore[return-value]


if __name__ == "__main__":
    sys.exit(main())
