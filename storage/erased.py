"""Who was erased lately, in files beside the database: a copy that was made before has to be told when it returns.

A line is a person's id, which means nobody, and when she was erased. It is kept longer than any copy of a key lives.
The first line says until when the list knows: one that stopped too early does not pass for a whole one.
"""

from __future__ import annotations

import os
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from uuid import UUID

from sqlalchemy import text

from bot.errors import BotError
from storage.database import Database

#: A copy of the keys lives seven days at most (bot/retention.yml).
REMEMBERED = timedelta(days=30)
#: What the file is called wherever it lies.
NAME = "erased.txt"
_UNTIL = "hasta"
#: How old the first line may become while nobody is erased: a file that never changes is not written every few seconds.
_STALE = timedelta(minutes=5)
_ERASED = """
SELECT now() AS until, p.id, p.forgotten_at
FROM (SELECT 1) AS once LEFT JOIN people p ON p.forgotten_at > now() - CAST(:remembered AS interval)
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Erased:
    """``people`` by id and when each was erased; whoever was erased after ``until`` (aware) is not known to it."""

    until: datetime | None = None
    people: Mapping[UUID, datetime] = field(default_factory=dict)

    def __or__(self, other: Erased) -> Erased:
        """Both together: it knows as late as the later one does."""
        moments = [one.until for one in (self, other) if one.until is not None]
        return Erased(until=max(moments, default=None), people={**self.people, **other.people})


async def erased_lately(database: Database) -> Erased:
    """Everybody who was erased in the last thirty days."""
    rows = await database.run(text(_ERASED), {"remembered": REMEMBERED})
    return Erased(until=rows[0].until, people={row.id: row.forgotten_at for row in rows if row.id is not None})


def keep_erased(file: Path, erased: Erased) -> None:
    """Add them to those that the file has, and drop from it who was erased thirty days before the latest moment."""
    before = read_erased(file) or Erased()
    together = before | erased
    latest = max([*together.people.values(), *([together.until] if together.until else [])], default=None)
    if latest is None:
        return
    kept = {who: at for who, at in together.people.items() if at > latest - REMEMBERED}
    is_fresh = before.until is not None and latest - before.until < _STALE
    if kept == before.people and is_fresh:
        return
    file.parent.mkdir(parents=True, exist_ok=True)
    aside = file.with_suffix(f".{os.getpid()}")
    with os.fdopen(os.open(aside, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w", encoding="ascii") as written:
        written.write(f"{_UNTIL} {latest.isoformat()}\n")
        written.writelines(f"{who} {at.isoformat()}\n" for who, at in sorted(kept.items(), key=lambda one: one[1]))
        written.flush()
        os.fsync(written.fileno())
    aside.replace(file)


def read_erased(file: Path) -> Erased | None:
    """What the file knows; None if there is none. Raises ``BotError`` that names a file that is none."""
    try:
        lines = [line.split() for line in file.read_text(encoding="ascii").splitlines()]
        moments = [(who, datetime.fromisoformat(at)) for who, at in lines]
        until = [at for who, at in moments if who == _UNTIL]
        return Erased(until=until[0] if until else None, people={UUID(who): at for who, at in moments if who != _UNTIL})
    except FileNotFoundError:
        return None
    except (ValueError, OSError):
        raise BotError(f"{file}: no es la lista de quienes se borraron; devuelva la que había o quítela") from None


def keep_erased_beside(note: Path, erased: Erased) -> Sequence[Path]:
    """Keep them also where the copies lie, as ``remember_places`` noted; the files that could not be written."""
    failed = []
    for place in read_places(note):
        try:
            keep_erased(place / NAME, erased)
        except (OSError, BotError):
            failed.append(place / NAME)
    return failed


def remember_places(note: Path, places: Collection[Path]) -> None:
    """Note the folders in which the list is to be kept as well: those of the last copy that was made."""
    words = "".join(f"{place.resolve()}\n" for place in places)
    if note.exists() and note.read_text(encoding="utf-8") == words:
        return
    note.parent.mkdir(parents=True, exist_ok=True)
    aside = note.with_suffix(f".{os.getpid()}")
    aside.write_text(words, encoding="utf-8")
    aside.replace(note)


def read_places(note: Path) -> Sequence[Path]:
    """The folders that were noted; none before the first copy."""
    try:
        return [Path(line) for line in note.read_text(encoding="utf-8").splitlines() if line]
    except FileNotFoundError:
        return []
