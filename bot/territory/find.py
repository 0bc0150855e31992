"""A place in a free text: only where the sentence says so. Pure.

Surnames (*Restrepo*), common words (*toro*, *la victoria*) and corregimientos are places only after a
locating word; a name that nothing else bears (*Roldanillo*, *Cali*) is one anywhere but in a person's or
a club's name. Misspellings count only after a locating word, or where the name is long.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from rapidfuzz.distance import OSA

from bot.messages import Place
from bot.spelling import SENTENCE, Word, sound, words
from bot.territory.data import OUTSIDE, Territory, TextName
from bot.territory.speech import Speech

#: She says where in the first lines or nowhere; longer texts are cut here.
_LOOKED_AT = 6_000
_LONGEST_NAME = 5
_WINDOW = 5
_SHORTEST_RUN = 6

# How firmly a sentence says that a name is the place: the firmest wins, then the first.
_NOT_AT_ALL, _BARE, _IN, _IS_FROM, _LIVES = range(5)

_OF = frozenset({"de", "del"})
_IN_WORDS = frozenset({"en", "desde", "hacia"})


@dataclass(frozen=True, slots=True, kw_only=True)
class _Hit:
    strength: int
    index: int
    place: Place


def find(territory: Territory, text: str) -> Place | None:
    """The place that a free text names, or None; outside the department its code is ``FUERA_VALLE``."""
    said = words(text[:_LOOKED_AT])
    hits = list(_hits(territory, said)) or list(_run_together(territory, said))
    return max(hits, key=lambda hit: (hit.strength, -hit.index)).place if hits else None


def _run_together(territory: Territory, said: Sequence[Word]) -> Iterator[_Hit]:
    """*launion*, *elserrito* as a whole message: the sound of a name, wherever its spaces went."""
    run = sound("".join(word.plain for word in said))
    if len(said) <= 2 and len(run) >= _SHORTEST_RUN:
        for spelling, places in territory.by_name.items():
            if sound(spelling.replace(" ", "")) == run and len(places) == 1:
                yield _Hit(strength=_IN, index=0, place=next(iter(places)))


def _hits(territory: Territory, said: Sequence[Word]) -> Iterator[_Hit]:
    index = 0
    while index < len(said):
        strength = _strength(territory.speech, said, index)
        name, length = _exact(territory, said, index)
        if name is None:
            name, length = _misspelt(territory, said[index], strength), 1
        if name is not None and (hit := _hit(territory, said, index, length, name, strength)):
            yield hit
        index += length if name else 1


def _hit(
    territory: Territory, said: Sequence[Word], index: int, length: int, name: TextName, strength: int
) -> _Hit | None:
    after = _following(said, index + length)
    if index and said[index - 1].plain in territory.speech.borne_by_others and not said[index].before:
        return None
    if after and after[0] in territory.speech.not_before.get(name.spelling, ()):
        return None
    if any(" ".join(after[:size]) in territory.elsewhere for size in (1, 2)):
        place = Place(code=OUTSIDE, name=name.place.name, zone="")
        return _Hit(strength=strength, index=index, place=place) if strength >= _IS_FROM else None
    is_apart = (
        index > 0 and bool(said[index].before) and (index + length == len(said) or bool(said[index + length].before))
    )
    if name.is_official and is_apart and said[index].plain not in territory.speech.ordinary:
        strength = max(strength, _IN)  # "me subí a la peña, argelia, de aquí no bajo"
    if after[:1] == ["valle"] or (name.is_official and length == len(said)):
        strength = max(strength, _IS_FROM)
    if strength == _NOT_AT_ALL or (name.needs_saying and strength < _IN):
        return None
    return _Hit(strength=strength, index=index, place=name.place)


def _exact(territory: Territory, said: Sequence[Word], index: int) -> tuple[TextName | None, int]:
    for length in range(min(_LONGEST_NAME, len(said) - index), 0, -1):
        part = said[index : index + length]
        if any(word.before == SENTENCE for word in part[1:]):
            continue
        name = territory.in_text.get(sound(" ".join(word.plain for word in part)))
        if name is not None:
            return name, length
    return None, 1


def _misspelt(territory: Territory, word: Word, strength: int) -> TextName | None:
    said = word.plain
    needed = 5 if strength >= _IS_FROM else 7
    if len(said) < needed or said in territory.speech.ordinary:
        return None
    allowed = 2 if len(said) >= (8 if strength >= _IN else 10) else 1
    near = [
        (distance, name)
        for name in territory.in_text.values()
        if not name.needs_saying
        and len(name.spelling) >= needed
        and (distance := OSA.distance(said, name.spelling, score_cutoff=allowed)) <= allowed
    ]
    best = min((distance for distance, _ in near), default=0)
    places = {name.place.code: name for distance, name in near if distance == best}
    return next(iter(places.values())) if len(places) == 1 else None


def _strength(speech: Speech, said: Sequence[Word], index: int) -> int:
    """How firmly the words before ``index`` say that a place comes now."""
    before = [word.plain for word in _same_sentence(said, index)]
    skipped: list[str] = []
    while before and before[-1] in speech.between and not (before[-1] in _OF and _is_said_of(speech, before[:-1])):
        skipped.append(before.pop())
    if not before:
        return _IN if speech.town_words & set(skipped) else _BARE
    match before.pop():
        case word if word in _IN_WORDS:
            return _with_verb(speech, before)
        case "de" | "del":
            return _is_said_of(speech, before)
        case "por":
            return _with_verb(speech, before) if speech.living & set(before[-2:]) else _BARE
        case "para" | "a" | "cerca":
            return _IN if speech.going & set(before[-3:]) else _BARE
        case _:
            return _IN if speech.town_words & set(skipped) else _BARE


def _with_verb(speech: Speech, before: list[str]) -> int:
    for place in range(len(before) - 1, max(-1, len(before) - 1 - _WINDOW), -1):
        if before[place] in speech.living | speech.working:
            denied = "no" in before[max(0, place - 2) : place]
            return _NOT_AT_ALL if denied else _LIVES if before[place] in speech.living else _IS_FROM
        if before[place] in _IN_WORDS:  # what stands before belongs to the place named before
            return _IN
    return _IN


def _is_said_of(speech: Speech, before: Sequence[str]) -> int:
    """ "soy de", "somos nasa de", "la comisaría de": what stands before "de"."""
    rest = list(before)
    while rest and rest[-1] in speech.origin:
        rest.pop()
    if rest and rest[-1] in speech.belonging:
        return _NOT_AT_ALL if "no" in rest[-3:] else _IS_FROM
    if before and before[-1] == "america":
        return _NOT_AT_ALL
    return _IN if speech.offices & set(before[-2:]) else _NOT_AT_ALL if "apellido" in before[-2:] else _BARE


def _same_sentence(said: Sequence[Word], index: int) -> Sequence[Word]:
    start = max(0, index - 2 * _WINDOW)
    for cut in range(index, start, -1):
        if said[cut].before == SENTENCE:
            return said[cut:index]
    return said[start:index]


def _following(said: Sequence[Word], index: int) -> list[str]:
    after: list[str] = []
    for word in said[index : index + 2]:
        if word.before == SENTENCE:
            break
        after.append(word.plain)
    return after
