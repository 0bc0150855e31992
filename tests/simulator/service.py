"""A small service behind the simulator: a door that remembers, and answers when it was told what to say."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from uuid import uuid4

from aiohttp import web

from bot.errors import DatabaseUnavailable
from bot.messages import Button, DeliveryReport, Letter, PersonMessage, Reply
from channels.simulator.channel import SimulatorChannel
from channels.simulator.hub import Hub
from channels.simulator.phones import Look
from channels.simulator.routes import routes

SAFE_NOW = Reply(
    text="Hola. Le leo. ¿Puede escribir con calma ahora?",
    buttons=(
        Button(title="Sí", payload="yes"),
        Button(title="Ahora no", payload="not_now"),
        Button(title="Me miran", payload="watched"),
    ),
)

OPTIONS = Reply(
    text="¿Qué está pasando?",
    buttons=tuple(Button(title=f"Opción {number}", payload=f"o{number}") for number in range(1, 6)),
)

Answer = Callable[[PersonMessage], Sequence[Reply]]


def answer(message: PersonMessage) -> Sequence[Reply]:
    """What the fake service says: enough for every kind of bubble."""
    if message.payload == "watched":
        return []
    if message.text == "lista":
        return [OPTIONS]
    if message.text == "cuento largo":
        return [Reply(text=f"Parte {number}. " + "Una frase más. " * 20) for number in range(8)]
    return [SAFE_NOW] if message.payload is None else [Reply(text=f"Usted eligió *{message.text}*.")]


class FakeDoor:
    """Takes each message once and answers as ``answer`` says, a moment later."""

    def __init__(self, *, answer: Answer = lambda _: (), pause: float = 0.02) -> None:
        self.accepted: list[PersonMessage] = []
        self.reports: list[DeliveryReport] = []
        self.is_down = False
        self.answer = answer
        self.pause = pause
        self.may_answer = asyncio.Event()
        self.may_answer.set()
        self.channels: dict[str, SimulatorChannel] = {}
        self._tasks: set[asyncio.Task[None]] = set()

    async def accept(self, message: PersonMessage) -> bool:
        if self.is_down:
            raise DatabaseUnavailable
        if message.external_id in {known.external_id for known in self.accepted}:
            return False
        self.accepted.append(message)
        task = asyncio.create_task(self._answer(message))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        return True

    async def note_delivery(self, report: DeliveryReport) -> None:
        self.reports.append(report)

    async def _answer(self, message: PersonMessage) -> None:
        await asyncio.sleep(self.pause)
        await self.may_answer.wait()
        channel = self.channels[message.address.channel]
        for reply in self.answer(message):
            for part in channel.lay_out(reply):
                await channel.send(
                    Letter(outbox_id=uuid4(), address=message.address, reply=part, created_at=datetime.now(UTC))
                )


class Service:
    """The fake door behind the real routes, on a loopback port; may be stopped and started again."""

    def __init__(
        self, door: FakeDoor, *, port: int = 0, backlog: int = 64, heartbeat: float = 10.0, public_url: str = ""
    ) -> None:
        self.door, self.port, self._backlog, self._heartbeat = door, port, backlog, heartbeat
        self._public_url = public_url
        self._begin()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def _begin(self) -> None:
        self.hub = Hub(backlog=self._backlog)
        self.door.channels = {
            look.channel: SimulatorChannel(look, hub=self.hub, door=self.door, delivered_after=0.05) for look in Look
        }

    async def start(self, *, forget: bool = False) -> None:
        """Start; with ``forget`` as a new process that has an empty memory."""
        if forget:
            self._begin()
        app = web.Application()
        app.add_routes(routes(self.door, self.hub, heartbeat=self._heartbeat, public_url=self._public_url))
        self._runner = web.AppRunner(app, shutdown_timeout=1)
        await self._runner.setup()
        site = web.TCPSite(self._runner, "127.0.0.1", self.port)
        await site.start()
        self.port = self._runner.addresses[0][1]

    async def stop(self) -> None:
        await self.hub.close()
        await self._runner.cleanup()

    async def cut(self) -> None:
        """Break every connection and take no new one; what is remembered stays."""
        for watch in self.hub._watches:
            watch.drop()
        await self._runner.cleanup()
