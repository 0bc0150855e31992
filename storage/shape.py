"""Which shape the database has and which ones this version knows, told without Alembic.

A service whose database is current never loads Alembic, which would be 11 MB for all of its life.
"""

from __future__ import annotations

from importlib.resources import files

from sqlalchemy import text

from bot.errors import BotError
from storage.database import Database


class SchemaTooNew(BotError):
    """La base de datos es de una versión más nueva del programa; ponga esa versión. Nada se cambió."""


def shapes() -> list[str]:
    """The names of the shapes that this version knows, oldest first: a migration's file begins with its own."""
    folder = files("storage").joinpath("migrations", "versions")
    return sorted(one.name[:4] for one in folder.iterdir() if one.name[:4].isdigit())


async def shape_of(database: Database) -> str | None:
    """The name of the shape that the database has; None if it has none."""
    if not (await database.run(text("SELECT to_regclass('public.alembic_version') IS NOT NULL AS has")))[0].has:
        return None
    rows = await database.run(text("SELECT version_num FROM public.alembic_version"))
    return rows[0].version_num if rows else None


async def is_current(database: Database) -> bool:
    """Whether the database has the shape that this version needs. Raises ``SchemaTooNew``."""
    found = await shape_of(database)
    check_known(found)
    return found == shapes()[-1]


def check_known(shape: str | None) -> None:
    """Raise ``SchemaTooNew`` for a shape that this version does not know."""
    if shape is not None and shape not in shapes():
        raise SchemaTooNew(
            f"la base de datos es de una versión más nueva del programa (forma {shape}); "
            "ponga esa versión o restaure una copia de antes; nada se cambió"
        )
