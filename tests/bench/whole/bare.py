"""The bare limit: the statements of whole conversations, recorded once and replayed by asyncpg with nothing around.

What was recorded starts from a copy of the same empty database, so ids and versions are right again. Each person's
statements run in their order, as many people at once as there are connections.
"""

from __future__ import annotations

import asyncio
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from time import monotonic
from typing import Any

import asyncpg
from sqlalchemy import event

import storage
from bot.messages import Address
from bot.nlu.interpreter import open_interpreter
from storage.database import PLANNED_ONCE
from tests.bench.whole.ours import phone_of
from tests.bench.whole.talk import conversation
from tests.doubles.rig import Rig

#: Of what the service runs, what belongs to a message and not to a tick: a stranger comes in, 1 accept, 2 claim,
#: 3 commit, 4 sent. A claim that came right after a claim found nothing: in earnest it is not asked again.
_OF_A_MESSAGE = tuple(
    (Path(storage.__file__).parent / "sql" / name).read_text(encoding="utf-8").splitlines()[0]
    for name in ("register.sql", "accept.sql", "claim.sql", "commit.sql", "sent.sql")
)
_CLAIM = _OF_A_MESSAGE[2]


@dataclass(frozen=True, slots=True)
class Statement:
    """One statement as the driver got it."""

    sql: str
    values: tuple[Any, ...]


#: The statements of each person, in order.
Recorded = Sequence[Sequence[Statement]]


@dataclass(frozen=True, slots=True)
class Bare:
    """What the replay did: ``pace`` messages a second, ``statements`` for one message."""

    pace: float
    statements: float


async def record(url: str, people: int) -> Recorded:
    """Let so many people have their conversation with the service's parts, and keep each one's statements."""
    kept: dict[int, list[Statement]] = defaultdict(list)
    rig, number = Rig(url), 0

    def keep(sql: str, values: Sequence[Any]) -> None:
        mine = kept[number]
        again = sql.startswith(_CLAIM) and not (mine and mine[-1].sql.startswith((_OF_A_MESSAGE[0], _OF_A_MESSAGE[1])))
        if sql.startswith(_OF_A_MESSAGE) and not again:
            mine.append(Statement(sql, tuple(values)))

    def keep_within_transaction(_c: object, _k: object, sql: str, values: Any, *_: object) -> None:
        keep(sql, values)

    fetch = rig.database._fetch

    async def keep_alone(sql: str, values: Sequence[Any]) -> Sequence[Any]:
        keep(sql, values)
        return await fetch(sql, values)

    rig.database._fetch = keep_alone  # type: ignore[method-assign,assignment]
    event.listen(rig.database.engine.sync_engine, "before_cursor_execute", keep_within_transaction)
    try:
        async with open_interpreter("", "", 2.0) as interpreter:
            rig.interpreter.interpret = interpreter.interpret  # type: ignore[method-assign]
            for number in range(people):
                for said in conversation(number):
                    await rig.write(said.text, by=Address(channel="whatsapp", value=phone_of(number)))
    finally:
        await rig.close()
    return [kept[one] for one in sorted(kept)]


async def replay(url: str, recorded: Recorded, *, connections: int, messages: int) -> Bare:
    """Run it all again on a fresh copy; raises ``RuntimeError`` if not every message got its turn."""
    waiting = iter(recorded)
    pool = await asyncpg.create_pool(url, min_size=connections, max_size=connections, server_settings=PLANNED_ONCE)
    try:
        began = monotonic()
        await asyncio.gather(*(_one(pool, waiting) for _ in range(connections)))
        took = monotonic() - began
        left = await pool.fetchval("SELECT count(*) FROM inbox WHERE turn_id IS NULL")
        taken = await pool.fetchval("SELECT count(*) FROM inbox WHERE turn_id IS NOT NULL")
    finally:
        await pool.close()
    if left or taken < messages:
        raise RuntimeError(f"the replay took {taken} messages of {messages} and left {left}")
    return Bare(pace=messages / took, statements=sum(map(len, recorded)) / messages)


async def _one(pool: Any, waiting: Iterator[Sequence[Statement]]) -> None:
    async with pool.acquire() as connection:
        for statements in waiting:
            for statement in statements:
                await connection.fetch(statement.sql, *statement.values)
