"""What a reply to "¿en qué municipio está?" names: one place, several, none, or a wish not to say. Pure."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from rapidfuzz.distance import OSA

from bot.messages import Place
from bot.spelling import plain, sound
from bot.territory.data import OUTSIDE, Territory

#: A reply to one question is short; what comes after is a story, which ``find`` reads.
_LONGEST_REPLY = 400
_LONGEST_NAME = 40


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """One municipality of the department."""

    place: Place


@dataclass(frozen=True, slots=True, kw_only=True)
class Ambiguous:
    """Several are as near: ask with buttons. In the order of the codes."""

    places: tuple[Place, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Unknown:
    """None is near enough; ``nearest`` are three names to offer."""

    nearest: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Outside:
    """A place outside the department (code ``FUERA_VALLE``); taken as it is."""

    place: Place


@dataclass(frozen=True, slots=True, kw_only=True)
class Refused:
    """She prefers not to say; that is an answer."""


Answer = Found | Ambiguous | Unknown | Outside | Refused


def answer(territory: Territory, text: str) -> Answer:
    """Resolve a reply: exact, then other names, then edit distance (1 up to 7 letters, 2 from 8 on); ties ask.

    Never by a prefix: *Buga* is not *Bugalagrande*. The rules are those of the domain notes, §A.
    """
    said = plain(text[:_LONGEST_REPLY])
    if said in territory.speech.refusals:
        return Refused()
    if said in territory.speech.not_from_here:
        return Outside(place=Place(code=OUTSIDE, name="", zone=""))
    for candidate in _candidates(territory, said):
        if places := territory.by_name.get(candidate) or territory.by_sound.get(sound(candidate)):
            return _answer(places)
    if place := _homonym_elsewhere(territory, said):
        return Outside(place=place)
    cores = [core for core in _candidates(territory, said) if len(core) <= _LONGEST_NAME]
    for core in cores:
        if places := _near(territory, core):
            return _answer(places)
    if places := _named_within(territory, said):
        return _answer(places)
    return Unknown(nearest=_nearest(territory, cores[-1] if cores else said[:_LONGEST_NAME]))


def _candidates(territory: Territory, said: str) -> Iterator[str]:
    """The reply, then with the words around the name taken off, shortest last."""
    for ending in ("", *sorted(territory.speech.trailing)):
        if ending and not said.endswith(" " + ending):
            continue
        words = said.removesuffix(ending).split()
        while words:
            yield " ".join(words)
            if words[0] not in territory.speech.leading:
                break
            words = words[1:]


def _answer(places: frozenset[Place]) -> Answer:
    ordered = tuple(sorted(places, key=lambda place: (place.code, place.name)))
    if len(ordered) > 1:
        return Ambiguous(places=ordered)
    return Outside(place=ordered[0]) if ordered[0].code == OUTSIDE else Found(place=ordered[0])


def _homonym_elsewhere(territory: Territory, said: str) -> Place | None:
    """*argelia cauca*, *florida estados unidos*: the name of a municipality, of another department."""
    words = said.split()
    for cut in range(1, len(words)):
        if " ".join(words[cut:]) in territory.elsewhere:
            for name in _candidates(territory, " ".join(words[:cut])):
                if name in territory.by_name:
                    return Place(code=OUTSIDE, name=name.title(), zone="")
    return None


def _near(territory: Territory, said: str) -> frozenset[Place] | None:
    allowed = 0 if len(said) < 5 else 1 if len(said) < 8 else 2
    best, found = allowed + 1, frozenset[Place]()
    for name, places in territory.by_name.items():
        distance = OSA.distance(said, name, score_cutoff=allowed)
        if distance > allowed or distance > best:
            continue
        found, best = (places if distance < best else found | places), distance
    return found or None


def _named_within(territory: Territory, said: str) -> frozenset[Place] | None:
    """The longest exact names inside a reply that is a sentence, as in *por los lados de pradera*."""
    words = said.split()
    found: frozenset[Place] = frozenset()
    index = 0
    while index < len(words):
        for length in range(min(5, len(words) - index), 0, -1):
            name = " ".join(words[index : index + length])
            if name in territory.by_name:
                found |= territory.by_name[name]
                index += length - 1
                break
        index += 1
    return found or None


def _nearest(territory: Territory, said: str) -> tuple[str, ...]:
    def distance(name: str) -> float:
        return OSA.normalized_distance(said, plain(name))

    return tuple(sorted((m.name for m in territory.municipalities), key=distance)[:3])
