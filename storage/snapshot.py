"""One moment of the whole database, held still while it is copied; and whether there is room for a copy to return."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import text

from storage.audit_chain import Head
from storage.database import Database
from storage.migrate import MIGRATION_LOCK

_TELL = """
SELECT pg_export_snapshot() AS name, pg_catalog.now() AS at, (SELECT version_num FROM public.alembic_version) AS shape,
       (SELECT count(*) FROM public.people WHERE forgotten_at IS NULL) AS people,
       (SELECT count(*) FROM keys.owner_keys) AS keys,
       ARRAY(SELECT DISTINCT encode(substr(wrapped, 1, 8), 'hex') FROM keys.owner_keys) AS wrapped_by
"""
_OTHERS = """
SELECT count(*) AS found FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
WHERE c.relkind IN ('r', 'p', 'v', 'm', 'S') AND n.nspname NOT IN ('pg_catalog', 'information_schema', 'pg_toast')
  AND n.nspname NOT LIKE 'pg_temp%'
"""
#: Played before a copy, in its transaction: a service that starts meanwhile waits, and nothing is mixed with anything.
GUARD = f"""
SELECT pg_catalog.pg_advisory_xact_lock({MIGRATION_LOCK});
DO $$ BEGIN
  IF ({_OTHERS.replace("count(*) AS found", "count(*)")}) > 0 THEN RAISE EXCEPTION 'the database is not empty'; END IF;
END $$;
"""
#: And after it: a copy carries no rights, and the trail only grows.
RIGHTS = """
REVOKE UPDATE, DELETE, TRUNCATE ON public.audit, public.audit_chain FROM PUBLIC, CURRENT_USER;
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Snapshot:
    """``name`` is what pg_dump takes; ``wrapped_by`` are fingerprints of wrapping keys; ``at`` is the database's."""

    name: str
    at: datetime
    shape: str
    people: int
    keys: int
    wrapped_by: tuple[str, ...]


@asynccontextmanager
async def held_snapshot(database: Database) -> AsyncIterator[Snapshot]:
    """The database as it is now, for as long as the block lasts; whoever writes goes on writing."""
    async with database.engine.connect() as connection:
        await connection.execution_options(isolation_level="REPEATABLE READ")
        row = (await connection.execute(text(_TELL))).one()
        yield Snapshot(
            name=row.name,
            at=row.at,
            shape=row.shape,
            people=row.people,
            keys=row.keys,
            wrapped_by=tuple(row.wrapped_by),
        )


async def count_tables(database: Database) -> int:
    """How many tables, views and sequences of anybody's are in the database."""
    found: int = (await database.run(text(_OTHERS)))[0].found
    return found


async def last_link(database: Database) -> Head | None:
    """The end of the audit's chain; None while it is empty."""
    rows = await database.run(text("SELECT seq, mac FROM audit_chain ORDER BY seq DESC LIMIT 1"))
    return Head(seq=rows[0].seq, mac=rows[0].mac) if rows else None
