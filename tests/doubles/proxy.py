"""A byte proxy before PostgreSQL: it counts what passes, and can hold the n-th piece for ever.

Every piece of bytes that a socket gives, in either direction, is one event. The test kills the
service while an event is held before it is passed on, or just after.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from typing import Literal

_SOCKET = ".s.PGSQL.5432"


class Proxy:
    """Listens in ``folder`` as PostgreSQL would; ``folder`` is the ``host`` of the service's URL."""

    def __init__(self, folder: Path, server: Path) -> None:
        self.folder, self._server = folder, server
        self.events = 0
        self.reached = asyncio.Event()
        self._hold_at: tuple[int, Literal["before", "after"]] | None = None
        self._is_away = False
        self._writers: set[asyncio.StreamWriter] = set()
        self._tasks: set[asyncio.Task[None]] = set()

    def hold(self, event: int, when: Literal["before", "after"]) -> None:
        """Count from now; stop everything before or just after the given event (1 is the next)."""
        self.events, self._hold_at = 0, (event, when)
        self.reached.clear()

    def cut(self) -> None:
        """Drop every connection; new ones pass freely."""
        self._hold_at = None
        for writer in self._writers:
            writer.transport.abort()

    def go_away(self) -> None:
        """Drop every connection, and every new one, as a server that is down."""
        self._is_away = True
        self.cut()

    def come_back(self) -> None:
        """Pass everything again."""
        self._is_away = False

    async def handle(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """One connection, both ways, until either side ends."""
        if self._is_away:
            writer.transport.abort()
            return
        try:
            server_reader, server_writer = await asyncio.open_unix_connection(str(self._server / _SOCKET))
        except OSError:
            writer.transport.abort()
            return
        pair = {writer, server_writer}
        self._writers |= pair
        ways = [
            asyncio.create_task(self._pass(reader, server_writer)),
            asyncio.create_task(self._pass(server_reader, writer)),
        ]
        self._tasks |= set(ways)
        with suppress(asyncio.CancelledError):
            await asyncio.wait(ways, return_when=asyncio.FIRST_COMPLETED)
        for task in ways:
            task.cancel()
            self._tasks.discard(task)
        for end in pair:
            end.transport.abort()
        self._writers -= pair

    async def _pass(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with suppress(ConnectionError, OSError):
            while data := await reader.read(65_536):
                self.events += 1
                if self._hold_at == (self.events, "before") or self._is_past():
                    await self._stand_still()
                writer.write(data)
                await writer.drain()
                if self._hold_at == (self.events, "after"):
                    await self._stand_still()

    def _is_past(self) -> bool:
        return self._hold_at is not None and self.events > self._hold_at[0]

    async def _stand_still(self) -> None:
        self.reached.set()
        await asyncio.Event().wait()


@asynccontextmanager
async def proxied(folder: Path, server: Path) -> AsyncIterator[Proxy]:
    """A proxy between ``folder`` and the server's socket folder."""
    proxy = Proxy(folder, server)
    listener = await asyncio.start_unix_server(proxy.handle, str(folder / _SOCKET))
    try:
        yield proxy
    finally:
        proxy.cut()
        listener.close()
        await asyncio.sleep(0)
