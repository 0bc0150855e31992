"""A database with the past of a crowd: a few real conversations, copied by PostgreSQL until there are enough.

Every id, blind index and provider's id of a copy is made from the original's and the copy's number, so all that hangs
together still does. The past lies a month back and is at rest: no session is open, no reminder is due.
"""

from __future__ import annotations

from collections.abc import Iterator

import asyncpg

from bot.progress import say, under_way

_AT_REST = (
    "DELETE FROM reminders",
    "UPDATE sessions SET closed_at = last_at, outcome = coalesce(outcome, 'left') WHERE closed_at IS NULL",
    "UPDATE conversations SET session_id = NULL",
    "UPDATE outbox SET ask_at = NULL",
)
#: In this order each finds what it points to; `keys.owner_keys` points to nobody.
_TABLES = ("keys.owner_keys", "public.people", "public.conversations", "public.sessions", "public.inbox",
           "public.outbox")  # fmt: skip
_UNIQUE_BYTES, _UNIQUE_WORDS = {"phone_index", "pseudonym"}, {"external_id", "provider_id"}
_STEP = 500


async def fill(url: str, people: int) -> int:
    """Copy what is in the database until so many people are in it; how many messages there are then."""
    connection = await asyncpg.connect(url)
    try:
        for statement in _AT_REST:
            await connection.execute(statement)
        originals = await connection.fetchval("SELECT count(*) FROM people")
        copies = max(0, -(-people // originals) - 1)
        statements = [await _copying(connection, table) for table in _TABLES]
        with under_way(f"se llena con {people} personas"):
            for first in range(1, copies + 1, _STEP):
                async with connection.transaction():
                    for statement in statements:
                        await connection.execute(statement, first, min(first + _STEP - 1, copies))
                say(f"  {min(first + _STEP - 1, copies) * originals} de {people} personas")
        await connection.execute("VACUUM ANALYZE")
        messages: int = await connection.fetchval("SELECT (SELECT count(*) FROM inbox) + (SELECT count(*) FROM outbox)")
        return messages
    finally:
        await connection.close()


async def _copying(connection: asyncpg.Connection, table: str) -> str:
    """The statement that copies the originals of a table for a range of numbers, once the originals are set apart."""
    apart = f"original_{table.split('.')[1]}"
    await connection.execute(f"CREATE TEMP TABLE {apart} AS SELECT * FROM {table}")  # noqa: S608 - our own names
    rows = await connection.fetch(
        "SELECT column_name AS name, data_type AS kind FROM information_schema.columns"
        " WHERE table_schema || '.' || table_name = $1 AND is_identity = 'NO' ORDER BY ordinal_position",
        table,
    )
    names, values = zip(*_columns([(row["name"], row["kind"]) for row in rows]), strict=True)
    return (
        f"INSERT INTO {table} ({', '.join(names)}) SELECT {', '.join(values)}"  # noqa: S608 - our own names
        f" FROM {apart} o, generate_series($1::int, $2::int) AS copy"
    )


def _columns(columns: list[tuple[str, str]]) -> Iterator[tuple[str, str]]:
    for name, kind in columns:
        if kind == "uuid":
            yield name, f"md5(copy || o.{name}::text)::uuid"
        elif name in _UNIQUE_BYTES:
            yield name, f"sha256(convert_to(copy || encode(o.{name}, 'hex'), 'UTF8'))"
        elif name in _UNIQUE_WORDS:
            yield name, f"o.{name} || '.' || copy"
        elif kind == "timestamp with time zone":
            yield name, f"o.{name} - interval '30 days'"
        else:
            yield name, f"o.{name}"
