"""The words that stand around a place name, as data."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any

from bot.content import LINE, line_of, read_mapping
from bot.errors import ContentError

_BY_NAME = ("not_before", "not_after")


@dataclass(frozen=True, slots=True, kw_only=True)
class Speech:
    """Plain words by what they do beside a place name; ``speech.yml`` says what each list is for."""

    leading: frozenset[str]
    trailing: frozenset[str]
    refusals: frozenset[str]
    not_from_here: frozenset[str]
    living: frozenset[str]
    working: frozenset[str]
    going: frozenset[str]
    belonging: frozenset[str]
    origin: frozenset[str]
    offices: frozenset[str]
    town_words: frozenset[str]
    between: frozenset[str]
    borne_by_others: frozenset[str]
    ordinary: frozenset[str]
    first_person: frozenset[str]
    believing: frozenset[str]
    beside: frozenset[str]
    dwelling: frozenset[str]
    explains: frozenset[str]
    kin: frozenset[str]
    country: frozenset[str]
    corregimiento: frozenset[str]
    never_of: frozenset[str]
    after_a_name: frozenset[str]
    glued: frozenset[str]
    not_before: Mapping[str, frozenset[str]]
    not_after: Mapping[str, frozenset[str]]

    def turns_away(self, name: str, after: Sequence[str]) -> bool:
        """Whether the words after a name say that no place was meant: *palmira records*, *la unión de*."""
        odd = self.not_before.get(name, frozenset())
        return any(" ".join(after[:size]) in odd | self.after_a_name for size in (1, 2))


def load_speech(path: Path) -> Speech:
    """Read the lists; raises ``ContentError`` for one that is missing or not known."""
    known = {field.name for field in fields(Speech)}
    content = read_mapping(path, known)
    if missing := sorted(known - set(content)):
        problem = f"falta la lista «{missing[0]}»; vuelva a escribirla, aunque quede así: []"
        raise ContentError(problem, file=path.name, line=1)
    lists = {name: _list(content, name, path) for name in known - set(_BY_NAME)}
    before, after = (_by_name(content, key, path) for key in _BY_NAME)
    return Speech(**lists, not_before=before, not_after=after)


def _by_name(content: Mapping[Any, Any], key: str, path: Path) -> dict[str, frozenset[str]]:
    odd = content[key]
    if not isinstance(odd, dict):
        problem = f"{key}: aquí van nombres de lugar con sus palabras; escríbalos así: «toro: bravo»"
        raise ContentError(problem, file=path.name, line=line_of(content, key, 1))
    return {name: _list(odd, name, path) for name in odd if name != LINE}


def _list(content: Mapping[Any, Any], name: str, path: Path) -> frozenset[str]:
    """Single words stand in one line with spaces between; phrases in a YAML list."""
    value = content[name]
    if not isinstance(value, str | list):
        problem = f"{name}: aquí van palabras separadas por espacios, o frases entre [ ]; escríbalas así"
        raise ContentError(problem, file=path.name, line=line_of(content, name, 1))
    return frozenset(value.split() if isinstance(value, str) else map(str, value))
