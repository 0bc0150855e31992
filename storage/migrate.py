"""Bring the database to the shape that this version needs."""

from __future__ import annotations

from importlib.resources import files

from alembic import command
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, text

from bot.errors import BotError
from storage.database import Database

#: Two replicas that start together take turns; the number is this project's alone.
MIGRATION_LOCK = 7_600_001


class SchemaTooNew(BotError):
    """La base de datos es de una versión más nueva del programa; ponga esa versión. Nada se cambió."""


async def migrate(database: Database, *, revision: str = "head") -> None:
    """Apply what is missing, under a lock; a second process waits and finds nothing to do. Raises ``SchemaTooNew``."""
    async with database.transaction() as tx:
        await tx.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": MIGRATION_LOCK})
        await tx.run_sync(_upgrade, revision)


async def is_current(database: Database) -> bool:
    """Whether the database has the shape that this version needs. Raises ``SchemaTooNew``."""
    async with database.transaction() as tx:
        return await tx.run_sync(_is_current)


async def revision_of(database: Database) -> str | None:
    """The name of the shape that the database has; None if it has none."""
    async with database.transaction() as tx:
        return await tx.run_sync(_revision)


def knows(revision: str) -> bool:
    """Whether this version knows this shape: its own, or one before it."""
    config = Config()
    config.set_main_option("script_location", str(files("storage").joinpath("migrations")))
    return revision in {script.revision for script in ScriptDirectory.from_config(config).walk_revisions()}


def configuration(connection: Connection) -> Config:
    """Alembic's configuration, without a file: the scripts lie in this package."""
    config = Config()
    config.set_main_option("script_location", str(files("storage").joinpath("migrations")))
    config.attributes["connection"] = connection
    return config


def _is_current(connection: Connection) -> bool:
    script = ScriptDirectory.from_config(configuration(connection))
    return _known(connection) == script.get_current_head()


def _upgrade(connection: Connection, revision: str) -> None:
    _known(connection)
    command.upgrade(configuration(connection), revision)


def _known(connection: Connection) -> str | None:
    found = _revision(connection)
    if found is not None and not knows(found):
        raise SchemaTooNew(
            f"la base de datos es de una versión más nueva del programa (forma {found}); "
            "ponga esa versión o restaure una copia de antes; nada se cambió"
        )
    return found


def _revision(connection: Connection) -> str | None:
    return MigrationContext.configure(connection).get_current_revision()
