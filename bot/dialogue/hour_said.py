"""The hours that somebody says in her own words: "como a las tres de la tarde", "mañana temprano". Pure.

No more than she said is taken: an hour that may mean two, or lies outside the hours of the team, is asked for again.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import time

from bot.spelling import plain
from bot.territory.directory import Band

#: A sentence longer than this is a story.
_MOST_WORDS = 14
_NUMBERS = ("cero", "una", "dos", "tres", "cuatro", "cinco", "seis", "siete", "ocho", "nueve", "diez", "once", "doce")
_HOUR = (
    rf"(?:las? )?(?P<hour>\d{{1,2}}|{'|'.join(_NUMBERS[1:])})(?P<half>(?: y)? (?:media|cuarto|30|15))?(?: en punto)?"
    r"(?: de la| por la| en la| del)?(?: (?P<part>manana|tarde|noche|medio ?dia|am|a m|pm|p m))?"
)
_BETWEEN = re.compile(rf"\b(?:entre|de|desde) {_HOUR} (?:y|a|hasta) {_HOUR.replace('P<', 'P<second_')}\b")
_AT = re.compile(
    rf"\b(?P<how>despues de|a partir de|desde|pasadas|antes de|hasta|a eso de|a|tipo|hacia|sobre|como) {_HOUR}(?: |$)"
)
_AFTER, _BEFORE = frozenset({"despues de", "a partir de", "desde", "pasadas"}), frozenset({"antes de", "hasta"})
_DENIES = re.compile(r"\b(?:no|nunca|tampoco|menos|excepto|ni|jamas)\b")
_PARTS = (
    ("morning", re.compile(r"\b(?:(?:en|por|de) la manana|temprano|mananita|temprani?to)\b")),
    ("afternoon", re.compile(r"\b(?:(?:en|por|de) la tarde|tardecita|despues de almuerzo|al medio ?dia)\b")),
    ("evening", re.compile(r"\b(?:(?:en|por|de) la noche|nochecita)\b")),
)
_NOON, _HOURS = 12, 24


def hours_said(text: str, bands: Mapping[str, Band]) -> str | None:
    """The band, by its name or as ``15:00-16:00``, in which her words say that it is safe; None where they do not.

    ``bands`` are those of the team, by name. An hour counts for one hour; "después de las dos" until its band ends.
    """
    said = plain(text)
    if not bands or len(said.split()) > _MOST_WORDS or _DENIES.search(said):
        return None
    if (both := _BETWEEN.search(said)) is not None:
        end = _clock(both["second_hour"], both["second_half"], both["second_part"])
        begin = _clock(both["hour"], both["half"], both["part"] or both["second_part"])
        return _within(begin, end, bands)
    if (one := _AT.search(f"{said} ")) is not None:
        return _around(one["how"], _clock(one["hour"], one["half"], one["part"]), bands)
    parts = [name for name, pattern in _PARTS if pattern.search(said) and name in bands]
    return parts[0] if len(parts) == 1 else None


def band_called(name: str, bands: Mapping[str, Band]) -> Band | None:
    """The band of a name, or of the hours that ``hours_said`` gave; None for anything else."""
    if name in bands:
        return bands[name]
    opens, _, closes = name.partition("-")
    try:
        return Band(opens=time.fromisoformat(opens), closes=time.fromisoformat(closes))
    except ValueError:
        return None


def _clock(hour: str, half: str | None, part: str | None) -> time | None:
    """The time of the day, None where it may be two: "a las nueve" without more is morning or night."""
    number = int(hour) if hour.isdigit() else _NUMBERS.index(hour)
    minutes = {"30": 30, "media": 30, "15": 15, "cuarto": 15}.get((half or "").strip(" y"), 0)
    match (part or "").replace(" ", ""):
        case "manana" | "am" if 1 <= number < _NOON:
            pass
        case "tarde" | "noche" | "pm" if 1 <= number < _NOON:
            number += _NOON
        case "tarde" | "mediodia" | "pm" if number == _NOON:
            pass
        case "" if number >= _NOON:
            pass
        case "" if 1 <= number <= _LATEST_BY_DAY:
            number += _NOON
        case _:
            return None
    return time(number, minutes) if number < _HOURS else None


#: Nobody is called at five in the morning: up to here an hour without more is one of the afternoon.
_LATEST_BY_DAY = 6


def _around(how: str, at: time | None, bands: Mapping[str, Band]) -> str | None:
    if at is None:
        return None
    if how in _BEFORE:
        begun = [band for band in bands.values() if band.opens < at <= band.closes]
        return _within(begun[0].opens, at, bands) if begun else None
    around = next((band for band in bands.values() if band.opens <= at < band.closes), None)
    if around is None:
        return None
    if how in _AFTER:
        return _within(at, around.closes, bands)
    return _within(at, min(time((at.hour + 1) % _HOURS, at.minute), max(b.closes for b in bands.values())), bands)


def _within(opens: time | None, closes: time | None, bands: Mapping[str, Band]) -> str | None:
    if opens is None or closes is None or opens >= closes:
        return None
    first, last = min(band.opens for band in bands.values()), max(band.closes for band in bands.values())
    return f"{opens:%H:%M}-{closes:%H:%M}" if first <= opens and closes <= last else None
