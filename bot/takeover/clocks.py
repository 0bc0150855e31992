"""The clocks of care as data: what is told, and how long after."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from functools import cache
from pathlib import Path
from typing import Any

from bot.content import LINE, line_of, read_mapping, refuse_unknown, rows_of
from bot.errors import ContentError
from bot.messages import Alert

#: The table; ``times.py`` reads the rest of it.
FILE = Path(__file__).parent / "clocks.yml"
#: What gives the place back; every row that people hold must have an end.
BACK_TO_QUEUE = "back_to_queue"
_ABOUT = ("confirmed", "verified_on", "times")
_BY_ALERT, _BELLS = ("unclaimed", "unattended"), ("lost", "window")
_SECONDS, _COUNTS = ("attending", "reserved", "rest", "lifted"), ("most_chats", "most_emergencies")


@dataclass(frozen=True, slots=True, kw_only=True)
class Bell:
    """One stroke: ``Bell(after=timedelta(seconds=60), tell="alarm_shift")``."""

    after: timedelta
    tell: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Clocks:
    """Every clock that runs while people care for somebody; bells in the order in which they strike."""

    unclaimed: Mapping[Alert, Sequence[Bell]]
    unattended: Mapping[Alert, Sequence[Bell]]
    lost: Sequence[Bell]
    window: Sequence[Bell]
    attending: timedelta
    reserved: timedelta
    most_chats: int
    most_emergencies: int
    rest: timedelta
    lifted: timedelta


@cache
def load_clocks(path: Path = FILE) -> Clocks:
    """Read the table; raises ``ContentError`` if a clock is missing, misspelt or never gives a place back."""
    content = read_mapping(path, {*_ABOUT, *_BY_ALERT, *_BELLS, *_SECONDS, *_COUNTS})
    rows: dict[str, Any] = {}
    for name in _BY_ALERT:
        by_alert = _needed(content, name, dict, f"escriba «{name}:» y debajo una lista para cada alerta", path)
        refuse_unknown(by_alert, path, [alert.word for alert in Alert])
        rows[name] = {alert: _bells(by_alert, alert.word, path, is_held=name == "unattended") for alert in Alert}
    for name in _BELLS:
        rows[name] = _bells(content, name, path, is_held=name == "lost")
    for name in (*_SECONDS, *_COUNTS):
        rows[name] = whole(content, name, path)
    for name in _SECONDS:
        rows[name] = timedelta(seconds=rows[name])
    return Clocks(**rows)


def whole(row: Mapping[str, Any], name: str, path: Path) -> int:
    """A whole number above nought; raises ``ContentError``."""
    value = row.get(name)
    if type(value) is not int or value <= 0:
        raise wrong(f"«{name}» es un número entero mayor que cero, sin comillas; escriba {name}: 60", row, name, path)
    return value


def wrong(problem: str, row: Mapping[str, Any], key: str, path: Path) -> ContentError:
    """What is wrong with a row, on the line of its key."""
    return ContentError(problem, file=path.name, line=line_of(row, key, row[LINE]))


def _bells(content: Mapping[str, Any], name: str, path: Path, *, is_held: bool) -> tuple[Bell, ...]:
    shape = f"escriba «{name}:» así: [{{after: 60, tell: alarm_shift}}]"
    raw = _needed(content, name, list, shape, path)
    keys = ("after", "tell")
    rows = rows_of({**content, name: raw}, name, path, keys, needed=keys)
    found: list[Bell] = []
    for row in rows:
        bell = Bell(after=timedelta(seconds=whole(row, "after", path)), tell=str(row["tell"]))
        if found and bell.after < found[-1].after:
            raise wrong(f"{name}: los avisos van en orden, de menos a más segundos; corríjalo", row, "after", path)
        found.append(bell)
    if is_held and (not found or found[-1].tell != BACK_TO_QUEUE):
        problem = f"{name}: nadie puede quedar sin quien la atienda; el último aviso debe ser tell: {BACK_TO_QUEUE}"
        raise wrong(problem, content, name, path)
    return tuple(found)


def _needed(content: Mapping[str, Any], name: str, kind: type, do: str, path: Path) -> Any:
    if not isinstance(content.get(name), kind):
        raise wrong(f"falta el reloj «{name}»; {do}", content, name, path)
    return content[name]
