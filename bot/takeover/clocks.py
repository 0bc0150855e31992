"""The clocks of care as data: what is told, and how long after."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from functools import cache
from pathlib import Path
from typing import Any

from pydantic import TypeAdapter, ValidationError

from bot.content import LINE, read_yaml
from bot.errors import ContentError
from bot.messages import Alert

_FILE = Path(__file__).parent / "clocks.yml"
#: What gives the place back; every row that people hold must have an end.
BACK_TO_QUEUE = "back_to_queue"


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


@cache
def load_clocks(path: Path = _FILE) -> Clocks:
    """Read the table; raises ``ContentError`` if a clock is missing, misspelt or never gives a place back."""
    content = read_yaml(path)
    about = ("confirmed", "verified_on", LINE)
    rows: dict[str, Any] = {key: _without_lines(value) for key, value in content.items() if key not in about}
    for name in ("unclaimed", "unattended"):
        rows[name] = {alert: (rows.get(name) or {}).get(alert.word) for alert in Alert}
    try:
        clocks = _CLOCKS.validate_python(rows)
    except ValidationError as error:
        where = ".".join(str(part) for part in error.errors()[0]["loc"])
        raise ContentError(f"not a clock at {where}: {error.errors()[0]['msg']}", file=path.name, line=1) from None
    for bells in (*clocks.unclaimed.values(), *clocks.unattended.values(), clocks.lost, clocks.window):
        if [bell.after for bell in bells] != sorted(bell.after for bell in bells):
            raise ContentError("the bells of a clock must strike in order", file=path.name, line=1)
    held = [*clocks.unattended.values(), clocks.lost]
    if any(bells[-1].tell != BACK_TO_QUEUE for bells in held if bells) or not all(held):
        raise ContentError(f"a clock of the owner must end with {BACK_TO_QUEUE}", file=path.name, line=1)
    return clocks


_CLOCKS: TypeAdapter[Clocks] = TypeAdapter(Clocks)


def _without_lines(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _without_lines(one) for key, one in value.items() if key != LINE}
    return [_without_lines(one) for one in value] if isinstance(value, list) else value
