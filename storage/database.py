"""The connection to PostgreSQL, and the one place where its failures become ours."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager, contextmanager
from typing import Any, cast

import asyncpg
from asyncpg.exceptions import (
    AdminShutdownError,
    CannotConnectNowError,
    CrashShutdownError,
    DiskFullError,
    InterfaceError,
    InternalClientError,
    InvalidAuthorizationSpecificationError,
    InvalidCatalogNameError,
    PostgresConnectionError,
    ReadOnlySQLTransactionError,
    TooManyConnectionsError,
)
from sqlalchemy import Row, TextClause, event, make_url
from sqlalchemy.exc import DBAPIError, DisconnectionError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine, create_async_engine
from sqlalchemy.sql.base import Executable

from bot.errors import DatabaseUnavailable

Params = Mapping[str, Any]
_GONE = (
    OSError,
    PoolTimeout,
    PostgresConnectionError,
    AdminShutdownError,
    CrashShutdownError,
    CannotConnectNowError,
    TooManyConnectionsError,
    # A connection on which the server said goodbye while nobody listened.
    InternalClientError,
    # It is there and takes nothing: whoever wrote is told to come again.
    DiskFullError,
    ReadOnlySQLTransactionError,
    InterfaceError,
    InvalidAuthorizationSpecificationError,
    InvalidCatalogNameError,
)
#: How long a statement waits for a connection, the connection for the server, and whoever asked for the answer.
_POOL_SECONDS, _CONNECT_SECONDS, _ANSWER_SECONDS = 10, 5, 30
#: Written-out statements are planned once for each connection. Planned for each call, a fourth of the time that
#: PostgreSQL gives a turn is planning: 1230 instead of 930 messages a second of bare statements on two cores.
#: The plan of a table that was empty then would read it whole for as long as the connection lives; each of these
#: statements has its index, and takes it from the first day: in its order, since a bitmap of what waits reads all that
#: ever waited and was not swept yet (thousands of rows for each message, after some minutes of load). What is read
#: whole all the same seems dear then, and a server that compiles what is dear would do it for a list of ten names.
PLANNED_ONCE = {
    "plan_cache_mode": "force_generic_plan",
    "enable_seqscan": "off",
    "enable_bitmapscan": "off",
    "jit": "off",
}
_ADVICE = "PostgreSQL does not answer; start it or correct DATABASE_URL (nothing was lost)"


class Record(asyncpg.Record):  # type: ignore[misc] # asyncpg publishes no types
    """A row of the driver's, whose columns are read by name as those of SQLAlchemy's rows are.

    No column may be called as what a row of the driver's does: ``keys``, ``values``, ``items``, ``get``.
    """

    __slots__ = ()

    def __getattr__(self, name: str) -> Any:
        try:
            return self[name]
        except KeyError:
            raise AttributeError(name) from None


class Database:
    """Two pools of connections. Every failure to reach the server is ``DatabaseUnavailable``.

    Transactions, and statements that are built, are SQLAlchemy's. A single statement that is written out, as those of
    a turn and of a page are, goes straight to the driver: SQLAlchemy's way costs three times as much of a core. For
    those there are twice as many ``connections``: a page needs several at once, and must not wait for the turns.
    """

    def __init__(self, url: str, *, connections: int = 10) -> None:
        self.engine: AsyncEngine = create_async_engine(
            make_url(url).set(drivername="postgresql+asyncpg"),
            pool_size=connections,
            max_overflow=0,
            pool_timeout=_POOL_SECONDS,
            hide_parameters=True,
            connect_args={"timeout": _CONNECT_SECONDS, "command_timeout": _ANSWER_SECONDS},
        )
        event.listen(self.engine.sync_engine, "checkout", _refuse_if_dead)
        self._alone = self.engine.execution_options(isolation_level="AUTOCOMMIT")
        self._connections = connections
        self._pool: Any = None
        self._worded: dict[str, tuple[str, tuple[str, ...]]] = {}

    async def run(self, query: Executable, params: Params | None = None) -> Sequence[Row[Any]]:
        """Run one statement as a transaction of its own; its rows, if it returns any."""
        with _translated():
            if isinstance(query, TextClause):
                words, names = self._words_of(query)
                given = params or {}
                return await self._fetch(words, [given[name] for name in names])
            async with self._alone.connect() as connection:
                result = await connection.execute(query, params)
                return result.all() if result.returns_rows else ()

    @asynccontextmanager
    async def transaction(self) -> AsyncIterator[AsyncConnection]:
        """Several statements, committed together when the block ends without an error."""
        with _translated():
            async with self.engine.begin() as connection:
                yield connection

    async def close(self) -> None:
        """Close every connection."""
        await self.engine.dispose()
        if self._pool is not None:
            try:
                async with asyncio.timeout(_CONNECT_SECONDS):
                    await self._pool.close()
            except _GONE:
                self._pool.terminate()

    def _words_of(self, query: TextClause) -> tuple[str, tuple[str, ...]]:
        # The same words always have parameters of the same types (storage/statements.py).
        if query.text not in self._worded:
            self._worded[query.text] = _worded(query, self.engine)
        return self._worded[query.text]

    async def _fetch(self, words: str, values: Sequence[object]) -> Sequence[Row[Any]]:
        if self._pool is None:
            self._pool = self._open_pool()
            await self._pool  # nobody is connected to before the first statement
        async with asyncio.timeout(_POOL_SECONDS):  # the pool's own way makes a task for each statement
            connection = await self._pool.acquire()
        try:
            return cast("Sequence[Row[Any]]", await connection.fetch(words, *values))
        except InternalClientError:
            connection.terminate()
            raise
        finally:
            await self._pool.release(connection, timeout=_POOL_SECONDS)

    def _open_pool(self) -> Any:
        _, where = self.engine.dialect.create_connect_args(self.engine.url)
        return asyncpg.create_pool(
            **where,
            min_size=0,
            max_size=self._connections * 2,
            max_inactive_connection_lifetime=0,
            reset=_leave,
            record_class=Record,
            timeout=_CONNECT_SECONDS,
            command_timeout=_ANSWER_SECONDS,
            server_settings=PLANNED_ONCE,
        )


def _refuse_if_dead(connection: Any, *_: object) -> None:
    """A connection that died in the pool is replaced before a turn is begun on it."""
    if connection.driver_connection.is_closed():
        raise DisconnectionError


async def _leave(_connection: object) -> None:
    """A single statement leaves nothing behind in its connection."""


def _worded(query: TextClause, engine: AsyncEngine) -> tuple[str, tuple[str, ...]]:
    """The statement as the driver takes it, with ``$1`` for the first of these names."""
    compiled: Any = query.compile(dialect=engine.dialect)
    return str(compiled), tuple(compiled.positiontup or ())


@contextmanager
def _translated() -> Any:
    try:
        yield
    except _GONE as error:
        raise DatabaseUnavailable(_ADVICE) from error
    except DBAPIError as error:
        driver = error.orig.__cause__ if error.orig is not None else None
        if error.connection_invalidated or isinstance(driver, _GONE):
            raise DatabaseUnavailable(_ADVICE) from error
        raise
