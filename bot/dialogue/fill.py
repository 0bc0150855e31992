"""Texts with places for facts: ``Marque {lines.policia_123}``. An unknown name is found when content is loaded."""

from __future__ import annotations

import re
from collections.abc import Mapping

from bot.dialogue.facts import Facts, place_name
from bot.dialogue.state import Value
from bot.errors import BotError

_HOLE = re.compile(r"\{([^{}]*)\}")
#: What is said where the municipality is not known.
_SOME_PLACE = "su municipio"


class UnknownHole(BotError):
    """A text asks for a fact that there is none of; correct the name between the braces."""


def holes(text: str) -> tuple[str, ...]:
    """The names between braces: ``holes("{lines.mujer_155}") == ("lines.mujer_155",)``."""
    return tuple(_HOLE.findall(text))


def fill(text: str, facts: Facts, slots: Mapping[str, Value]) -> str:
    """The text with its facts; raises ``UnknownHole``, which cannot happen in a loaded book."""
    return _HOLE.sub(lambda found: _fact(found[1], facts, slots), text)


def _fact(name: str, facts: Facts, slots: Mapping[str, Value]) -> str:
    kind, _, key = name.partition(".")
    match kind, key:
        case "place", "":
            return place_name(facts, slots.get("municipality")) or _SOME_PLACE
        case "lines", _:
            line = facts.lines.get(key)
            if line is None or not line.usable:
                raise UnknownHole(f"{{{name}}}: there is no line of this name that may be said")
            return line.number
        case "figures", _ if key in facts.figures:
            return facts.figures[key].value
        case "hours", "opens":
            return min(f"{span.opens:%H:%M}" for span in facts.hours.open).lstrip("0")
        case "hours", "closes":
            return max(f"{span.closes:%H:%M}" for span in facts.hours.open)
    raise UnknownHole(f"{{{name}}} is not a fact: use place, lines.<id>, hours.opens, hours.closes or figures.<id>")
