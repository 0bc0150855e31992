"""Bring the database to the shape that this version needs."""

from __future__ import annotations

from importlib.resources import files

from alembic import command
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, text

from storage.database import Database

#: Two replicas that start together take turns; the number is this project's alone.
_LOCK = 7_600_001


async def migrate(database: Database, *, revision: str = "head") -> None:
    """Apply what is missing, under a lock; a second process waits and finds nothing to do."""
    async with database.transaction() as tx:
        await tx.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": _LOCK})
        await tx.run_sync(_upgrade, revision)


async def is_current(database: Database) -> bool:
    """Whether the database has the shape that this version needs."""
    async with database.transaction() as tx:
        return await tx.run_sync(_is_current)


def configuration(connection: Connection) -> Config:
    """Alembic's configuration, without a file: the scripts lie in this package."""
    config = Config()
    config.set_main_option("script_location", str(files("storage").joinpath("migrations")))
    config.attributes["connection"] = connection
    return config


def _is_current(connection: Connection) -> bool:
    script = ScriptDirectory.from_config(configuration(connection))
    return MigrationContext.configure(connection).get_current_revision() == script.get_current_head()


def _upgrade(connection: Connection, revision: str) -> None:
    command.upgrade(configuration(connection), revision)
