"""Telephone lines and opening hours, as data with a source and a date of verification."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, time
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from bot.content import LINE, read_yaml
from bot.errors import ContentError
from bot.territory.data import FOLDER

_LINE_KEYS = {"id", "number", "who", "purpose", "coverage", "hours", "cost", "confidence", "source", "usable", "note"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """A telephone line: ``Line(id="mujer_155", number="155", usable=True, ...)``.

    Only a ``usable`` line may be said to anybody; it is of high confidence.
    """

    id: str
    number: str
    who: str
    purpose: str
    coverage: str
    hours: str
    cost: str
    confidence: str
    usable: bool
    source: str
    verified_on: date
    note: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenHours:
    """On these ISO weekdays (1 = Monday) somebody answers from ``opens`` until before ``closes``, local time."""

    days: frozenset[int]
    opens: time
    closes: time


@dataclass(frozen=True, slots=True, kw_only=True)
class Band:
    """A part of the day in which somebody may agree to be contacted, local time, until before ``closes``."""

    opens: time
    closes: time


@dataclass(frozen=True, slots=True, kw_only=True)
class Hours:
    """When psychologists answer, and whether the Secretaría has confirmed it."""

    timezone: ZoneInfo
    open: tuple[OpenHours, ...]
    bands: Mapping[str, Band]
    confirmed: bool
    verified_on: date
    source: str


def load_lines(path: Path = FOLDER / "lines.yml") -> tuple[Line, ...]:
    """Read the lines; raises ``ContentError`` for a usable line that is not of high confidence or has no source."""
    content = _mapping(read_yaml(path), path)
    lines: list[Line] = []
    for row in content.get("lines") or ():
        if unknown := set(row) - _LINE_KEYS - {LINE}:
            raise ContentError(f"{min(unknown)!r} is not known here", file=path.name, line=row[LINE])
        try:
            fields = {key: value for key, value in row.items() if key != LINE}
            line = Line(**fields, verified_on=content["verified_on"])
        except (TypeError, KeyError) as error:
            raise ContentError(f"not a line: {error}", file=path.name, line=row[LINE]) from None
        if line.usable and not (line.confidence == "high" and line.source):
            problem = f"{line.id} may not be usable: it needs high confidence and a source"
            raise ContentError(problem, file=path.name, line=row[LINE])
        lines.append(line)
    return tuple(lines)


def load_hours(path: Path = FOLDER / "hours.yml") -> Hours:
    """Read the opening hours; raises ``ContentError`` if a span ends before it begins or a day does not exist."""
    content = _mapping(read_yaml(path), path)
    try:
        spans = tuple(_span(row, path) for row in content["open"])
        return Hours(
            timezone=ZoneInfo(content["timezone"]),
            open=spans,
            bands={name: _band(row, path) for name, row in content["bands"].items() if name != LINE},
            confirmed=content["confirmed"],
            verified_on=content["verified_on"],
            source=content["source"],
        )
    except (KeyError, TypeError, ValueError) as error:
        raise ContentError(f"not opening hours: {error!r}", file=path.name, line=content[LINE]) from None


def _span(row: dict[str, Any], path: Path) -> OpenHours:
    span = OpenHours(
        days=frozenset(row["days"]), opens=time.fromisoformat(row["from"]), closes=time.fromisoformat(row["to"])
    )
    if not span.opens < span.closes or not span.days <= set(range(1, 8)):
        raise ContentError("opens before it closes, on days 1 to 7", file=path.name, line=row[LINE])
    return span


def _band(row: dict[str, Any], path: Path) -> Band:
    band = Band(opens=time.fromisoformat(row["from"]), closes=time.fromisoformat(row["to"]))
    if not band.opens < band.closes:
        raise ContentError("opens before it closes", file=path.name, line=row[LINE])
    return band


def _mapping(content: Any, path: Path) -> dict[str, Any]:
    if not isinstance(content, dict):
        raise ContentError("holds no mapping", file=path.name, line=1)
    return content
