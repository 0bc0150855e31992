"""The same conversation in a shell."""

from __future__ import annotations

import asyncio
import io
import os
from collections.abc import AsyncIterator, Callable, Sequence
from datetime import UTC, datetime
from uuid import uuid4

import pytest

from bot.errors import DatabaseUnavailable
from bot.messages import DeliveryReport, DeliveryStatus, Letter, PersonMessage, Reply
from bot.services import Channel
from channels.terminal import HERE, TerminalChannel, chat, read_lines
from tests.simulator.service import SAFE_NOW


class Door:
    """Answers each message over a terminal after a while."""

    def __init__(self, answer: Callable[[str], Sequence[Reply]] = lambda _: (), *, pause: float = 0.01) -> None:
        self.channel = TerminalChannel()
        self.channel.report_to(self)
        self.heard: list[str] = []
        self.reports: list[DeliveryReport] = []
        self.failures = 0
        self._answer, self._pause = answer, pause
        self._tasks: set[asyncio.Task[None]] = set()

    async def accept(self, message: PersonMessage) -> bool:
        if self.failures:
            self.failures -= 1
            raise DatabaseUnavailable
        assert message.address == HERE
        self.heard.append(message.text)
        task = asyncio.create_task(self._reply(message.text))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        return True

    async def note_delivery(self, report: DeliveryReport) -> None:
        self.reports.append(report)

    async def _reply(self, text: str) -> None:
        for reply in self._answer(text):
            for part in self.channel.lay_out(reply):
                await asyncio.sleep(self._pause)
                await self.channel.send(letter(part))


def letter(reply: Reply) -> Letter:
    return Letter(outbox_id=uuid4(), address=HERE, reply=reply, created_at=datetime.now(UTC))


async def typed(*lines: str) -> AsyncIterator[str]:
    for line in lines:
        yield line + "\n"


async def test_piped_lines_wait_for_their_answers(capsys: pytest.CaptureFixture[str]) -> None:
    door = Door(lambda text: [Reply(text=f"a {text}: uno"), Reply(text=f"a {text}: dos")], pause=0.03)
    await chat(door, door.channel, lines=typed("hola", "buga"), is_typed=False, pause=0.2)
    said = [line for line in capsys.readouterr().out.splitlines() if line.strip()]
    assert said == ["» hola", "│ a hola: uno", "│ a hola: dos", "» buga", "│ a buga: uno", "│ a buga: dos"]


async def test_a_silence_ends_the_waiting(capsys: pytest.CaptureFixture[str]) -> None:
    door = Door()
    await chat(door, door.channel, lines=typed("salir", "", "  ", "sigo"), is_typed=False, patience=0.05)
    assert door.heard == ["salir", "sigo"]


async def test_what_is_typed_goes_out_at_once_in_a_burst() -> None:
    door = Door(lambda _: [SAFE_NOW], pause=5)
    async with asyncio.timeout(2):
        await chat(door, door.channel, lines=typed("hola", "necesito ayuda"), is_typed=True, pause=0.01)
    assert door.heard == ["hola", "necesito ayuda"]


async def test_buttons_are_numbers_and_what_is_printed_is_read(capsys: pytest.CaptureFixture[str]) -> None:
    door = Door()
    channel: Channel = door.channel
    (part,) = channel.lay_out(SAFE_NOW)
    sent = letter(part)
    assert await channel.find(sent) is None
    provider_id = await channel.send(sent)
    assert "│ 1) Sí\n│ 2) Ahora no\n│ 3) Me miran" in capsys.readouterr().out
    assert await channel.find(sent) == provider_id
    assert [report.status for report in door.reports] == [DeliveryStatus.READ]


async def test_a_text_cannot_command_the_terminal() -> None:
    out = io.StringIO()
    await TerminalChannel(out=out).send(letter(Reply(text="hola\x1b[2J\x07\r\u202eadiós")))
    assert out.getvalue() == "│ hola[2Jadiós\n\n"


async def test_a_database_that_is_away_for_a_moment_loses_nothing() -> None:
    door = Door()
    door.failures = 1
    await chat(door, door.channel, lines=typed("hola"), is_typed=False, patience=0.01)
    assert door.heard == ["hola"]


async def test_a_database_that_stays_away_is_said_so(capsys: pytest.CaptureFixture[str]) -> None:
    door = Door()
    door.failures = 2
    await chat(door, door.channel, lines=typed("hola"), is_typed=False, patience=0.01)
    assert "No se pudo guardar" in capsys.readouterr().out


async def test_lines_are_read_from_a_pipe_until_it_ends() -> None:
    ear, mouth = os.pipe()
    with os.fdopen(ear, encoding="utf-8") as source:
        os.write(mouth, "hola\n¿está?\nsin fin de línea".encode())
        os.close(mouth)
        assert [line.strip() async for line in read_lines(source)] == ["hola", "¿está?", "sin fin de línea"]
