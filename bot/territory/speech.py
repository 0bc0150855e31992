"""The words that stand around a place name, as data."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any

from bot.content import LINE, read_yaml
from bot.errors import ContentError


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
    not_before: Mapping[str, frozenset[str]]


def load_speech(path: Path) -> Speech:
    """Read the lists; raises ``ContentError`` for one that is missing or not known."""
    content = read_yaml(path)
    known = {field.name for field in fields(Speech)}
    odd = (set(content) - {LINE}) ^ known if isinstance(content, dict) else known
    if odd:
        raise ContentError(f"missing or not known: {', '.join(sorted(odd))}", file=path.name, line=1)
    try:
        lists = {name: _list(content[name]) for name in known - {"not_before"}}
        not_before = {name: _list(after) for name, after in content["not_before"].items() if name != LINE}
    except (TypeError, AttributeError):
        raise ContentError("holds something that is no list of words", file=path.name, line=1) from None
    return Speech(**lists, not_before=not_before)


def _list(value: Any) -> frozenset[str]:
    """Single words stand in one line with spaces between; phrases in a YAML list."""
    return frozenset(value.split() if isinstance(value, str) else [str(word) for word in value])
