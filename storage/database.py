"""The connection to PostgreSQL, and the one place where its failures become ours."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager, contextmanager
from typing import Any

from asyncpg.exceptions import (
    AdminShutdownError,
    CannotConnectNowError,
    DiskFullError,
    InterfaceError,
    InvalidAuthorizationSpecificationError,
    InvalidCatalogNameError,
    PostgresConnectionError,
    ReadOnlySQLTransactionError,
    TooManyConnectionsError,
)
from sqlalchemy import Row, make_url
from sqlalchemy.exc import DBAPIError
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
    CannotConnectNowError,
    TooManyConnectionsError,
    # It is there and takes nothing: whoever wrote is told to come again.
    DiskFullError,
    ReadOnlySQLTransactionError,
    InterfaceError,
    InvalidAuthorizationSpecificationError,
    InvalidCatalogNameError,
)
_ADVICE = "PostgreSQL does not answer; start it or correct DATABASE_URL (nothing was lost)"


class Database:
    """A pool of connections. Every failure to reach the server is ``DatabaseUnavailable``."""

    def __init__(self, url: str, *, connections: int = 10) -> None:
        self.engine: AsyncEngine = create_async_engine(
            make_url(url).set(drivername="postgresql+asyncpg"),
            pool_size=connections,
            max_overflow=0,
            pool_timeout=10,
            hide_parameters=True,
            connect_args={"timeout": 5, "command_timeout": 30},
        )
        self._alone = self.engine.execution_options(isolation_level="AUTOCOMMIT")

    async def run(self, query: Executable, params: Params | None = None) -> Sequence[Row[Any]]:
        """Run one statement as a transaction of its own; its rows, if it returns any."""
        with _translated():
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
