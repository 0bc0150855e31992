"""What each of the provider's refusals means for a letter, as one table; and why, in words for people."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from functools import cache
from pathlib import Path

from bot.content import LINE, line_of, read_mapping, rows_of, verified
from bot.errors import ContentError

FILE = Path(__file__).parent / "outcomes.yml"
_KEYS = ("name", "does", "says", "operator", "codes")
#: Whatever the table does not name.
_OTHERWISE = "refused"


class Does(StrEnum):
    """What follows from a refusal; ``outcomes.yml`` says it in full."""

    PAUSE = "pause"
    ASK = "ask"
    PLAIN = "plain"
    CLOSE = "close"
    STOP = "stop"
    FAIL = "fail"


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """One row: ``Outcome(name="opted_out", does=Does.STOP, says="pidió a su operador no recibir más")``."""

    name: str
    does: Does
    says: str
    for_operator: bool = False


def outcome_of(code: str | None) -> Outcome:
    """The row of a code: the provider's number, HTTP's status, or a word of ours."""
    by_code = load_outcomes()
    return by_code.get(code or "", by_code[""])


def drops(code: str | None) -> bool:
    """Whether a letter of which this is reported was dropped for our speed alone, and may be sent again."""
    return outcome_of(code).name == "slow_down"


@cache
def load_outcomes(path: Path = FILE) -> Mapping[str, Outcome]:
    """Read the table: rows by code, and under ``""`` the one for all others. Raises ``ContentError``."""
    content = read_mapping(path, {"verified_on", "outcomes"})
    verified(content, path)
    found: dict[str, Outcome] = {}
    for row in rows_of(content, "outcomes", path, _KEYS, needed=("name", "does", "says")):
        if row["does"] not in set(Does):
            known = ", ".join(Does)
            raise _wrong(f"«does» es uno de: {known}", row, "does", path)
        outcome = Outcome(
            name=str(row["name"]), does=Does(row["does"]), says=str(row["says"]), for_operator=bool(row.get("operator"))
        )
        for code in map(str, row.get("codes") or ([""] if outcome.name == _OTHERWISE else [])):
            if code in found:
                raise _wrong(f"el código {code} está dos veces; deje uno", row, "codes", path)
            found[code] = outcome
    if "" not in found:
        raise ContentError(f"falta el renglón «{_OTHERWISE}»; es el de los demás códigos", file=path.name, line=1)
    return found


def _wrong(problem: str, row: Mapping[str, object], key: str, path: Path) -> ContentError:
    line = row[LINE]
    return ContentError(problem, file=path.name, line=line_of(row, key, line if isinstance(line, int) else 1))
