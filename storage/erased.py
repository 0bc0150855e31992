"""Who was erased lately, in a file beside the database: a copy that was made before has to be told when it returns.

A line is a person's id, which means nobody, and when she was erased. It is kept longer than any copy of a key lives.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from datetime import datetime, timedelta
from pathlib import Path
from uuid import UUID

from sqlalchemy import func, select

from bot.errors import BotError
from storage.database import Database
from storage.tables import people

#: A copy of the keys lives seven days at most (bot/retention.yml).
REMEMBERED = timedelta(days=30)


async def erased_lately(database: Database) -> Mapping[UUID, datetime]:
    """Everybody who was erased in the last thirty days, and when (aware)."""
    rows = await database.run(
        select(people.c.id, people.c.forgotten_at).where(people.c.forgotten_at > func.now() - REMEMBERED)
    )
    return {row.id: row.forgotten_at for row in rows}


def keep_erased(file: Path, erased: Mapping[UUID, datetime]) -> None:
    """Add them to those that the file has, and drop from it who was erased thirty days before the latest."""
    before = read_erased(file)
    together = {**erased, **before}
    if not together:
        return
    since = max(together.values()) - REMEMBERED
    kept = {who: at for who, at in together.items() if at > since}
    if kept == before:
        return
    file.parent.mkdir(parents=True, exist_ok=True)
    aside = file.with_suffix(f".{os.getpid()}")
    with os.fdopen(os.open(aside, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w", encoding="ascii") as written:
        written.writelines(f"{who} {at.isoformat()}\n" for who, at in sorted(kept.items(), key=lambda one: one[1]))
        written.flush()
        os.fsync(written.fileno())
    aside.replace(file)


def read_erased(file: Path) -> dict[UUID, datetime]:
    """Everybody in the file; nobody if there is none. Raises ``BotError`` that names a file that is none."""
    try:
        lines = file.read_text(encoding="ascii").splitlines()
        pairs = [line.split() for line in lines]
        return {UUID(who): datetime.fromisoformat(at) for who, at in pairs}
    except FileNotFoundError:
        return {}
    except (ValueError, OSError):
        raise BotError(f"{file}: no es la lista de quienes se borraron; devuelva la que había o quítela") from None
