"""Telephone lines and opening hours, as data with a source and a date of verification."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, time
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from bot.content import LINE, line_of, read_mapping, refuse_unknown, rows_of, verified
from bot.errors import ContentError
from bot.territory.data import FOLDER

_LINE_KEYS = {"id", "number", "who", "purpose", "coverage", "hours", "cost", "confidence", "source", "usable", "note"}

_LINE_NEEDS = ("id", "number", "who", "purpose", "coverage", "confidence", "source")
#: What may be unknown, but not left out.
_LINE_TEXTS = (*_LINE_NEEDS, "hours", "cost")
_HOUR = re.compile(r"\d\d:\d\d")


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
    content = read_mapping(path, {"verified_on", "lines"})
    verified_on = verified(content, path)
    found: dict[str, Line] = {}
    for row in rows_of(content, "lines", path, _LINE_KEYS, needed=_LINE_NEEDS):
        if not isinstance(row.get("usable"), bool):
            raise _wrong(
                f"{row['id']}: diga si se puede nombrar; escriba usable: true o usable: false", row, "usable", path
            )
        if row["usable"] and row["confidence"] != "high":
            problem = f"{row['id']}: solo se nombra una línea de confianza alta; verifíquela o escriba usable: false"
            raise _wrong(problem, row, "usable", path)
        for key in _LINE_TEXTS:
            if not isinstance(row.get(key), str):
                problem = f'{row["id"]}: «{key}» va entre comillas; escriba "{row.get(key) or ""}"'
                raise _wrong(problem, row, key, path)
        line = Line(**{key: value for key, value in row.items() if key != LINE}, verified_on=verified_on)
        if found.setdefault(line.id, line) is not line:
            raise _wrong(f"la línea «{line.id}» está dos veces; cambie un «id» o borre una", row, "id", path)
    return tuple(found.values())


def load_hours(path: Path = FOLDER / "hours.yml") -> Hours:
    """Read the opening hours; raises ``ContentError`` if a span ends before it begins or a day does not exist."""
    content = read_mapping(path, {"timezone", "open", "bands", "confirmed", "verified_on", "source"})
    if not isinstance(content.get("source"), str) or not content["source"].strip():
        raise _wrong("falta la fuente del horario; escriba «source:» y de dónde sale", content, "source", path)
    if not isinstance(content.get("confirmed"), bool):
        problem = "diga si la Secretaría confirmó el horario; escriba confirmed: true o confirmed: false"
        raise _wrong(problem, content, "confirmed", path)
    bands = content.get("bands")
    if not isinstance(bands, dict):
        raise _wrong(
            "faltan las franjas; escriba «bands:» y debajo morning, afternoon y evening", content, "bands", path
        )
    spans = rows_of(content, "open", path, ("days", "from", "to"), needed=("days", "from", "to"))
    if not spans:
        raise _wrong("falta cuándo se atiende; escriba al menos un renglón en «open»", content, "open", path)
    return Hours(
        timezone=_timezone(content, path),
        open=tuple(_span(row, path) for row in spans),
        bands={name: _band(bands, name, path) for name in bands if name != LINE},
        confirmed=content["confirmed"],
        verified_on=verified(content, path),
        source=content["source"],
    )


def _timezone(content: Mapping[str, Any], path: Path) -> ZoneInfo:
    try:
        return ZoneInfo(str(content.get("timezone")))
    except (ValueError, ZoneInfoNotFoundError, OSError):
        raise _wrong("no hay esa zona horaria; escriba timezone: America/Bogota", content, "timezone", path) from None


def _span(row: Mapping[str, Any], path: Path) -> OpenHours:
    days = row["days"]
    if not isinstance(days, list) or not all(type(day) is int and day in range(1, 8) for day in days):
        problem = "los días van de 1 (lunes) a 7 (domingo); escríbalos así: [1, 2, 3, 4, 5]"
        raise _wrong(problem, row, "days", path)
    opens, closes = _from_to(row, path)
    return OpenHours(days=frozenset(days), opens=opens, closes=closes)


def _band(bands: Mapping[str, Any], name: str, path: Path) -> Band:
    row = bands[name]
    if not isinstance(row, dict):
        raise _wrong(f'{name}: escriba las dos horas así: {{from: "08:00", to: "12:00"}}', bands, name, path)
    refuse_unknown(row, path, ("from", "to"))
    opens, closes = _from_to(row, path)
    return Band(opens=opens, closes=closes)


def _from_to(row: Mapping[str, Any], path: Path) -> tuple[time, time]:
    opens, closes = _hour(row, "from", path), _hour(row, "to", path)
    if not opens < closes:
        raise _wrong("la hora de cierre (to) no es después de la de apertura (from); corríjala", row, "to", path)
    return opens, closes


def _hour(row: Mapping[str, Any], key: str, path: Path) -> time:
    said = row.get(key)
    if not isinstance(said, str):
        raise _wrong(f'la hora «{key}» va entre comillas; escríbala así: {key}: "08:00"', row, key, path)
    try:
        if not _HOUR.fullmatch(said):
            raise ValueError
        return time.fromisoformat(said)
    except ValueError:
        problem = f'la hora «{said}» no existe; escríbala de "00:00" a "23:59", con dos cifras y dos puntos'
        raise _wrong(problem, row, key, path) from None


def _wrong(problem: str, row: Mapping[str, Any], key: str, path: Path) -> ContentError:
    return ContentError(problem, file=path.name, line=line_of(row, key, row[LINE]))
