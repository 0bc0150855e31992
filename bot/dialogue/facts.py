"""What the dialogue may state: places, doors, lines, hours and figures, each from data with a source."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path

from bot.content import LINE, line_of, read_mapping, rows_of, verified
from bot.dialogue.state import Value
from bot.errors import ContentError
from bot.territory import Territory, load_territory
from bot.territory.directory import Hours, Line, load_hours, load_lines
from bot.territory.services import Directory, load_directory
from bot.territory.stores import Stores, load_stores

#: A place outside the department, and a wish not to say: answers like any other.
OUTSIDE, UNSAID = "FUERA_VALLE", "PREFIERE_NO_DECIR"


@dataclass(frozen=True, slots=True, kw_only=True)
class Figure:
    """A number that a text states: ``Figure(id="no_waiting_hours", value="72", source="seguridad §10", ...)``."""

    id: str
    value: str
    source: str
    verified_on: date


@dataclass(frozen=True, slots=True, kw_only=True)
class Facts:
    """Loaded once; lines by id."""

    territory: Territory
    lines: Mapping[str, Line]
    hours: Hours
    figures: Mapping[str, Figure]
    directory: Directory
    stores: Stores

    def is_open(self, now: datetime) -> bool:
        """Whether psychologists answer at ``now`` (aware)."""
        local = now.astimezone(self.hours.timezone)
        return any(
            local.isoweekday() in span.days and span.opens <= local.time() < span.closes for span in self.hours.open
        )


def load_facts(figures: Path) -> Facts:
    """Read what the texts may state; raises ``ContentError`` with file and line."""
    territory, lines = load_territory(), {line.id: line for line in load_lines()}
    return Facts(
        territory=territory,
        lines=lines,
        hours=load_hours(),
        figures=_figures(figures),
        directory=load_directory(lines, territory),
        stores=load_stores(territory),
    )


def place_name(facts: Facts, code: Value) -> str | None:
    """The municipality's name for its code, or None if she did not say or it is elsewhere."""
    found = facts.territory.by_code.get(code) if isinstance(code, str) else None
    return found.name if found else None


def zone_of(facts: Facts, code: str) -> str:
    """The zone's name, or the code itself for ``FUERA_VALLE`` and ``PREFIERE_NO_DECIR``."""
    found = facts.territory.by_code.get(code)
    return found.zone if found else code


def _figures(path: Path) -> Mapping[str, Figure]:
    keys = ("id", "value", "source")
    content = read_mapping(path, {"verified_on", "figures"})
    verified_on = verified(content, path)
    found: dict[str, Figure] = {}
    for row in rows_of(content, "figures", path, keys, needed=keys):
        figure = Figure(id=str(row["id"]), value=str(row["value"]), source=str(row["source"]), verified_on=verified_on)
        if figure.id in found:
            problem = f"el dato «{figure.id}» está dos veces; cambie el «id» de uno"
            raise ContentError(problem, file=path.name, line=line_of(row, "id", row[LINE]))
        found[figure.id] = figure
    return found
