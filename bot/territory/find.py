"""A place in a free text: only where the sentence says so. Pure.

Surnames (*Restrepo*), common words (*toro*, *la victoria*) and corregimientos are places only after a
locating word; a name that nothing else bears (*Roldanillo*, *Cali*) is one anywhere but in a person's or
a club's name. Misspellings count only after a locating word, or where the name is long.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from bot.messages import Place
from bot.spelling import SENTENCE, Word, sound
from bot.territory.data import OUTSIDE, Territory, TextName
from bot.territory.names import name_at, read
from bot.territory.strength import Strength, strength_at

#: She says where in the first lines or nowhere; longer texts are cut here.
_LOOKED_AT = 6_000
_SHORTEST_RUN = 6
_AFTER = 4
_FROM = frozenset({"de", "desde", "en"})
#: "estoy en buga, perdón, en bugalagrande"
_CORRECTING = frozenset({"perdon", "perdone", "digo", "dicho", "mentira", "disculpe"})
_IS_AT = frozenset({"es", "por", "soy", "vivo", "estoy"})
#: "versalles, norte del valle"
_PARTS = frozenset({"norte", "sur", "centro", "oriente"})


@dataclass(frozen=True, slots=True, kw_only=True)
class _Hit:
    strength: Strength
    index: int
    place: Place


def find(territory: Territory, text: str) -> Place | None:
    """The place that a free text names, or None; outside the department its code is ``FUERA_VALLE``."""
    said = read(territory, text[:_LOOKED_AT])
    hits = list(_hits(territory, said)) or list(_run_together(territory, said))
    while (later := next((n for n, hit in enumerate(hits) if n and _takes_back(said, hit.index)), None)) is not None:
        hits = hits[later:]
    return max(hits, key=lambda hit: (min(hit.strength, Strength.LIVES), -hit.index)).place if hits else None


def _takes_back(said: Sequence[Word], index: int) -> bool:
    """Whether the words before a name take back the place that was named before it."""
    return any(word.plain in _CORRECTING for word in said[max(0, index - 3) : index])


def _is_denied(said: Sequence[Word], index: int, length: int) -> bool:
    """ "En Palmira no, en Tuluá"; "no es Palmira"; but not "no, en Palmira"."""
    end = index + length
    if end < len(said) and said[end].plain == "no" and not said[end].before:
        return end + 1 == len(said) or bool(said[end + 1].before)
    while index and said[index - 1].plain in _FROM | _IS_AT and not said[index].before:
        index -= 1
    return bool(index) and said[index - 1].plain == "no" and not said[index].before


def _run_together(territory: Territory, said: Sequence[Word]) -> Iterator[_Hit]:
    """*launion*, *elserrito* as a whole message: the sound of a name, wherever its spaces went."""
    run = sound("".join(word.plain for word in said)) if len(said) <= 2 else ""
    if len(run) >= _SHORTEST_RUN and (name := territory.in_one.get(run)):
        yield _Hit(strength=Strength.IN, index=0, place=name.place)


def _hits(territory: Territory, said: Sequence[Word]) -> Iterator[_Hit]:
    index = 0
    beside: Place | None = None  # whose name ended just before: "santa elena el cerrito"
    while index < len(said):
        strength = strength_at(territory.speech, said, index)
        name, length = name_at(territory, said, index, max(strength, _apart(said, index)))
        if name is not None and name.place == beside:
            strength = max(strength, Strength.IN)
        beside = name.place if name else None
        if name is not None and (hit := _hit(territory, said, index, length, name, strength)):
            yield hit
        index += length


def _hit(
    territory: Territory, said: Sequence[Word], index: int, length: int, name: TextName, strength: Strength
) -> _Hit | None:
    speech = territory.speech
    if _is_denied(said, index, length):
        return None
    after = _following(said, index + length)
    is_ours = next((word for word in after if word not in speech.between | _PARTS), "") == "valle"
    if not is_ours and (
        _is_borne_by_others(territory, said, index, name, strength) or speech.turns_away(name.spelling, after)
    ):
        return None
    if _is_elsewhere(territory, after):
        place = Place(code=OUTSIDE, name=name.place.name, zone="")
        return _Hit(strength=strength, index=index, place=place) if strength >= Strength.IS_FROM else None
    if strength > Strength.NOT_AT_ALL:
        by_itself = Strength.I_LIVE if is_ours else _by_itself(territory, said, index, length, name, after)
        strength = max(strength, by_itself)
    needed = Strength.I_LIVE if name.is_weak else Strength.IN if name.needs_saying else Strength.BARE
    if strength < needed:
        return None
    return _Hit(strength=strength, index=index, place=name.place)


def _by_itself(
    territory: Territory, said: Sequence[Word], index: int, length: int, name: TextName, after: Sequence[str]
) -> Strength:
    """What the name's own standing says: apart by commas, before "vivo", the whole message."""
    ends = index + length == len(said) or bool(said[index + length].before)
    begins = index == 0 or bool(said[index].before)
    if name.is_official and length == len(said):
        return Strength.IS_FROM
    if name.is_official and begins and (territory.speech.beside & set(after[:1]) or "lados" in after[:3]):
        return Strength.IN
    if index == 1 and ends and said[0].plain in _FROM:
        return Strength.IN
    if any(word in territory.speech.first_person for word in after[:1]) and _has_preposition(said, index):
        return Strength.I_LIVE
    if territory.speech.corregimiento & {word.plain for word in said[max(0, index - 2) : index]}:
        return Strength.I_LIVE
    # "toro, mi jefe"; but "andalucía, la de las gelatinas"
    is_explained = name.needs_saying and bool(territory.speech.explains & set(after[:1]))
    if begins and is_explained and after[1:2] == ["de"]:
        return Strength.IN
    if begins and ends and not (name.is_weak or is_explained or said[index].plain in territory.speech.ordinary):
        # "me subí a la peña, argelia, de aquí no bajo"; "dobio, más arriba del pueblo"
        return Strength.IN if name.is_official or index == 0 or index + length == len(said) else Strength.BARE
    return Strength.BARE


def _apart(said: Sequence[Word], index: int) -> Strength:
    """A word between two breaks may be a misspelt name: "me pegó, jamudí"."""
    begins = index == 0 or bool(said[index].before)
    ends = index + 1 == len(said) or bool(said[index + 1].before)
    return Strength.IN if begins and ends else Strength.NOT_AT_ALL


def _has_preposition(said: Sequence[Word], index: int) -> bool:
    return any(word.plain in {"en", "por", "de", "a"} for word in said[max(0, index - 2) : index])


def _is_borne_by_others(
    territory: Territory, said: Sequence[Word], index: int, name: TextName, strength: Strength
) -> bool:
    """A person, a street, a school, or the club that is called like the town: *pierde el cali*."""
    if not index or said[index].before:
        return False
    speech = territory.speech
    before = [word.plain for word in said[max(0, index - 3) : index]]
    if before[-2:] == ["nombre", "es"]:
        return True
    if before[-1] in speech.borne_by_others:
        return not (before[-1] == "llama" and speech.town_words & set(before))
    if name.is_official and " " not in name.spelling and before[-1] in {"el", "la", "los", "las"}:
        return strength < Strength.I_LIVE and not speech.town_words & set(before)
    while len(before) > 1 and before[-1] in {"de", "la", "el"}:
        before.pop()
    return before[-1] in speech.not_after.get(name.spelling, ())


def _is_elsewhere(territory: Territory, after: Sequence[str]) -> bool:
    """ "florida estados unidos", "la candelaria en bogotá"."""
    rest = list(after)
    if rest[:1] == ["pero"]:
        rest.pop(0)
    if rest[:2] in (["la", "de"], ["el", "de"]):
        rest.pop(0)
    if rest[:1] in (["en"], ["de"]):
        rest.pop(0)
        if rest[:1] == ["el"]:
            rest.pop(0)
    return any(" ".join(rest[:size]) in territory.elsewhere for size in (1, 2))


def _following(said: Sequence[Word], index: int) -> list[str]:
    after: list[str] = []
    for word in said[index : index + _AFTER]:
        if word.before == SENTENCE:
            break
        after.append(word.plain)
    return after
