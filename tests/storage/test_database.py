"""A wrong DATABASE_URL is told as what it is, and a right one is understood however it is written."""

from __future__ import annotations

import pytest
from sqlalchemy import make_url, text

from bot.errors import DatabaseUnavailable
from storage.database import Database


@pytest.mark.parametrize("scheme", ["postgresql", "postgres", "postgresql+asyncpg"])
async def test_the_address_that_other_programs_use_is_good_enough(database_url: str, scheme: str) -> None:
    _, rest = database_url.split("://", 1)
    database = Database(f"{scheme}://{rest}")
    rows = await database.run(text("SELECT 1 AS one"))
    await database.close()
    assert rows[0].one == 1


@pytest.mark.parametrize("wrong", ["username", "password", "database"])
async def test_an_address_that_the_server_refuses_is_told_as_a_database_that_does_not_answer(
    database_url: str, wrong: str
) -> None:
    url = make_url(database_url)
    changed = {
        "username": url.set(username="otra"),
        "password": url.set(password="otra"),
        "database": url.set(database="otra"),
    }
    database = Database(changed[wrong].render_as_string(hide_password=False))
    with pytest.raises(DatabaseUnavailable, match="DATABASE_URL") as caught:
        await database.run(text("SELECT 1"))
    await database.close()
    assert "otra" not in str(caught.value)
