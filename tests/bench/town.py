"""Women who write: signed webhooks as Twilio posts them, at a pace, each with words that can be found on a screen."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from time import monotonic

from tests.doubles.twilio import ACCOUNT_SID, WHATSAPP_NUMBER, TwilioDouble
from tests.doubles.twilio_records import MessageRecord, inbound_form, new_sid

#: By these words, with its number, a message is found again in a page.
_SAYINGS = (
    "estoy en la casa de mi hermana",
    "el se fue y no se cuando vuelve",
    "no tengo como pagar el bus",
    "mis papeles los tiene el",
    "gracias por escucharme",
)


@dataclass(slots=True)
class Written:
    """One message: who wrote it, when it was posted and when taken (monotonic seconds)."""

    number: int
    place: str
    posted: float
    taken: float = 0.0


@dataclass
class Town:
    """``phones[i]`` is the phone of the one whose handover is ``places[i]``, once there is one."""

    twilio: TwilioDouble
    phones: Sequence[str]
    places: list[str] = field(default_factory=list)
    written: dict[int, Written] = field(default_factory=dict)
    refused: int = 0

    async def everybody_writes(self, words: str) -> None:
        """One message of each, a few at a time."""
        few = asyncio.Semaphore(16)

        async def one(phone: str) -> None:
            async with few:
                if await self._post(phone, words) != 200:
                    raise RuntimeError("the service did not take a message while the scene was set")

        await asyncio.gather(*(one(phone) for phone in self.phones))

    async def write(
        self, *, rate: float, seconds: float, chance: random.Random, on_taken: Callable[[Written], None]
    ) -> float:
        """So many messages a second by anybody; the greatest delay (s) against that plan, which must stay small."""
        began, behind = monotonic(), 0.0
        tasks: set[asyncio.Task[None]] = set()
        first = len(self.written)
        for number in range(first, first + int(rate * seconds)):
            due = began + (number - first) / rate
            await asyncio.sleep(max(0.0, due - monotonic()))
            behind = max(behind, monotonic() - due)
            task = asyncio.create_task(self._say(number, chance.randrange(len(self.phones)), on_taken))
            tasks.add(task)
            task.add_done_callback(tasks.discard)
        await asyncio.gather(*tasks)
        return behind

    async def _say(self, number: int, who: int, on_taken: Callable[[Written], None]) -> None:
        one = Written(number=number, place=self.places[who], posted=monotonic())
        self.written[number] = one
        if await self._post(self.phones[who], f"{_SAYINGS[number % len(_SAYINGS)]} ref{number:07}") != 200:
            self.refused += 1
            return
        one.taken = monotonic()
        on_taken(one)

    async def _post(self, phone: str, words: str) -> int:
        message = MessageRecord(
            account_sid=ACCOUNT_SID,
            sid=new_sid("SM"),
            direction="inbound",
            sender=f"whatsapp:{phone}",
            to=f"whatsapp:{WHATSAPP_NUMBER}",
            body=words,
            created_at=datetime.now(UTC),
            status="received",
        )
        # Past the double's own list: it looks through it for each message, and that would be timed too.
        return (await self.twilio.post("/twilio/inbound", inbound_form(message, words))).status
