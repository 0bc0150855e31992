"""What the database may hold in the clear."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import Connection, text

from storage.database import Database
from storage.migrate import configuration
from storage.tables import PLAIN_TEXT, metadata


async def test_a_readable_column_exists_only_where_a_reason_is_written_down(database_url: str) -> None:
    database = Database(database_url)
    rows = await database.run(
        text(
            "SELECT table_name || '.' || column_name AS name FROM information_schema.columns"
            " WHERE table_schema IN ('public', 'keys') AND table_name <> 'alembic_version'"
            " AND data_type IN ('text', 'character varying', 'character', 'json', 'jsonb', 'ARRAY', 'xml', 'inet')"
        )
    )
    await database.close()
    assert {row.name for row in rows} == set(PLAIN_TEXT)


async def test_the_migrations_make_exactly_the_tables_that_the_code_expects(database_url: str) -> None:
    database = Database(database_url)

    def differences(connection: Connection) -> list[object]:
        connection.dialect.default_schema_name = "public"  # not the schema of the movable clock
        context = MigrationContext.configure(
            connection,
            opts={
                "include_schemas": True,
                "include_name": lambda name, kind, _: kind != "schema" or name in (None, "public", "keys"),
            },
        )
        return list(compare_metadata(context, metadata))

    async with database.transaction() as tx:
        await tx.execute(text("SET LOCAL search_path = public"))
        found = await tx.run_sync(differences)
    await database.close()
    assert found == []


async def test_the_newest_shape_can_be_taken_back_and_brought_again(database_url: str) -> None:
    database = Database(database_url)

    def step(connection: Connection, *, to: str) -> None:
        (command.upgrade if to == "head" else command.downgrade)(configuration(connection), to)

    for to in ("0001", "head"):
        async with database.transaction() as tx:
            await tx.execute(text("SET LOCAL search_path = public"))
            await tx.run_sync(step, to=to)
        rows = await database.run(text("SELECT to_regclass('public.consents') IS NOT NULL AS there"))
        assert rows[0].there is (to == "head")
    await database.close()


def test_a_command_that_migrates_nothing_carries_no_migrations_along(project: Path) -> None:
    loaded = subprocess.run(
        [sys.executable, "-c", "import sys, bot.__main__; print([one for one in sys.modules if one == 'alembic'])"],
        cwd=project, capture_output=True, text=True, check=True,
    )  # fmt: skip
    assert loaded.stdout.strip() == "[]"


async def test_whatever_points_to_a_row_that_goes_by_portions_is_found_by_an_index(database_url: str) -> None:
    database = Database(database_url)
    rows = await database.run(
        text(
            "SELECT k.conrelid::regclass || '.' || a.attname AS column_name FROM pg_constraint k"
            " JOIN pg_attribute a ON a.attrelid = k.conrelid AND a.attnum = k.conkey[1]"
            " WHERE k.contype = 'f' AND k.confrelid::regclass::text IN ('inbox', 'handovers', 'closings')"
            " AND NOT EXISTS (SELECT 1 FROM pg_index i WHERE i.indrelid = k.conrelid AND i.indkey[0] = k.conkey[1]"
            " AND i.indpred IS NULL)"
        )
    )
    await database.close()
    assert [row.column_name for row in rows] == []
