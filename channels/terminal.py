"""The same conversation in a shell: for whoever writes content, and for a quick look without a browser."""

from __future__ import annotations

import asyncio
import sys
import threading
from collections.abc import AsyncIterator, Callable, Collection, Sequence
from contextlib import suppress
from typing import TextIO
from uuid import uuid4

from bot.errors import DatabaseUnavailable
from bot.messages import Address, DeliveryReport, DeliveryStatus, Letter, PersonMessage, Reply
from bot.services import Door
from channels.layout.bubbles import lay_out_whatsapp

CHANNEL = "terminal"

#: A number that belongs to nobody: no phone of Colombia begins with a zero.
HERE = Address(channel=CHANNEL, value="+570000000000")


class TerminalChannel:
    """A ``Channel`` that prints. ``out`` is where bubbles go, standard output if it is None."""

    def __init__(
        self, *, lay_out: Callable[[Reply], Sequence[Reply]] = lay_out_whatsapp, out: TextIO | None = None
    ) -> None:
        self._lay_out, self._out = lay_out, out
        self._door: Door | None = None
        self._printed: dict[str, str] = {}
        self._news = asyncio.Event()

    def lay_out(self, reply: Reply) -> Sequence[Reply]:
        """Give one bubble or more, with numbers for buttons."""
        return self._lay_out(reply)

    async def send(self, letter: Letter) -> str:
        """Print one bubble."""
        provider_id = f"TTY{letter.outbox_id.hex}"
        self._printed[str(letter.outbox_id)] = provider_id
        print(_bubble(letter.reply.text), file=self._out or sys.stdout, flush=True)
        self._news.set()
        if self._door is not None:
            await self._door.note_delivery(
                DeliveryReport(outbox_id=letter.outbox_id, status=DeliveryStatus.READ, provider_id=provider_id)
            )
        return provider_id

    async def find(self, letter: Letter, *, known: Collection[str] = frozenset()) -> str | None:  # noqa: ARG002 - it knows by our id
        """Give the letter's id if this process printed it."""
        return self._printed.get(str(letter.outbox_id))

    def report_to(self, door: Door) -> None:
        """From now on tell the door that what was printed has been read."""
        self._door = door

    def hush(self) -> None:
        """Forget that something was printed: from now on ``heard`` waits for more."""
        self._news.clear()

    async def heard(self, *, within: float) -> bool:
        """Wait until something is printed; False if nothing was ``within`` so many seconds."""
        try:
            async with asyncio.timeout(within):
                await self._news.wait()
        except TimeoutError:
            return False
        self._news.clear()
        return True


async def chat(
    door: Door,
    channel: TerminalChannel,
    *,
    lines: AsyncIterator[str] | None = None,
    is_typed: bool | None = None,
    patience: float = 6.0,
    pause: float = 0.8,
) -> None:
    """Talk until the lines end (Ctrl-D). ``lines`` are standard input's if not given.

    What is typed is sent as it comes, in bursts too. Lines from a pipe (``is_typed`` False) wait
    for one another: the next is read when an answer has come and ``pause`` seconds brought no
    more of it, or when ``patience`` seconds brought none, since silence may be the answer.
    A line that could not be kept is said so, and is tried again once.
    """
    channel.report_to(door)
    typed = sys.stdin.isatty() if is_typed is None else is_typed
    if typed:
        _note("Escriba y pulse Intro. Ctrl-D termina.")
    async for line in lines or read_lines(sys.stdin):
        text = line.strip()
        if not text:
            continue
        if not typed:
            _note(f"» {text}")
        channel.hush()
        if not await _accept(door, text):
            _note("No se pudo guardar: la base de datos no responde.")
        elif not typed and await channel.heard(within=patience):
            while await channel.heard(within=pause):
                pass
    if typed:
        # What is under way may still come.
        await channel.heard(within=pause)


async def read_lines(source: TextIO) -> AsyncIterator[str]:
    """Read lines without holding up the loop, nor the end of the process."""
    loop = asyncio.get_running_loop()
    queue: asyncio.Queue[str | None] = asyncio.Queue()

    def read() -> None:
        # A loop that is closed has nobody left to tell.
        with suppress(RuntimeError):
            for line in source:
                loop.call_soon_threadsafe(queue.put_nowait, line)
            loop.call_soon_threadsafe(queue.put_nowait, None)

    # Not a pool's thread: one that waits for a key would keep the process alive.
    threading.Thread(target=read, name="stdin", daemon=True).start()
    while (line := await queue.get()) is not None:
        yield line


async def _accept(door: Door, text: str) -> bool:
    message = PersonMessage(source=CHANNEL, external_id=f"{CHANNEL}:{uuid4()}", address=HERE, text=text)
    for _ in range(2):
        try:
            await door.accept(message)
        except DatabaseUnavailable:
            await asyncio.sleep(0.5)
        else:
            return True
    return False


def _bubble(text: str) -> str:
    """Indent a text under a mark; what a terminal would obey is left out."""
    seen = "".join(c for c in text if c.isprintable() or c == "\n")
    first, *rest = seen.split("\n")
    return "\n".join([f"│ {first}", *(f"│ {line}" for line in rest), ""])


def _note(text: str) -> None:
    print(text, flush=True)
