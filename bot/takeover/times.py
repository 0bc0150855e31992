"""The other times that are the service's decision, in the same table: each with what it means and where it is from."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields
from datetime import timedelta
from functools import cache
from pathlib import Path
from typing import Any

from bot.content import read_mapping, refuse_unknown
from bot.takeover.clocks import FILE, whole, wrong

_UNITS = ("seconds", "minutes", "hours", "days")
_TOLD = ("meaning", "source")


@dataclass(frozen=True, slots=True, kw_only=True)
class Times:
    """Each time by its name in the table, where its meaning stands: ``Times(quiet=timedelta(hours=12), …)``."""

    crisis_silence: timedelta
    urgent_silence: timedelta
    borrowed: timedelta
    quiet: timedelta
    of_the_moment: timedelta
    still_waiting: timedelta
    still_there: timedelta
    double_tap: timedelta
    in_touch: timedelta
    late_words: timedelta
    free_words: timedelta
    letter_life: timedelta
    parting_life: timedelta
    passed_for: timedelta
    call_for_help: timedelta
    board_back: timedelta
    idle: timedelta
    signed_in: timedelta
    temporary_password: timedelta
    reset_open: timedelta
    alarm_first: timedelta
    alarm_longest: timedelta


#: What no table may lengthen, and who says so.
_AT_MOST = {
    "borrowed": (timedelta(minutes=15), "las reglas de seguridad (§11)"),
    "quiet": (timedelta(hours=12), "las reglas de seguridad (§1)"),
    "free_words": (timedelta(hours=24), "WhatsApp"),
}
#: The first of each pair may not be longer than the second.
_IN_ORDER = (
    ("crisis_silence", "urgent_silence"),
    ("parting_life", "letter_life"),
    ("letter_life", "quiet"),
    ("still_there", "quiet"),
    ("of_the_moment", "quiet"),
    ("late_words", "quiet"),
    ("idle", "signed_in"),
    ("alarm_first", "alarm_longest"),
)


@cache
def load_times(path: Path = FILE) -> Times:
    """Read them; raises ``ContentError`` for what is missing, misspelt, without a source, or longer than it may be."""
    content = read_mapping(path)
    rows = content.get("times")
    names = [field.name for field in fields(Times)]
    if not isinstance(rows, dict):
        problem = "falta la lista de tiempos; escriba «times:» y debajo cada uno con su nombre"
        raise wrong(problem, content, "times", path)
    refuse_unknown(rows, path, names)
    found = {name: _time(rows, name, path) for name in names}
    for name, (most, who) in _AT_MOST.items():
        if found[name] > most:
            raise wrong(
                f"«{name}» es más largo de lo que se puede, según {who}; escriba un tiempo menor", rows, name, path
            )
    for shorter, longer in _IN_ORDER:
        if found[shorter] > found[longer]:
            problem = f"«{shorter}» no puede ser más largo que «{longer}»; corrija uno de los dos"
            raise wrong(problem, rows, shorter, path)
    return Times(**found)


def _time(rows: Mapping[str, Any], name: str, path: Path) -> timedelta:
    row = rows.get(name)
    if not isinstance(row, dict):
        raise wrong(f"falta el tiempo «{name}»; escriba «{name}:» y debajo minutes, meaning y source", rows, name, path)
    refuse_unknown(row, path, (*_UNITS, *_TOLD))
    for key in _TOLD:
        if not isinstance(row.get(key), str):
            raise wrong(f"{name}: falta «{key}»; escriba «{key}:» y su texto", row, key, path)
    units = [unit for unit in _UNITS if unit in row]
    if len(units) != 1:
        raise wrong(f"{name}: el tiempo va en una sola unidad; escriba por ejemplo «minutes: 5»", row, "", path)
    return timedelta(**{units[0]: whole(row, units[0], path)})
