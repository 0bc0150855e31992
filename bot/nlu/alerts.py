"""How grave a meaning is by itself: ``alerts.yml`` as a table."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from pathlib import Path

from bot.content import read_yaml
from bot.errors import ContentError
from bot.messages import Alert

FILE = Path(__file__).parent / "alerts.yml"


def alert_of(intent: str) -> Alert:
    """The alert of an intent of the vocabulary."""
    return alerts()[intent]


def is_known(intent: str) -> bool:
    """Whether an intent is of the vocabulary."""
    return intent in alerts()


@cache
def alerts() -> Mapping[str, Alert]:
    """Read the table; raises ``ContentError`` for a word that is no alert."""
    words = {alert.word: alert for alert in Alert}
    table = {name: word for name, word in read_yaml(FILE)["alerts"].items() if isinstance(word, str)}
    for name, word in table.items():
        if word not in words:
            raise ContentError(f"{name}: {word!r} is no alert", file=FILE.name)
    return {name: words[word] for name, word in table.items()}
