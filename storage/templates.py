"""The provider's names for the templates that we made there."""

from __future__ import annotations

from collections.abc import Mapping

from sqlalchemy import text

from storage.database import Database

_KEEP = (
    "INSERT INTO provider_templates (name, sid, made_at) VALUES (:name, :sid, now())"
    " ON CONFLICT (name) DO UPDATE SET sid = excluded.sid, made_at = now()"
)


async def load_templates(database: Database) -> Mapping[str, str]:
    """Our names and the provider's."""
    rows = await database.run(text("SELECT name, sid FROM provider_templates"))
    return {row.name: row.sid for row in rows}


async def keep_template(database: Database, name: str, sid: str) -> None:
    """The provider has it under this name of its own."""
    await database.run(text(_KEEP), {"name": name, "sid": sid})


async def drop_template(database: Database, name: str) -> None:
    """It is not used any more."""
    await database.run(text("DELETE FROM provider_templates WHERE name = :name"), {"name": name})
