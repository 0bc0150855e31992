"""Databases for tests: migrated once, copied for each test, with a clock that can be moved.

The product calls ``now()`` without a schema. A test database looks first in a schema of its own,
whose ``now()`` is PostgreSQL's plus a shift: time passes by changing the shift, in the product's
own statements and without a word about it in the product.
"""

from __future__ import annotations

import asyncio
from datetime import datetime, timedelta
from uuid import uuid4

from sqlalchemy import NullPool, make_url, text
from sqlalchemy.exc import ProgrammingError
from sqlalchemy.ext.asyncio import create_async_engine

from storage.database import Database
from storage.migrate import migrate

_TEMPLATE = "plantilla"
_CLOCK = (
    "CREATE SCHEMA test_clock",
    "CREATE TABLE test_clock.clock (shift interval NOT NULL)",
    "INSERT INTO test_clock.clock VALUES ('0')",
    """CREATE FUNCTION test_clock.now() RETURNS timestamptz LANGUAGE sql STABLE AS
       'SELECT pg_catalog.now() + shift FROM test_clock.clock'""",
)


class TestDatabases:
    """Makes and drops databases on one server; ``url`` is any database of it."""

    __test__ = False

    def __init__(self, url: str) -> None:
        self._url = make_url(url)
        self._server = create_async_engine(url, isolation_level="AUTOCOMMIT", poolclass=NullPool)

    async def prepare(self) -> None:
        """Make the migrated template, from which each test's database is copied."""
        async with self._server.connect() as server:
            await server.execute(text(f"CREATE DATABASE {_TEMPLATE}"))
        database = Database(self.url(_TEMPLATE), connections=1)
        await migrate(database)
        async with database.transaction() as tx:
            for command in _CLOCK:
                await tx.execute(text(command))
        await database.close()

    def url(self, name: str) -> str:
        """The address of one database of the server."""
        return self._url.set(database=name).render_as_string(hide_password=False)

    async def make(self) -> str:
        """A fresh copy of the template; its name."""
        name = f"prueba_{uuid4().hex}"
        async with self._server.connect() as server:
            await server.execute(text(f"CREATE DATABASE {name} TEMPLATE {_TEMPLATE}"))
            await server.execute(text(f"ALTER DATABASE {name} SET search_path = test_clock, pg_catalog, public"))
        return name

    async def make_empty(self) -> str:
        """A database with nothing in it; its name."""
        name = f"prueba_{uuid4().hex}"
        async with self._server.connect() as server:
            await server.execute(text(f"CREATE DATABASE {name} TEMPLATE template0"))
        return name

    async def drop(self, name: str) -> None:
        """Drop it, whoever is still connected; the server's own cleaner may not be sent away, and leaves by itself."""
        for tries_left in reversed(range(20)):
            try:
                async with self._server.connect() as server:
                    await server.execute(text(f"DROP DATABASE IF EXISTS {name} WITH (FORCE)"))
            except ProgrammingError as refused:
                if not tries_left or "terminate process" not in str(refused):
                    raise
                await asyncio.sleep(0.25)
            else:
                return

    async def close(self) -> None:
        """Close our own connections."""
        await self._server.dispose()


async def move_clock(database: Database, by: timedelta) -> None:
    """Let time pass in this database."""
    await database.run(text("UPDATE test_clock.clock SET shift = shift + :by"), {"by": by})


async def set_clock(database: Database, at: datetime) -> None:
    """Make it this moment (aware) in this database."""
    await database.run(text("UPDATE test_clock.clock SET shift = :at - pg_catalog.now()"), {"at": at})


async def read_clock(database: Database) -> datetime:
    """What time it is in this database."""
    rows = await database.run(text("SELECT now() AS now"))
    moment: datetime = rows[0].now
    return moment
