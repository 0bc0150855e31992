"""How long anything is kept, as data, and the tick that keeps to it."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from functools import cache
from pathlib import Path
from typing import Any

from bot.content import read_mapping, refuse_unknown
from bot.takeover.clocks import wrong
from storage.audit import Trail
from storage.database import Database
from storage.departed import remove_handovers, remove_shifts, remove_staff
from storage.retention import (
    expire_people,
    remove_drafts,
    remove_files,
    remove_remains,
    remove_traces,
    trim_audit,
)

FILE = Path(__file__).with_name("retention.yml")
#: What one tick takes of each kind: people one by one, the rest in one short statement.
PEOPLE_AT_ONCE, ROWS_AT_ONCE = 200, 2000

_TOLD = ("name", "since", "meaning", "source")
_NAMES = (
    "text", "media", "drafts", "remains", "traces", "handovers", "shifts", "staff", "audit",
    "data_copies", "key_copies",
)  # fmt: skip
_NAMED = "la auditoría los nombra, y se guarda cinco años"
#: What no file may shorten or lengthen, in days, and why.
_AT_LEAST = {
    "text": (1, "se quitaría lo que se está contando"),
    "drafts": (1, "se quitaría lo que se está escribiendo"),
    "remains": (30, "un mensaje viejo que el proveedor repite traería de vuelta a quien se borró"),
    "traces": (30, "el tablero los cuenta"),
    "handovers": (1826, _NAMED),
    "shifts": (1826, _NAMED),
    "staff": (1826, _NAMED),
    "audit": (1826, "la base de datos no deja quitar nada de menos de cinco años"),
    "key_copies": (1, "una copia de datos sin sus llaves no sirve"),
    "data_copies": (1, "no quedaría ninguna"),
}
_AT_MOST = {"key_copies": (7, "lo borrado no se puede leer en ninguna copia pasados siete días")}


@dataclass(frozen=True, slots=True, kw_only=True)
class Period:
    """One row: ``Period(name="Auditoría", after=timedelta(days=1827), since="desde cada acto", …)``."""

    name: str
    after: timedelta
    since: str
    meaning: str
    source: str


@cache
def load_periods(path: Path = FILE) -> Mapping[str, Period]:
    """Read them by key; raises ``ContentError`` for what is missing, misspelt, or out of what was promised."""
    content = read_mapping(path, ("confirmed", "verified_on", "periods"))
    rows = content.get("periods")
    if not isinstance(rows, dict):
        raise wrong("falta la lista de plazos; escriba «periods:» y debajo cada uno", content, "periods", path)
    refuse_unknown(rows, path, _NAMES)
    return {key: _period(rows, key, path) for key in _NAMES}


async def keep_periods(database: Database, trail: Trail, periods: Mapping[str, Period]) -> Mapping[str, int]:
    """Remove one batch of whatever is due, and note in the trail how much it was; what was removed, by key.

    Any number of replicas may do it at once: nobody waits for a row that another holds.
    """
    carried_out: dict[str, Callable[[timedelta], Awaitable[int]]] = {
        "text": lambda after: expire_people(database, trail, after=after, limit=PEOPLE_AT_ONCE),
        "media": lambda after: remove_files(database, trail, after=after, limit=ROWS_AT_ONCE),
        "drafts": lambda after: remove_drafts(database, trail, after=after, limit=ROWS_AT_ONCE),
        "remains": lambda after: remove_remains(database, trail, after=after, limit=ROWS_AT_ONCE),
        "traces": lambda after: remove_traces(database, trail, after=after, limit=ROWS_AT_ONCE),
        # Whatever the trail does not name any more goes after it, and whoever did that last.
        "audit": lambda after: trim_audit(database, trail, after=after, limit=ROWS_AT_ONCE),
        "handovers": lambda after: remove_handovers(database, trail, after=after, limit=ROWS_AT_ONCE),
        "shifts": lambda after: remove_shifts(database, trail, after=after, limit=ROWS_AT_ONCE),
        "staff": lambda after: remove_staff(database, trail, after=after, limit=ROWS_AT_ONCE),
    }
    return {key: await remove(periods[key].after) for key, remove in carried_out.items()}


def _period(rows: Mapping[str, Any], key: str, path: Path) -> Period:
    row = rows.get(key)
    if not isinstance(row, dict):
        raise wrong(f"falta el plazo «{key}»; escriba «{key}:» y debajo days, since, meaning y source", rows, key, path)
    refuse_unknown(row, path, ("days", *_TOLD))
    for told in _TOLD:
        if not isinstance(row.get(told), str):
            raise wrong(f"{key}: falta «{told}»; escriba «{told}:» y su texto", row, told, path)
    days = row.get("days")
    if type(days) is not int or days < 0:
        raise wrong(f"{key}: «days» es un número entero de días, sin comillas; escriba days: 90", row, "days", path)
    least, why_least = _AT_LEAST.get(key, (0, ""))
    most, why_most = _AT_MOST.get(key, (days, ""))
    if not least <= days <= most:
        limit = f"al menos {least}: {why_least}" if days < least else f"a lo sumo {most}: {why_most}"
        raise wrong(f"{key}: los días son {limit}", row, "days", path)
    told_words = {told: row[told] for told in _TOLD}
    return Period(after=timedelta(days=days), **told_words)
