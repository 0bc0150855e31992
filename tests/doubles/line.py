"""A network line before a service on loopback that can go dead without hanging up, as one does when Wi-Fi changes."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress


class Line:
    """Passes bytes both ways. What was open when it died stays open and says nothing more, for good."""

    def __init__(self, port: int) -> None:
        self.url = ""
        self._port, self._is_dead = port, False
        self._open: set[asyncio.StreamWriter] = set()
        self._silent: set[asyncio.StreamWriter] = set()

    def die(self) -> None:
        """Pass nothing any more, of what is open and of what is opened."""
        self._is_dead = True
        self._silent |= self._open

    def revive(self) -> None:
        """What is opened from now on passes."""
        self._is_dead = False

    async def handle(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """One connection, both ways, until either side ends."""
        there, back = await asyncio.open_connection("127.0.0.1", self._port)
        pair = {writer, back}
        self._open |= pair
        if self._is_dead:
            self._silent |= pair
        with suppress(asyncio.CancelledError):
            await asyncio.gather(self._pass(reader, back), self._pass(there, writer))
        for end in pair:
            end.transport.abort()
        self._open -= pair

    async def _pass(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with suppress(ConnectionError, OSError):
            while data := await reader.read(65_536):
                if writer not in self._silent:
                    writer.write(data)
                    await writer.drain()
            if writer not in self._silent:
                writer.close()


@asynccontextmanager
async def lined(port: int) -> AsyncIterator[Line]:
    """A line before whatever listens on this port; ``url`` is its near end."""
    line = Line(port)
    listener = await asyncio.start_server(line.handle, "127.0.0.1", 0)
    line.url = f"http://127.0.0.1:{listener.sockets[0].getsockname()[1]}"
    try:
        yield line
    finally:
        listener.close()
        for writer in line._open:
            writer.transport.abort()
        await asyncio.sleep(0)
