"""The scene of the benchmark of the console: a service in earnest, people who wait, and psychologists who hold some."""

from __future__ import annotations

import asyncio
import tempfile
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from uuid import UUID

from sqlalchemy import text

from bot.intake import Intake
from bot.messages import Address
from bot.progress import under_way
from bot.staff import Role
from bot.territory import department
from storage.database import Database
from storage.embedded import EmbeddedPostgres
from storage.keys import KeyRing
from storage.office import open_office
from tests.bench.screens import Screen, Seen
from tests.bench.town import Town, Written
from tests.console.house import AUDIT_KEY, Browser, CountingPasswords, House
from tests.console.ward import does
from tests.doubles.process import ServiceProcess
from tests.doubles.rig import INDEX_KEY, WRAPPING_KEY
from tests.doubles.twilio import TwilioDouble

#: What each of them may hold at once (bot/takeover/clocks.yml), if there are so many chats.
HELD = 3
#: One in so many has the queue before her, the others a chat.
AT_QUEUE = 5
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


@asynccontextmanager
async def set_scene(size: Size) -> AsyncIterator[Scene]:
    """Everything up, full, and seated; taken down at the end."""
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
                    with under_way("se llena la sala"):
                        await _fill(scene)
                    with under_way("entran las psicólogas y toman sus chats"):
                        await _sit_down(scene)
                    yield scene
                finally:
                    for browser in scene.house.browsers:
                        await browser.session.close()
            finally:
                await service.stop()
                await database.close()
                await postgres.stop()


async def count_undone(scene: Scene) -> int:
    """Messages without a turn, and letters that are not sent."""
    found: int = (await scene.house.database.run(text(_IDLE)))[0].left
    return found


async def until_idle(scene: Scene) -> None:
    """Wait until everything was taken and sent; raises ``TimeoutError`` after five minutes."""
    async with asyncio.timeout(300):
        while await count_undone(scene):
            await asyncio.sleep(0.1)


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
        await until_idle(scene)
    database = scene.house.database
    ring = KeyRing([WRAPPING_KEY], INDEX_KEY)
    found = {row.phone_index: row.id for row in await database.run(text(_OPEN))}
    indexes = [ring.phone_index(Address(channel="whatsapp", value=phone)) for phone in scene.town.phones]
    scene.town.places = [str(found[index]) for index in indexes]
    for number, zone in enumerate(_zones()):
        ids = [UUID(one) for one in scene.town.places[number :: len(_zones())]]
        await database.run(text("UPDATE handovers SET zone = :zone WHERE id = ANY(:ids)"), {"zone": zone, "ids": ids})


async def _sit_down(scene: Scene) -> None:
    zones, house = _zones(), scene.house
    now = await house.now()
    for number in range(scene.size.psychologists):
        zone = zones[number % len(zones)]
        browser = await house.signed_in(f"psicologa{number}", zones=frozenset({zone}))
        member = next(one for one in await house.office.room.members() if one.alias == f"Psicologa{number}")
        ends_at = now + timedelta(hours=8)
        await house.office.plan.add(by=None, staff_id=member.id, zone=zone, starts_at=now, ends_at=ends_at)
        first = number // len(zones) * HELD
        mine = scene.town.places[number % len(zones) :: len(zones)][first : first + HELD]
        for place in mine:
            told = await does(browser, place, "tomar")
            if told["ending"] != "done":
                raise RuntimeError(f"a chat could not be taken: {told['ending']}")
        chat = mine[0] if mine and number % AT_QUEUE else ""
        screen = Screen(browser=browser, seen=scene.seen, mine=frozenset(mine), chat=chat)
        scene.screens.append(screen)
        scene.by_place |= dict.fromkeys(mine, screen)
    scene.coordinator = await house.signed_in("coordinadora", Role.COORDINATOR, frozenset(zones))


def _zones() -> Sequence[str]:
    return sorted(department().zones)
