"""``python -m tests.bench.console``: fifty psychologists at their screens while a hundred messages a second come in.

One service process as it runs in earnest, on the embedded PostgreSQL; whoever writes, Twilio and the screens are this
process. What it saw goes into ``docs/benchmarks.md``.
"""

from __future__ import annotations

import argparse
import asyncio
import random
import sys
import tempfile
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from time import monotonic
from uuid import UUID

import psutil
from sqlalchemy import text

from bot.intake import Intake
from bot.messages import Address
from bot.progress import say, under_way
from bot.staff import Role
from bot.territory import department
from storage.database import Database
from storage.embedded import EmbeddedPostgres
from storage.keys import KeyRing
from storage.office import open_office
from tests.bench.figures import PAGE, quantile, spread, where_and_when, write_section
from tests.bench.screens import Screen, Seen
from tests.bench.town import Town, Written
from tests.console.house import AUDIT_KEY, Browser, CountingPasswords, House
from tests.console.ward import does
from tests.doubles.process import ServiceProcess
from tests.doubles.rig import INDEX_KEY, WRAPPING_KEY
from tests.doubles.twilio import TwilioDouble

PROJECT = Path(__file__).parent.parent.parent
#: What each of them may hold at once (bot/takeover/clocks.yml), if there are so many chats.
_HELD = 3
#: One in so many has the queue before her, the others a chat.
_AT_QUEUE = 5
#: Whole pages are opened beside all that: so many a second.
_PAGES = {"/consola/cola": 1.0, "chat": 1.0, "/consola/tablero": 0.5}
_SCREEN_TARGET, _PAGE_TARGET = 300.0, 200.0
_PARTS = (
    ("/consola/cola", "page: queue", _PAGE_TARGET),
    ("/consola/chat/…", "page: chat", _PAGE_TARGET),
    ("/consola/tablero", "page: board", _PAGE_TARGET),
    ("/consola/cola/lista", "part of the queue, renewed", None),
    ("/consola/chat/…/vivo", "part of a chat, renewed", None),
    ("/consola/avisos", "bell", None),
)
_SETTLE_SECONDS = 5.0
#: What was taken last is still on its way to a screen: it is waited for so long.
_LAST_SECONDS = 10.0
_IDLE = (
    "SELECT (SELECT count(*) FROM inbox WHERE turn_id IS NULL)"
    " + (SELECT count(*) FROM outbox WHERE status IN ('queued', 'leased')) AS left"
)
_OPEN = """
SELECT h.id, p.phone_index FROM handovers h
JOIN conversations c ON c.id = h.conversation_id JOIN people p ON p.id = c.person_id
WHERE h.closed_at IS NULL
"""


class WatchedService(ServiceProcess):
    """The service with a task beside it that notes how late the event loop is, in ``lags``."""

    def __init__(self, var_dir: Path, **environment: str) -> None:
        super().__init__(var_dir, **environment)
        self.lags = var_dir / "lags"
        self.lags.touch()
        self.program = ("-m", "tests.bench.served", str(self.lags))


@dataclass(frozen=True, slots=True, kw_only=True)
class Size:
    """How large a run is; ``shares``: at which parts of the rate it is measured, for ``seconds`` each."""

    psychologists: int = 50
    chats: int = 500
    rate: float = 100.0
    seconds: float = 40.0
    shares: tuple[float, ...] = (0.25, 0.5, 1.0)
    #: What the service waits for the rest of a burst, as in earnest.
    quiet: float = 1.5


@dataclass
class Scene:
    """Everything of a run: the service, who writes, and who looks."""

    size: Size
    service: WatchedService
    postgres: EmbeddedPostgres
    house: House
    town: Town
    seen: Seen = field(default_factory=Seen)
    screens: list[Screen] = field(default_factory=list)
    by_place: dict[str, Screen] = field(default_factory=dict)
    coordinator: Browser | None = None

    def on_taken(self, one: Written) -> None:
        if one.place in self.by_place:
            self.by_place[one.place].expect(one)


@dataclass(frozen=True, slots=True, kw_only=True)
class Usage:
    """What the machine did in a stretch of time: cores in use, by whom; ``rss``: the service's, in MiB."""

    service: float
    postgres: float
    load: float
    others: float
    rss: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Result:
    """What a run saw. ``behind``: seconds by which the load lagged its own plan; ``lags``: of the loop, in ms."""

    size: Size
    rate: float
    seen: Seen
    usage: Usage
    lags: Sequence[float]
    answers: Sequence[float]
    taken: int
    refused: int
    behind: float
    left: int
    unseen: int


async def measure(size: Size) -> list[Result]:
    """Set the scene, let them write at each share of the rate, and look."""
    async with _scene(size) as scene:
        with under_way("se llena la sala"):
            await _fill(scene)
        with under_way("entran las psicólogas y toman sus chats"):
            await _sit_down(scene)
        pages = [asyncio.create_task(one.stay_open()) for one in scene.screens]
        results = []
        try:
            for share in size.shares:
                await asyncio.sleep(min(_SETTLE_SECONDS, size.seconds))
                results.append(await _watch(scene, size.rate * share))
                await _until_idle(scene)
            return results
        finally:
            for one in pages:
                one.cancel()
            await asyncio.gather(*pages, return_exceptions=True)


def page(results: Sequence[Result], heading: str) -> str:
    """The section of ``docs/benchmarks.md``."""
    size = results[0].size
    at_chat = sum(1 for number in range(size.psychologists) if number % _AT_QUEUE)
    held = min(size.chats, _HELD * size.psychologists)
    scene = (
        f"{size.psychologists} signed-in psychologists with open streams, {at_chat} before a chat and the others "
        f"before the queue; {size.chats} open chats, of which they hold {held}. Messages come evenly over all chats "
        f"through the webhook, signed as Twilio signs, {size.seconds:.0f} s at each pace, to one service process that "
        "also understands them and takes the turns. In another process: the women, Twilio, and the screens, which do "
        f"what the scripts do (renew, ring) and draw nothing. Beside it whole pages are opened: queue and chat "
        f"{_PAGES['chat']:.0f} a second each, the board one in {1 / _PAGES['/consola/tablero']:.0f} s. *Told* is when "
        "the owner's stream says that something came, *on screen* when the part of the page that she then fetches "
        "holds the words."
    )
    parts = [
        "## The console under load: `make bench-console`",
        heading,
        scene,
        *(_stretch(one) for one in results),
    ]
    return "\n\n".join(parts)


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


def _stretch(result: Result) -> str:
    seen, size, usage, seconds = result.seen, result.size, result.usage, result.size.seconds
    events = seen.events / (size.psychologists * seconds)
    fewer = result.taken * size.psychologists / max(1, seen.events)
    rows = "\n".join(spread(name, seen.pages[path], target) for path, name, target in _PARTS)
    return f"""### {result.rate:.0f} messages a second

| ms | n | p50 | p95 | p99 | max | target for p95 |
|---|---|---|---|---|---|---|
{spread("webhook: posted to accepted", result.answers)}
{spread("accepted to told", seen.told)}
{spread("**accepted to on screen**", seen.shown, _SCREEN_TARGET)}
{spread("posted to on screen", seen.shown_since_posted)}
{rows}
{spread("event loop late by", result.lags)}

Taken: {result.taken / seconds:.0f} a second; refused: {result.refused}; not on a screen {_LAST_SECONDS:.0f} s after
the end: {result.unseen}; without a turn at the end: {result.left}; the load lagged its plan by at most
{result.behind * 1000:.0f} ms.
Streams: {events:.2f} events a second and page, {fewer:.0f} times fewer than one for each message and page;
"fetch everything": {seen.reloads}; failed: {seen.wrong}.
Cores in use: service {usage.service:.2f}, PostgreSQL {usage.postgres:.2f}, load {usage.load:.2f}, whatever else ran
{usage.others:.2f}. Memory of the service: {usage.rss:.0f} MiB."""


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


@asynccontextmanager
async def _scene(size: Size) -> AsyncIterator[Scene]:
    with tempfile.TemporaryDirectory(prefix="valle-sano-") as folder:
        postgres = EmbeddedPostgres(Path(folder))
        url = await postgres.start()
        service = WatchedService(Path(folder), LOG_LEVEL="WARNING", QUIET_SECONDS=str(size.quiet))
        async with TwilioDouble() as twilio:
            service.environment = {**service.environment, "TWILIO_API_BASE": twilio.url}
            database = Database(url)
            try:
                await service.start()
                twilio.service_url = service.url
                scene = _put_together(size, service, postgres, database, twilio)
                try:
                    yield scene
                finally:
                    for browser in scene.house.browsers:
                        await browser.session.close()
            finally:
                await service.stop()
                await database.close()
                await postgres.stop()


def _put_together(
    size: Size, service: WatchedService, postgres: EmbeddedPostgres, database: Database, twilio: TwilioDouble
) -> Scene:
    ring = KeyRing([WRAPPING_KEY], INDEX_KEY)
    house = House(
        database=database,
        office=open_office(database, ring, AUDIT_KEY),
        intake=Intake(database, ring, quiet_seconds=0),
        passwords=CountingPasswords(),
        url=service.url,
    )
    phones = [f"+57300{number:07}" for number in range(size.chats)]
    return Scene(size=size, service=service, postgres=postgres, house=house, town=Town(twilio=twilio, phones=phones))


async def _fill(scene: Scene) -> None:
    """Everybody says that she can write, and asks for a person; they live in all zones."""
    for words in ("buenas", "1", "quiero hablar con una psicologa"):
        await scene.town.everybody_writes(words)
        await _until_idle(scene)
    database = scene.house.database
    ring = KeyRing([WRAPPING_KEY], INDEX_KEY)
    found = {row.phone_index: row.id for row in await database.run(text(_OPEN))}
    indexes = [ring.phone_index(Address(channel="whatsapp", value=phone)) for phone in scene.town.phones]
    scene.town.places = [str(found[index]) for index in indexes]
    for number, zone in enumerate(_zones()):
        ids = [UUID(one) for one in scene.town.places[number :: len(_zones())]]
        await database.run(text("UPDATE handovers SET zone = :zone WHERE id = ANY(:ids)"), {"zone": zone, "ids": ids})


async def _until_idle(scene: Scene) -> None:
    async with asyncio.timeout(300):
        while (await scene.house.database.run(text(_IDLE)))[0].left:
            await asyncio.sleep(0.1)


async def _sit_down(scene: Scene) -> None:
    zones, house = _zones(), scene.house
    now = await house.now()
    for number in range(scene.size.psychologists):
        zone = zones[number % len(zones)]
        browser = await house.signed_in(f"psicologa{number}", zones=frozenset({zone}))
        member = next(one for one in await house.office.room.members() if one.alias == f"Psicologa{number}")
        ends_at = now + timedelta(hours=8)
        await house.office.plan.add(by=None, staff_id=member.id, zone=zone, starts_at=now, ends_at=ends_at)
        first = number // len(zones) * _HELD
        mine = scene.town.places[number % len(zones) :: len(zones)][first : first + _HELD]
        for place in mine:
            told = await does(browser, place, "tomar")
            if told["ending"] != "done":
                raise RuntimeError(f"a chat could not be taken: {told['ending']}")
        chat = mine[0] if mine and number % _AT_QUEUE else ""
        screen = Screen(browser=browser, seen=scene.seen, mine=frozenset(mine), chat=chat)
        scene.screens.append(screen)
        scene.by_place |= dict.fromkeys(mine, screen)
    scene.coordinator = await house.signed_in("coordinadora", Role.COORDINATOR, frozenset(zones))


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
    left = (await scene.house.database.run(text(_IDLE)))[0].left
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
        async with asyncio.timeout(_LAST_SECONDS):
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

    await asyncio.gather(*(keep_opening(path, rate) for path, rate in _PAGES.items() if path != "chat" or at_chats))


async def _report(scene: Scene, began: float) -> None:
    while True:
        await asyncio.sleep(5)
        shown = scene.seen.shown[-200:]
        late = f"en pantalla p95 {quantile(shown, 0.95):.0f} ms" if shown else "aún nada en pantalla"
        say(f"  {monotonic() - began:.0f} de {scene.size.seconds:.0f} s: {len(scene.town.written)} mensajes, {late}")


def _zones() -> Sequence[str]:
    return sorted(department().zones)


def _process(scene: Scene) -> psutil.Process:
    assert scene.service.process is not None
    return psutil.Process(scene.service.process.pid)


def _spent(scene: Scene) -> tuple[float, float, float]:
    """Seconds of a core since their start: the service, PostgreSQL with its children, this process."""
    server = psutil.Process(scene.postgres.pid) if scene.postgres.pid is not None else None
    family = [server, *server.children(recursive=True)] if server is not None else []
    return _seconds(_process(scene)), sum(_seconds(one) for one in family), _seconds(psutil.Process())


def _seconds(process: psutil.Process) -> float:
    try:
        used = process.cpu_times()
    except psutil.NoSuchProcess:
        return 0.0
    return float(used.user + used.system)


def _busy(times: object) -> tuple[float, float, float]:
    return tuple(float(getattr(times, name)) for name in ("user", "system", "nice"))  # type: ignore[return-value]


if __name__ == "__main__":
    sys.exit(main())
