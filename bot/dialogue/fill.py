"""Texts with places for facts: ``Marque {lines.policia_123}``. An unknown name is found when content is loaded."""

from __future__ import annotations

import re
from collections.abc import Mapping

from bot.content import instead
from bot.dialogue.facts import Facts, place_name
from bot.dialogue.hour_said import band_called
from bot.dialogue.patterns import CONTACT_BAND, MUNICIPALITY, SHARE_WITH, SITUATION
from bot.dialogue.state import Value
from bot.errors import BotError
from bot.territory.directory import Band
from bot.territory.services import ANY_SITUATION, Service

_HOLE = re.compile(r"\{([^{}]*)\}")
#: What is said where the municipality is not known.
_SOME_PLACE = "su municipio"
_SOME_INSTITUTION = "a esa entidad"
#: What is said where no time of the day is known.
_SOME_TIME = "a la hora que diga"
_DOORS = ("first", "second", "third")


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
        case "institution", "":
            return _institution(facts, slots)
        case "place", "":
            return place_name(facts, slots.get(MUNICIPALITY)) or _SOME_PLACE
        case "door", _ if (said := _of_door(key, facts, slots)) is not None:
            return said
        case "lines", _:
            line = facts.lines.get(key)
            if line is None or not line.usable:
                usable = [one.id for one in facts.lines.values() if one.usable]
                raise UnknownHole(f"«{{{name}}}» no es una línea que se pueda decir; {instead(key, usable)}")
            return line.number
        case "figures", _ if key in facts.figures:
            return facts.figures[key].value
        case "contact", "band":
            band = band_called(str(slots.get(CONTACT_BAND)), facts.hours.bands)
            return _hours(band) if band else _SOME_TIME
        case "bands", _ if key in facts.hours.bands:
            return _hours(facts.hours.bands[key])
        case "hours", "opens":
            return min(f"{span.opens:%H:%M}" for span in facts.hours.open).lstrip("0")
        case "hours", "closes":
            return max(f"{span.closes:%H:%M}" for span in facts.hours.open)
    raise UnknownHole(f"«{{{name}}}» no es un dato; {instead(name, _names(facts))}")


def _names(facts: Facts) -> list[str]:
    fixed = ("place", "institution", "contact.band", "hours.opens", "hours.closes", *(f"door.{one}" for one in _DOORS))
    lines = (f"lines.{line.id}" for line in facts.lines.values() if line.usable)
    return [
        *fixed,
        *lines,
        *(f"figures.{one}" for one in facts.figures),
        *(f"bands.{one}" for one in facts.hours.bands),
    ]


def doors(facts: Facts, slots: Mapping[str, Value]) -> tuple[Service, ...]:
    """The services that are this person's first, second and third door, by what she told of herself."""
    situation, municipality = slots.get(SITUATION), slots.get(MUNICIPALITY)
    return facts.directory.doors(
        situation if isinstance(situation, str) else ANY_SITUATION,
        municipality if isinstance(municipality, str) else None,
        {trait for trait in facts.directory.traits if slots.get(trait) is not None},
    )


def _institution(facts: Facts, slots: Mapping[str, Value]) -> str:
    """The one that she chose to be told, as it follows "avisar": "a la Fiscalía"."""
    chosen = facts.directory.services.get(str(slots.get(SHARE_WITH)))
    return _SOME_INSTITUTION if chosen is None else fill(chosen.is_told or f"a {chosen.name}", facts, {})


def _of_door(key: str, facts: Facts, slots: Mapping[str, Value]) -> str | None:
    """``first`` is its clause, ``first.name`` its name, ``first.explains`` what it does and does not."""
    which, _, part = key.partition(".")
    if which not in _DOORS:
        return None
    door = doors(facts, slots)[_DOORS.index(which)]
    said = {"": door.tells, "name": door.name, "explains": door.explains}.get(part)
    return None if said is None else fill(said, facts, {})


def _hours(band: Band) -> str:
    opens, closes = (f"{at:%H:%M}".lstrip("0") for at in (band.opens, band.closes))
    return f"de {opens} a {closes}"
