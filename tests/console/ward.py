"""The console with the whole service behind it: she writes, the bot answers, and psychologists work in browsers."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from typing import Any
from uuid import uuid4

from bot.messages import Address, Alert, Understanding
from bot.staff import Member, Role
from storage.office import open_office
from tests.console.house import AUDIT_KEY, Browser, CountingPasswords, House
from tests.doubles.rig import HER, Rig

DANGER = "me va a matar, está en la puerta"


@dataclass
class Ward:
    """``rig`` is the service, ``house`` the console in front of it; worker and delivery run."""

    rig: Rig
    house: House

    async def writes(self, words: str, *, by: Address = HER, **more: Any) -> None:
        """She writes, and everything that follows from it has happened."""
        await self.rig.intake.accept(self.rig.message(words, by=by, **more))
        for _ in range(400):
            rows = await self.rig.rows(
                "SELECT 1 FROM inbox WHERE turn_id IS NULL UNION ALL"
                " SELECT 1 FROM outbox WHERE status IN ('queued', 'leased')"
            )
            if not rows:
                return
            await asyncio.sleep(0.01)
        raise AssertionError("nobody took what she wrote")

    async def asks_for_a_person(self, *, by: Address = HER) -> str:
        """She says that she can write, and asks; the id of her place in the queue."""
        for words in ("buenas", "1", "quiero hablar con una psicologa"):
            await self.writes(words, by=by)
        return await self.place()

    async def is_in_danger(self, *, by: Address = HER) -> str:
        """She can write, and is in danger now; the id of her place in the queue."""
        self.rig.interpreter.meanings[DANGER] = Understanding(
            intent="imminent_danger", alert=Alert.EMERGENCY, by="screen", cues=("me va a matar",)
        )
        for words in ("buenas", "1", DANGER):
            await self.writes(words, by=by)
        return await self.place()

    async def place(self) -> str:
        """The place that was asked for last."""
        rows = await self.rig.rows(
            "SELECT id FROM handovers WHERE closed_at IS NULL ORDER BY requested_at DESC LIMIT 1"
        )
        return str(rows[0].id)

    async def move_to(self, zone: str | None) -> None:
        """Everybody is in this zone."""
        await self.rig.rows("UPDATE handovers SET zone = :zone", zone=zone)

    async def signed_in(self, login: str, *zones: str, role: Role = Role.PSYCHOLOGIST) -> Browser:
        """Somebody new, in a browser."""
        return await self.house.signed_in(login, role, frozenset(zones or ("Norte",)))

    async def member(self, alias: str) -> Member:
        """Somebody by her alias."""
        return next(one for one in await self.house.office.room.members() if one.alias == alias)


async def does(browser: Browser, place: str, what: str, **form: object) -> Mapping[str, Any]:
    """What the page's script would send, with the lease that the page shows; the answer as JSON."""
    await browser.get(f"/consola/chat/{place}")
    found = browser.page.partition('name="lease" value="')[2].partition('"')[0]
    fields = {"lease": found, "id": str(uuid4()), **form}
    answer = await browser.post(f"/consola/chat/{place}/{what}", fields, Accept="application/json")
    assert answer.status == 200, answer.status
    told = json.loads(await answer.text())
    assert isinstance(told, dict)
    return told


@asynccontextmanager
async def warded(url: str, *, is_demo: bool = False) -> AsyncIterator[Ward]:
    """A ward that works until the end of the block."""
    rig = Rig(url)
    house = House(
        database=rig.database,
        office=open_office(rig.database, rig.ring, AUDIT_KEY),
        intake=rig.intake,
        passwords=CountingPasswords(),
        is_demo=is_demo,
    )
    await house.open()
    working = [asyncio.create_task(rig.worker.run()), asyncio.create_task(rig.delivery.run())]
    try:
        yield Ward(rig=rig, house=house)
    finally:
        await house.close()
        await rig.worker.stop()
        await rig.delivery.stop()
        with suppress(asyncio.CancelledError):
            await asyncio.gather(*working)
        await rig.close()
