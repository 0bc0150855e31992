"""Which name stands at a word of a text: as it is, run together, taken apart or misspelt. Pure."""

from __future__ import annotations

import re
from collections.abc import Sequence

from rapidfuzz import process
from rapidfuzz.distance import OSA

from bot.spelling import SENTENCE, Word, sound, words
from bot.territory.data import OUTSIDE, TAKEN_APART, Territory, TextName, alike
from bot.territory.strength import Strength

_LONGEST_NAME = 6
_SHORTEST_JOINED = 4
_MOST = 2
#: The fewest letters of a misspelt name, by how firmly the sentence says that a place comes.
_LETTERS = {strength: 7 if strength < Strength.IN else 5 if strength < Strength.IS_FROM else 4 for strength in Strength}
_SHORTEST_APART = 5
#: "vivoen" and what follows are taken apart whatever follows; "en" only before a name.
_SHORTEST_VERB = 5
_DOUBLED = re.compile(r"(.)\1")


def read(territory: Territory, text: str) -> list[Word]:
    """The words of a text with *del* taken apart and *vivoentulua* set in words again."""
    said: list[Word] = []
    for word in words(text):
        parts = TAKEN_APART.get(word.plain) or _glued(territory, word.plain)
        if parts:
            said += [
                Word(plain=part, sound=sound(part), start=word.start, end=word.end, before=word.before if not at else 0)
                for at, part in enumerate(parts)
            ]
        else:
            said.append(word)
    return said


def name_at(territory: Territory, said: Sequence[Word], index: int, strength: Strength) -> tuple[TextName | None, int]:
    """The name that begins at ``index`` and how many words it takes; ``(None, 1)`` where there is none."""
    return _exact(territory, said, index, strength) or _misspelt(territory, said, index, strength) or (None, 1)


def _glued(territory: Territory, token: str) -> Sequence[str] | None:
    """*vivoentulua*: words of place, then a name; *vivoen*: the words alone."""
    plain = alike(token)
    for joined, parts in territory.glued:
        if plain.startswith(joined):
            rest = token[len(joined) :]
            if not rest:
                return parts if len(parts) > 1 else None
            if len(rest) >= _SHORTEST_JOINED and (name := territory.in_one.get(sound(rest))):
                return (*parts, *name.spelling.split())
            if len(joined) >= _SHORTEST_VERB and len(parts) > 1:
                return (*parts, rest)
    return None


def _exact(territory: Territory, said: Sequence[Word], index: int, strength: Strength) -> tuple[TextName, int] | None:
    word = said[index]
    if word.sound in territory.begins:
        for length in range(min(_LONGEST_NAME, len(said) - index), 0, -1):
            part = said[index : index + length]
            if not any(after.before == SENTENCE for after in part[1:]):
                name = territory.in_text.get(" ".join(heard.sound for heard in part))
                if name is not None:
                    return name, length
    if len(word.plain) > _SHORTEST_JOINED and word.plain not in territory.speech.ordinary:
        name = territory.in_one.get(word.sound) or territory.in_one.get(sound(_DOUBLED.sub(r"\1", word.plain)))
        if name is not None:
            return name, 1
    if index + 1 < len(said) and not said[index + 1].before:
        joined = word.sound + said[index + 1].sound  # "jamun di", and "en villa gorgona"
        name = territory.in_one.get(joined) if len(joined) > _SHORTEST_APART else None
        if (
            name is not None
            and (strength >= Strength.IN or not name.needs_saying)
            and word.plain not in territory.speech.between
        ):
            return name, 2
    return None


def _misspelt(
    territory: Territory, said: Sequence[Word], index: int, strength: Strength
) -> tuple[TextName, int] | None:
    for length in (2, 1):
        part = said[index : index + length]
        if len(part) < length or (length == 2 and (part[1].before or part[0].sound not in territory.begins)):
            continue
        letters = len(part[-1].sound)
        if part[-1].plain in territory.speech.ordinary or letters < _LETTERS[strength]:
            continue
        heard = " ".join(word.sound for word in part)
        near = [
            (distance, territory.in_text[key])
            for key, distance, _ in process.extract(
                heard, territory.in_text.keys(), scorer=OSA.distance, score_cutoff=_MOST, limit=8
            )
            if distance <= _allowed(heard, key, territory.in_text[key], strength)
        ]
        best = [name for distance, name in near if distance == near[0][0]]
        if len({name.place for name in best}) == 1:
            return best[0], length
    return None


def _allowed(heard: str, key: str, name: TextName, strength: Strength) -> int:
    """How many letters may differ: more in long names, and where the sentence says that a place comes."""
    if name.is_weak or name.place.code == OUTSIDE or heard.count(" ") != key.count(" "):
        return 0
    named = len(key.rsplit(" ", 1)[-1])
    letters = min(len(heard.rsplit(" ", 1)[-1]), named)
    begins_alike = alike(heard[0]) == alike(key[0])
    if name.needs_saying:
        long = 6 if strength >= Strength.IS_FROM else 7
        if not begins_alike or named < long or letters < long - 1 or strength < Strength.IN:
            return 0
        return 2 if letters >= 9 and name.is_official else 1
    if " " in key:
        return int(strength >= Strength.IN and letters >= 6)
    if (letters < 6 and not begins_alike) or named < 5:
        return 0
    if strength < Strength.IN:
        return 0 if named < 7 else 1 if letters < 10 else 2
    return 1 if letters < 8 else 2
