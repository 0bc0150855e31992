"""One reading for all who ask for the same at the same time."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Hashable
from typing import Generic, TypeVar

K = TypeVar("K", bound=Hashable)
V = TypeVar("V")


class Shared(Generic[K, V]):
    """``await Shared(read).get(key)``: what ``read(key)`` gives, read after it was asked for.

    Who asks while a reading is under way waits for the next, which is everybody's who came meanwhile: nobody is shown
    what was read before she asked, and however many ask, there is one reading at a time.
    """

    def __init__(self, read: Callable[[K], Awaitable[V]]) -> None:
        self._read = read
        self._under_way: dict[K, asyncio.Task[V]] = {}
        self._next: dict[K, asyncio.Task[V]] = {}

    async def get(self, key: K) -> V:
        """What stands there now."""
        if key not in self._next:
            self._next[key] = asyncio.create_task(self._read_after(key, self._under_way.get(key)))
        return await asyncio.shield(self._next[key])

    async def _read_after(self, key: K, earlier: asyncio.Task[V] | None) -> V:
        if earlier is not None:
            await asyncio.wait([earlier])
        mine = self._under_way[key] = self._next.pop(key)
        try:
            return await self._read(key)
        finally:
            if self._under_way.get(key) is mine:
                del self._under_way[key]
