"""What is wrong with the service just now, for whoever operates it: over one reading and a table of limits. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields
from datetime import timedelta
from enum import StrEnum
from functools import cache
from pathlib import Path
from typing import Any

from bot.content import read_mapping, refuse_unknown
from bot.errors import ContentError

FILE = Path(__file__).parent / "troubles.yml"
_NEVER = timedelta()


class Trouble(StrEnum):
    """What an operator is told of, by its name in the table and in the operations manual."""

    DATABASE = "database"
    UNHANDLED = "unhandled"
    DELIVERY = "delivery"
    NLU = "nlu"
    SECOND_READER = "second_reader"
    NOBODY_ON_SHIFT = "nobody_on_shift"
    DISK = "disk"
    COPY = "copy"
    COST = "cost"
    SPENT = "spent"


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """What was seen in one look; times say for how long, zero: not at all.

    While the database is away nothing of what it holds is known, and counts as nothing. ``disk_free`` is a percentage.
    ``copied`` is the age of the last whole copy. ``has_second_reader`` is None where it is off by setting.
    """

    database_down: timedelta = _NEVER
    nlu_down: timedelta = _NEVER
    second_reader_down: timedelta = _NEVER
    unhandled: timedelta = _NEVER
    unsent: timedelta = _NEVER
    failed_letters: int = 0
    letters_today: int = 0
    nobody: timedelta = _NEVER
    disk_free: float = 100.0
    copied: timedelta = _NEVER
    is_database_up: bool = True
    is_nlu_up: bool = True
    has_second_reader: bool | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """From where on something is a trouble; each by its name in the table, where its meaning stands."""

    unhandled: timedelta
    unsent: timedelta
    failed_letters: int
    letters_a_day: int
    letters_at_most: int
    failed_within: timedelta
    nlu_down: timedelta
    nobody: timedelta
    database_down: timedelta
    disk_free: int
    copied: timedelta
    calm: timedelta


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """What the operator reads of a trouble: ``Told(title="el disco está casi lleno", do="Mire qué creció…")``."""

    title: str
    do: str


def troubles_in(reading: Reading, limits: Limits) -> frozenset[Trouble]:
    """All that is wrong in one reading."""
    is_wrong = {
        Trouble.DATABASE: reading.database_down > limits.database_down,
        Trouble.UNHANDLED: reading.unhandled > limits.unhandled,
        Trouble.DELIVERY: reading.unsent > limits.unsent or reading.failed_letters >= limits.failed_letters,
        Trouble.NLU: reading.nlu_down > limits.nlu_down,
        Trouble.SECOND_READER: reading.second_reader_down > limits.nlu_down,
        Trouble.NOBODY_ON_SHIFT: reading.nobody > limits.nobody,
        Trouble.DISK: reading.disk_free < limits.disk_free,
        Trouble.COPY: reading.copied > limits.copied,
        Trouble.COST: reading.letters_today >= limits.letters_a_day,
        Trouble.SPENT: reading.letters_today >= limits.letters_at_most,
    }
    return frozenset(trouble for trouble, is_there in is_wrong.items() if is_there)


@cache
def load_limits(path: Path = FILE) -> Limits:
    """Read the limits; raises ``ContentError`` for one that is missing, misspelt or without a source."""
    rows = _rows(path, "limits", [field.name for field in fields(Limits)])
    found: dict[str, Any] = {name: _limit(row, name, path) for name, row in rows.items()}
    limits = Limits(**found)
    if limits.letters_at_most <= limits.letters_a_day:
        raise ContentError("«letters_at_most» es mayor que «letters_a_day»: primero se avisa", file=str(path))
    return limits


@cache
def load_words(path: Path = FILE) -> Mapping[Trouble, Told]:
    """What is said of each trouble; raises ``ContentError`` if one has no words."""
    rows = _rows(path, "troubles", list(Trouble))
    return {Trouble(name): Told(title=str(row["title"]), do=str(row["do"])) for name, row in rows.items()}


def _rows(path: Path, part: str, names: list[str]) -> Mapping[str, Mapping[str, Any]]:
    rows = read_mapping(path).get(part)
    if not isinstance(rows, dict):
        raise ContentError(f"falta la lista «{part}:»", file=str(path))
    refuse_unknown(rows, path, names)
    for name in names:
        row, needed = rows.get(name), ("meaning", "source") if part == "limits" else ("title", "do")
        if not isinstance(row, dict) or not all(isinstance(row.get(key), str) for key in needed):
            raise ContentError(f"«{name}» no está o le falta {' o '.join(needed)}", file=str(path))
    return {name: rows[name] for name in names}


def _limit(row: Mapping[str, Any], name: str, path: Path) -> timedelta | int:
    units = [unit for unit in ("seconds", "minutes", "hours", "count", "percent") if unit in row]
    if len(units) != 1 or not isinstance(row[units[0]], int) or row[units[0]] <= 0:
        raise ContentError(f"«{name}» lleva un número entero y una sola unidad: «minutes: 5»", file=str(path))
    (unit,) = units
    if (unit in ("count", "percent")) != (name in ("failed_letters", "letters_a_day", "letters_at_most", "disk_free")):
        raise ContentError(f"«{name}» no se mide en {unit}", file=str(path))
    number: int = row[unit]
    return timedelta(**{unit: number}) if unit in ("seconds", "minutes", "hours") else number
