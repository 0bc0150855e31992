"""The meanings that a text may have, and how grave each is, as data."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from pathlib import Path

from bot.content import LINE, line_of, read_yaml
from bot.errors import ContentError
from bot.understood import Alert

FILE = Path(__file__).parent / "alerts.yml"
OUT_OF_SCOPE = "out_of_scope"


@cache
def alert_of_intents() -> Mapping[str, Alert]:
    """Every intent of the label vocabulary with its alert; raises ``ContentError`` if the file is wrong."""
    return load_alerts(FILE)


def load_alerts(path: Path) -> Mapping[str, Alert]:
    """Read the table; raises ``ContentError`` with the file for what is no alert."""
    content = read_yaml(path)
    if not isinstance(content, dict):
        raise ContentError(
            "el archivo debe tener renglones «intención: alerta»; escríbalos así", file=path.name, line=1
        )
    alerts: dict[str, Alert] = {}
    for intent, word in content.items():
        if intent == LINE:
            continue
        try:
            alerts[intent] = Alert[str(word).upper()]
        except KeyError:
            problem = f"{intent}: no hay una alerta «{word}»; escriba none, attention, urgent o emergency"
            raise ContentError(problem, file=path.name, line=line_of(content, intent, 1)) from None
    return alerts
