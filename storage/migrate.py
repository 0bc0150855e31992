"""Bring the database to the shape that this version needs."""

from __future__ import annotations

from importlib.resources import files
from typing import TYPE_CHECKING

from sqlalchemy import Connection, text

from storage.database import Database
from storage.shape import check_known

if TYPE_CHECKING:
    from alembic.config import Config

#: Two replicas that start together take turns; the number is this project's alone.
MIGRATION_LOCK = 7_600_001


async def migrate(database: Database, *, revision: str = "head") -> None:
    """Apply what is missing, under a lock; a second process waits and finds nothing to do. Raises ``SchemaTooNew``."""
    async with database.transaction() as tx:
        await tx.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": MIGRATION_LOCK})
        await tx.run_sync(_upgrade, revision)


def configuration(connection: Connection) -> Config:
    """Alembic's configuration, without a file: the scripts lie in this package."""
    from alembic.config import Config  # noqa: PLC0415 - see storage/shape.py

    config = Config()
    config.set_main_option("script_location", str(files("storage").joinpath("migrations")))
    config.attributes["connection"] = connection
    return config


def _upgrade(connection: Connection, revision: str) -> None:
    from alembic import command  # noqa: PLC0415 - see storage/shape.py
    from alembic.migration import MigrationContext  # noqa: PLC0415 - see storage/shape.py

    check_known(MigrationContext.configure(connection).get_current_revision())
    command.upgrade(configuration(connection), revision)
