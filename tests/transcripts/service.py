"""The whole service as a driver: real intake, worker, turn, delivery and database; the clock obeys."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, timedelta
from itertools import count
from typing import Any

from sqlalchemy import text as sql

from bot.messages import (
    Address,
    Alert,
    DeliveryReport,
    DeliveryStatus,
    ForgetAsked,
    Location,
    Media,
    MediaKind,
    Reply,
    Understanding,
)
from bot.turn import Taken
from storage.inbox import add_entry
from storage.outbox import note_reports
from tests.doubles.database import move_clock, read_clock, set_clock
from tests.doubles.rig import Rig

#: She needs this long for a message.
_TYPING = timedelta(seconds=20)
_phones = count(1)


class ServiceDriver:
    """Implements the runner's ``Driver``. ``times`` is how often the provider delivers each message."""

    def __init__(self, rig: Rig, taken: list[Taken], *, times: int) -> None:
        self._rig, self._taken, self._times = rig, taken, times
        self._heard = 0

    async def begin(self, *, at: datetime, channel: str) -> None:
        self._her = Address(channel=channel, value=f"+57310{next(_phones):07}")
        # Nobody else's clock strikes in this conversation.
        await self._rig.database.run(sql("UPDATE reminders SET cancelled_at = now() WHERE fired_at IS NULL"))
        await set_clock(self._rig.database, at)

    async def user(
        self,
        text: str = "",
        *,
        payload: str | None = None,
        media: tuple[MediaKind, ...] = (),
        has_location: bool = False,
        understood: Understanding | None = None,
    ) -> None:
        await self._now_look()
        await move_clock(self._rig.database, _TYPING)
        if understood is not None:
            self._rig.interpreter.meanings[text] = understood
        else:
            self._rig.interpreter.meanings.pop(text, None)
        message = self._rig.message(
            text,
            by=self._her,
            payload=payload,
            media=tuple(Media(url="https://api.twilio.com/x", content_type="x/x", kind=kind) for kind in media),
            location=Location(latitude=3.9, longitude=-76.3) if has_location else None,
        )
        for _ in range(self._times):
            await self._rig.intake.accept(message)
        await self._rig.settle()
        for _ in range(self._times - 1):
            assert await self._rig.intake.accept(message) is False
            await self._rig.settle()

    async def after(self, by: timedelta) -> None:
        await self._now_look()
        until = await read_clock(self._rig.database) + by
        while rows := await self._rig.rows(
            "SELECT min(r.due_at) AS due FROM reminders r WHERE r.fired_at IS NULL AND r.cancelled_at IS NULL"
            " HAVING min(r.due_at) <= :until",
            until=until,
        ):
            await set_clock(self._rig.database, max(rows[0].due, await read_clock(self._rig.database)))
            await self._rig.settle()
        await set_clock(self._rig.database, until)
        await self._rig.settle()

    async def fails(self, code: str) -> None:
        await self._now_look()
        last = self._letters()[-1]
        failed = DeliveryReport(outbox_id=last, status=DeliveryStatus.FAILED, code=code)
        for _ in range(self._times):
            await note_reports(self._rig.database, [failed])
            await self._rig.settle()

    async def erase(self) -> None:
        await self._now_look()
        conversation = (await self._conversation()).id
        async with self._rig.database.transaction() as tx:
            asked = ForgetAsked(external_id=f"forget:{conversation}", conversation_id=conversation)
            await add_entry(tx, self._rig.ring, asked)
        await self._rig.settle()

    async def said(self) -> Sequence[Reply]:
        mine = [letter.reply for letter in self._rig.channel.letters if letter.address == self._her]
        return mine[self._heard :]

    async def asked(self) -> Sequence[str]:
        return [request.reason for taken in self._taken for request in taken.requests]

    async def silence(self) -> str | None:
        rows = await self._rig.rows(
            "SELECT ending FROM inbox WHERE kind <> 'clock' AND conversation_id = :id ORDER BY seq DESC LIMIT 1",
            id=(await self._conversation()).id,
        )
        ending: str = rows[0].ending
        return None if ending in ("reply", "human") else ending

    async def phone(self) -> str:
        return str((await self._conversation()).phone)

    async def logged(self) -> Mapping[str, object]:
        rows = await self._rig.rows(
            "SELECT municipality, zone, topics, alert, outcome, role, helped FROM sessions WHERE conversation_id = :id"
            " ORDER BY opened_at DESC LIMIT 1",
            id=(await self._conversation()).id,
        )
        return {**dict(rows[0].items()), "alert": Alert(rows[0].alert).word}

    async def noted(self) -> Sequence[str]:
        rows = await self._rig.rows(
            "SELECT concat_ws(' ', layer, answer, institution) AS noted FROM consents"
            " WHERE conversation_id = :id AND at >= :since ORDER BY at, id",
            id=(await self._conversation()).id,
            since=self._since,
        )
        return [row.noted for row in rows]

    async def _now_look(self) -> None:
        """What follows is a new turn: what came before has been seen."""
        self._heard = sum(letter.address == self._her for letter in self._rig.channel.letters)
        self._taken.clear()
        self._since = await read_clock(self._rig.database)

    def _letters(self) -> list[Any]:
        return [letter.outbox_id for letter in self._rig.channel.letters if letter.address == self._her]

    async def _conversation(self) -> Any:
        rows = await self._rig.rows(
            "SELECT c.id, c.phone FROM conversations c JOIN people p ON p.id = c.person_id"
            " WHERE p.phone_index = :index AND c.channel = :channel ORDER BY c.heard_at DESC NULLS LAST",
            index=self._rig.ring.phone_index(self._her),
            channel=self._her.channel,
        )
        return rows[0]


def listening(take_turn: Callable[..., Taken], into: list[Taken]) -> Callable[..., Taken]:
    """The product's own ``take_turn``, that also tells what each turn came to."""

    def told(*args: Any, **named: Any) -> Taken:
        taken = take_turn(*args, **named)
        into.append(taken)
        return taken

    return told
