"""Bring the database to the shape that this version needs."""

from __future__ import annotations

from importlib.resources import files

from alembic import command
from alembic.config import Config
from sqlalchemy import Connection, text

from storage.database import Database

#: Two replicas that start together take turns; the number is this project's alone.
_LOCK = 7_600_001


async def migrate(database: Database, *, revision: str = "head") -> None:
    """Apply what is missing, under a lock; a second process waits and finds nothing to do."""
    async with database.transaction() as tx:
        await tx.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": _LOCK})
        await tx.run_sync(_upgrade, revision)


def configuration(connection: Connection) -> Config:
    """Alembic's configuration, without a file: the scripts lie in this package."""
    config = Config()
    config.set_main_option("script_location", str(files("storage").joinpath("migrations")))
    config.attributes["connection"] = connection
    return config


def _upgrade(connection: Connection, revision: str) -> None:
    command.upgrade(configuration(connection), revision)
