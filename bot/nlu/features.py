"""What the linear model looks at: words, pieces of words, kinds of things, and what the screen found. Pure.

Shared by Rasa's component, which learns from it, and by the service, which scores with it.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from itertools import pairwise

from bot.nlu.concepts import concepts
from bot.safety import screen, words_of

#: The meaning stands in the first lines; the time grows with the text.
LONGEST_TEXT = 2_000
#: The families of features, by the letter that their names begin with, and how much each weighs: words and pairs of
#: words, pieces of words as spelled, pieces as they sound, kinds of things and pairs of them, what the screen found.
FAMILIES = {"w": 1.0, "c": 1.0, "s": 0.7, "k": 1.0, "e": 0.1}
#: What the screen found is there or not; the others are counted, and weighed by how rare they are.
PLAIN_FAMILY = "e"
_PIECES, _SOUNDS = range(2, 6), range(3, 6)
#: Two kinds of things belong together within so many words: "mi marido anoche me pegó".
_WITHIN = 5


def features(text: str) -> Counter[str]:
    """How often each feature stands in a text: ``{"w me pego": 1, "c peg": 1, "k partner>hit": 1, ...}``."""
    text = text[:LONGEST_TEXT]
    heard = words_of(text)
    said = [word.plain for word in heard]
    found = Counter(_words(said))
    found.update(f"c{piece}" for piece in _pieces(said, _PIECES))
    found.update(f"s{piece}" for piece in _pieces([word.sound for word in heard], _SOUNDS))
    found.update(_kinds(said))
    screening = screen(text)
    found.update({f"e {name}": 1 for name in screening.found})
    found.update({f"e k:{kind}": 1 for kind in screening.kinds})
    return found


def _words(said: Sequence[str]) -> Iterator[str]:
    for word in said:
        yield f"w {word}"
    for first, second in pairwise(said):
        yield f"w {first} {second}"


def _pieces(said: Sequence[str], sizes: range) -> Iterator[str]:
    for word in said:
        padded = f" {word} "
        for size in sizes:
            if len(padded) <= size:
                yield padded
                break
            for start in range(len(padded) - size + 1):
                yield padded[start : start + size]


def _kinds(said: Sequence[str]) -> Iterator[str]:
    known = concepts()
    named = [known.of(word) for word in said]
    for place, kinds in enumerate(named):
        for kind in kinds:
            yield f"k {kind}"
            for later in named[place + 1 : place + _WITHIN]:
                for other in later:
                    yield f"k {kind}>{other}"
