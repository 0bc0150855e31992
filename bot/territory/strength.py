"""How firmly the words before a name say that a place comes now. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from enum import IntEnum

from bot.spelling import SENTENCE, Word
from bot.territory.speech import Speech

_WINDOW = 5
_OF = frozenset({"de"})
_IN_WORDS = frozenset({"en", "desde", "hacia"})


class Strength(IntEnum):
    """How firmly a sentence says that a name is the place: the firmest wins, then the first."""

    NOT_AT_ALL = 0
    BARE = 1
    IN = 2
    IS_FROM = 3
    LIVES = 4
    I_LIVE = 5


def strength_at(speech: Speech, said: Sequence[Word], index: int) -> Strength:
    """How firmly the words before ``index`` say that a place comes now."""
    before = [word.plain for word in _same_sentence(said, index)]
    skipped: list[str] = []
    while before and before[-1] in speech.between and not (before[-1] in _OF and _is_said_of(speech, before[:-1])):
        skipped.append(before.pop())
    named_a_town = bool(speech.town_words & set(skipped))
    if not before:
        return Strength.IN if named_a_town else Strength.BARE
    word = before.pop()
    if word in _IN_WORDS:
        return _with_verb(speech, before)
    if word in _OF:
        return _is_said_of(speech, before)
    if word == "por":
        return _with_verb(speech, before) if speech.living & set(before[-2:]) or not before else Strength.BARE
    if word in {"para", "a", "cerca", "hasta"}:
        return Strength.IN if (speech.going | speech.living) & set(before[-3:]) else Strength.BARE
    if word in speech.dwelling and not skipped:
        return Strength.NOT_AT_ALL if "no" in before[-2:] else Strength.IN
    if word in {"es", "llama"} and speech.town_words & set(before[-3:]):
        return Strength.IS_FROM
    return Strength.IN if named_a_town or _in_the_country(speech, [*before, word]) else Strength.BARE


def _with_verb(speech: Speech, before: Sequence[str]) -> Strength:
    for place in range(len(before) - 1, max(-1, len(before) - 1 - _WINDOW), -1):
        word = before[place]
        if word in speech.believing and place == len(before) - 1:
            return Strength.NOT_AT_ALL
        if word in speech.living | speech.working:
            if "no" in before[max(0, place - 2) : place]:
                return Strength.NOT_AT_ALL
            if word in speech.working:
                return Strength.IS_FROM
            return Strength.I_LIVE if word in speech.first_person else Strength.LIVES
        if word in _IN_WORDS:  # what stands before belongs to the place named before
            return Strength.IN
    return Strength.IN


def _is_said_of(speech: Speech, before: Sequence[str]) -> Strength:
    """ "soy de", "somos nasa de", "la comisaría de", "mi suegra de": what stands before "de"."""
    rest = list(before)
    while rest and (rest[-1] in speech.origin or (rest[-1] in _OF and len(rest) < len(before))):
        rest.pop()
    if rest and rest[-1] in speech.belonging:
        return Strength.NOT_AT_ALL if "no" in rest[-2:] else Strength.IS_FROM
    if before and before[-1] in speech.never_of:
        return Strength.NOT_AT_ALL
    if speech.offices & set(before[-2:]) or speech.country & set(before[-4:]):
        return Strength.IN
    if len(before) > 2 and before[-1] in {"es", "son"}:  # "mi familia es de obando"
        before = before[:-1]
    if len(before) > 1 and before[-2] in {"mi", "mis"} and before[-1] in speech.kin:
        return Strength.IN
    return Strength.BARE


def _in_the_country(speech: Speech, before: Sequence[str]) -> bool:
    """ "vereda la esperanza restrepo": a country place was named, and then comes its town."""
    return any(word in speech.country for word in before[-4:-1])


def _same_sentence(said: Sequence[Word], index: int) -> Sequence[Word]:
    start = max(0, index - 2 * _WINDOW)
    for cut in range(index, start, -1):
        if said[cut].before == SENTENCE or (said[cut].before and said[cut - 1].plain == "no"):
            # "no, vivo en Cali": the "no" answers something else
            return said[cut:index]
    return said[start:index]
