"""Many ask for the same at once: one reading for all, and for nobody one that is older than her question."""

from __future__ import annotations

import asyncio

import pytest

from storage.shared import Shared


class _Board:
    """What stands there, and how often it was read."""

    def __init__(self) -> None:
        self.stands, self.readings = 0, 0
        self.is_open = asyncio.Event()

    async def read(self, key: str) -> str:
        self.readings += 1
        seen = self.stands
        await self.is_open.wait()
        if key == "broken":
            raise LookupError(key)
        return f"{key} {seen}"


async def test_whoever_asks_while_it_is_read_gets_the_next_reading_and_all_of_them_the_same() -> None:
    board = _Board()
    shared = Shared(board.read)
    first = asyncio.create_task(shared.get("cola"))
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    board.stands = 1  # somebody new waits, while the list is being read
    later = [asyncio.create_task(shared.get("cola")) for _ in range(9)]
    other = asyncio.create_task(shared.get("norte"))
    await asyncio.sleep(0)
    board.is_open.set()
    assert await first == "cola 0"
    assert set(await asyncio.gather(*later)) == {"cola 1"}
    assert await other == "norte 1"
    assert board.readings == 3


async def test_a_reading_that_fails_fails_for_those_who_waited_for_it_and_the_next_is_a_new_one() -> None:
    board = _Board()
    board.is_open.set()
    shared = Shared(board.read)
    ended = await asyncio.gather(*(shared.get("broken") for _ in range(3)), return_exceptions=True)
    assert [type(one) for one in ended] == [LookupError] * 3
    with pytest.raises(LookupError):
        await shared.get("broken")
    assert board.readings == 2


async def test_one_who_leaves_takes_nothing_from_the_others() -> None:
    board = _Board()
    shared = Shared(board.read)
    leaving, staying = asyncio.create_task(shared.get("cola")), asyncio.create_task(shared.get("cola"))
    await asyncio.sleep(0)
    leaving.cancel()
    board.is_open.set()
    assert await staying == "cola 0"
    with pytest.raises(asyncio.CancelledError):
        await leaving
