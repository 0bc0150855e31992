"""A database with the past of a crowd: a few real conversations, copied by PostgreSQL until there are enough.

Every id, blind index and provider's id of a copy is made from the original's and the copy's number, so all that hangs
together still does. The past ends a month back and is at rest: no session is open, no reminder is due. A copy is
older by its number, so rows lie in the order of their time, and their ids (RFC 9562, version 7) too, as in earnest.
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
    # What the provider had of it was deleted there, and is remembered for a week.
    "INSERT INTO watermarks (name, at) VALUES ('copies of what came', now()), ('copies of what was said', now())",
)
#: In this order each finds what it points to; `keys.owner_keys` points to nobody.
_TABLES = ("keys.owner_keys", "public.people", "public.conversations", "public.sessions", "public.inbox",
           "public.outbox")  # fmt: skip
_UNIQUE_BYTES, _UNIQUE_WORDS = {"phone_index", "pseudonym"}, {"external_id", "provider_id"}
_STEP = 500
#: The first copy is the oldest; $3 is the number of the last.
_OLDER = "(interval '30 days' + ($3::int - copy) * interval '1 minute')"
#: The first 48 bits of an id are its milliseconds; the others, which tell the originals apart, stay.
_OLDER_ID = """CASE WHEN o.{name} IS NOT NULL THEN (
    lpad(to_hex(('x' || left(replace(o.{name}::text, '-', ''), 12))::bit(48)::bigint
                - (30 * 1440 + $3::int - copy)::bigint * 60000), 12, '0')
    || substr(replace(o.{name}::text, '-', ''), 13))::uuid END"""


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
                        await connection.execute(statement, first, min(first + _STEP - 1, copies), copies)
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
            yield name, _OLDER_ID.format(name=name)
        elif name in _UNIQUE_BYTES:
            yield name, f"sha256(convert_to(copy || encode(o.{name}, 'hex'), 'UTF8'))"
        elif name in _UNIQUE_WORDS:
            yield name, f"o.{name} || '.' || copy"
        elif kind == "timestamp with time zone":
            yield name, f"o.{name} - {_OLDER}"
        else:
            yield name, f"o.{name}"
