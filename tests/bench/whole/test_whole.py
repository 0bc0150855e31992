"""That the benchmark of the bot does what it says, with numbers too small to say anything; no time is asserted.

Rasa's own bot is left out: training it takes a minute.
"""

from __future__ import annotations

from contextlib import AsyncExitStack
from itertools import count
from pathlib import Path

import asyncpg

from tests.bench.whole import bare
from tests.bench.whole.__main__ import Server, one_server, start_ours
from tests.bench.whole.drive import as_fast_as_answered
from tests.bench.whole.fill import fill
from tests.bench.whole.order import count_wrongs
from tests.bench.whole.ours import phone_of
from tests.bench.whole.talk import conversation

_LETTERS = len(list(conversation(0)))


async def test_a_stored_crowd_changes_nothing_for_who_writes_to_two_replicas(tmp_path: Path) -> None:
    async with one_server(tmp_path) as server, AsyncExitStack() as stack:
        recorded = await bare.record(await server.make("recorded"), 2)
        replayed = await bare.replay(await server.make("replayed"), recorded, connections=2, messages=2 * _LETTERS)
        assert replayed.statements > 4
        stored = await server.make("stored", "recorded")
        messages = await fill(stored, 20)
        assert messages == 10 * await _count(server, "recorded")
        pair = await start_ours(stack, tmp_path / "pair", stored, replicas=2)
        seen = await as_fast_as_answered(pair.ask, count(500), clients=2, seconds=1)
        assert seen.times
        assert (seen.unanswered, await count_wrongs(pair.provider, stored)) == (0, (0, 0))
        assert f"whatsapp:{phone_of(500)}" in pair.provider.letters


async def _count(server: Server, name: str) -> int:
    connection = await asyncpg.connect(server.url(name))
    try:
        found: int = await connection.fetchval("SELECT (SELECT count(*) FROM inbox) + (SELECT count(*) FROM outbox)")
        return found
    finally:
        await connection.close()
