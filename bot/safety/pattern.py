"""Patterns over words, matched in one pass: the small language in which the lexicon is written. Pure.

A pattern is words with spaces between, compared by their sound:

====================  ==========================================================
``me pego``           these words, one after the other
``pega|golpea``       either
``peg*``, ``*arme``   a word that begins, or ends, so
``@he``               a word of the class ``he``
``..``, ``...``       up to two, up to five words of any kind; ``....`` up to nine
``[ya]``              may be missing
``!hijos``            the next word is not this one (takes no word)
``(de el/mia)``       either of these pieces, each of any words
====================  ==========================================================
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import product

from bot.spelling import SENTENCE, Word, plain, sound

_GAPS = {"..": 2, "...": 5, "....": 9}
#: Each gap multiplies the ways to match; with three the work per word stays small whatever is sent.
_MOST_GAPS = 3
_LONGEST_AFFIX = 24
_NONE: frozenset[int] = frozenset()
_GROUP = re.compile(r"\(([^()]*)\)")
_LONGEST_ENDING = 6


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """One word of a pattern: the numbers of the tests that it may pass; or a gap; or a word that must not follow."""

    tests: frozenset[int] = frozenset()
    gap: int = 0
    forbids: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Match:
    """A pattern found: who owns it, and the positions of the words that it names (gaps left out)."""

    owner: int
    at: tuple[int, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Pattern:
    owner: int
    steps: tuple[Step, ...]


class Matcher:
    """Many patterns at once. Time grows with the words of a text, not with what they are."""

    def __init__(self, classes: Mapping[str, Sequence[str]]) -> None:
        self._classes = classes
        self._tests: dict[str, int] = {}
        #: The same token is the same step wherever it stands: thousands of patterns are made of hundreds of them.
        self._steps: dict[str, Step] = {}
        self._exact: dict[str, set[int]] = {}
        self._prefixes: dict[str, set[int]] = {}
        self._suffixes: dict[str, set[int]] = {}
        # By the first word, or by the first two where no gap lies between: few patterns are left to try.
        self._by_first: dict[int, list[_Pattern]] = {}
        self._by_pair: dict[tuple[int, int], list[_Pattern]] = {}

    def add(self, pattern: str, owner: int) -> None:
        """Take a pattern; raises ``ValueError`` that says what is wrong with it."""
        for tokens in (
            tokens for one in _one_for_each_piece(pattern) for tokens in _with_and_without_options(one.split())
        ):
            steps = tuple(self._step(token) for token in tokens)
            named = [step for step in steps if not step.forbids]
            if not named or steps[0].gap or steps[0].forbids or named[-1].gap:
                raise ValueError(f"«{pattern}» debe empezar por una palabra y no terminar en puntos; corríjalo")
            if sum(bool(step.gap) for step in steps) > _MOST_GAPS:
                raise ValueError(f"«{pattern}» tiene más de {_MOST_GAPS} huecos de puntos; quite alguno")
            compiled = _Pattern(owner=owner, steps=steps)
            if len(steps) > 1 and not steps[1].gap and not steps[1].forbids:
                for pair in product(steps[0].tests, steps[1].tests):
                    self._by_pair.setdefault(pair, []).append(compiled)
            else:
                for test in steps[0].tests:
                    self._by_first.setdefault(test, []).append(compiled)

    def knows(self, word_sound: str) -> bool:
        """Whether this is a word of some pattern, or a form of one: *apuntó*, but not *pegomuchoanoche*."""
        beginnings = range(max(1, len(word_sound) - _LONGEST_ENDING), len(word_sound) + 1)
        return word_sound in self._exact or any(word_sound[:length] in self._prefixes for length in beginnings)

    @property
    def vocabulary(self) -> frozenset[str]:
        """The sounds of all whole words that some pattern names."""
        return frozenset(self._exact)

    def matches(self, said: Sequence[Word]) -> Iterator[Match]:
        """Every pattern's first match at every place of the text."""
        passed = [self._passed(word.sound) for word in said]
        yield from self._found(passed, [word.before == SENTENCE for word in said])

    def owners_within(self, stem: Sequence[str]) -> set[int]:
        """Who owns a pattern that these tokens (words and their alternatives) would match, as a text would."""
        passed = [
            frozenset(test for word in _alternatives(token, self._classes) for test in self._passed(sound(plain(word))))
            for token in stem
        ]
        return {match.owner for match in self._found(passed, [False] * len(passed))}

    def _found(self, passed: Sequence[frozenset[int]], stops: Sequence[bool]) -> Iterator[Match]:
        for start in range(len(passed)):
            for pattern in self._begun(passed, start):
                at = _follow(pattern.steps, 0, start, passed, stops)
                if at is not None:
                    yield Match(owner=pattern.owner, at=at)

    def _begun(self, passed: Sequence[frozenset[int]], start: int) -> Iterable[_Pattern]:
        """The patterns whose first words stand here, each once."""
        begun: dict[int, _Pattern] = {}
        following = passed[start + 1] if start + 1 < len(passed) else frozenset()
        for test in passed[start]:
            begun.update((id(pattern), pattern) for pattern in self._by_first.get(test, ()))
            for after in following:
                begun.update((id(pattern), pattern) for pattern in self._by_pair.get((test, after), ()))
        return begun.values()

    def _step(self, token: str) -> Step:
        if token not in self._steps:
            self._steps[token] = self._new_step(token)
        return self._steps[token]

    def _new_step(self, token: str) -> Step:
        if token in _GAPS:
            return Step(gap=_GAPS[token])
        if token.startswith("!"):
            return Step(tests=self._test(token[1:]), forbids=True)
        return Step(tests=self._test(token))

    def _test(self, token: str) -> frozenset[int]:
        return frozenset(self._tests.get(word) or self._new_test(word) for word in _alternatives(token, self._classes))

    def _new_test(self, word: str) -> int:
        bare = plain(word.strip("*"))
        if not bare or " " in bare or len(bare) > _LONGEST_AFFIX:
            raise ValueError(f"«{word}» no es una sola palabra de hasta {_LONGEST_AFFIX} letras; corríjala")
        if word.endswith(("ll*", "y*")):
            raise ValueError(f"«{word}» suena distinto con cada final; escriba las palabras completas")
        number = self._tests[word] = len(self._tests) + 1
        kind = self._prefixes if word.endswith("*") else self._suffixes if word.startswith("*") else self._exact
        kind.setdefault(sound(bare), set()).add(number)
        return number

    def _passed(self, word: str) -> frozenset[int]:
        passed = set(self._exact.get(word, _NONE))
        for length in range(1, min(len(word), _LONGEST_AFFIX) + 1):
            passed |= self._prefixes.get(word[:length], _NONE)
            passed |= self._suffixes.get(word[-length:], _NONE)
        return frozenset(passed)


def bare_stems(pattern: str) -> Iterator[list[str]]:
    """What is left of a pattern that ends in an option, without any option: none for one that ends in a word."""
    for one in _one_for_each_piece(pattern):
        tokens = one.split()
        if _is_option(tokens[-1]):
            yield [token for token in tokens if not _is_option(token) and token not in _GAPS and token[0] != "!"]


def _follow(
    steps: tuple[Step, ...], step: int, word: int, passed: Sequence[frozenset[int]], stops: Sequence[bool]
) -> tuple[int, ...] | None:
    """The words at which the rest of the steps match from here, the shortest gaps first; None if they do not."""
    if step == len(steps):
        return ()
    wanted = steps[step]
    if wanted.forbids:
        follows = word < len(passed) and not stops[word] and bool(wanted.tests & passed[word])
        return None if follows else _follow(steps, step + 1, word, passed, stops)
    for skipped in range(wanted.gap + 1) if wanted.gap else (0,):
        here = word + skipped
        if here >= len(passed) or (step and any(stops[word : here + 1])):
            return None
        if wanted.gap:
            rest = _follow(steps, step + 1, here, passed, stops)
            if rest is not None:
                return rest
        elif wanted.tests & passed[here]:
            rest = _follow(steps, step + 1, here + 1, passed, stops)
            return None if rest is None else (here, *rest)
    return None


def _one_for_each_piece(pattern: str) -> Iterator[str]:
    group = _GROUP.search(pattern)
    if group is None:
        yield pattern
        return
    for piece in group[1].split("/"):
        yield from _one_for_each_piece(f"{pattern[: group.start()]}{piece}{pattern[group.end() :]}")


def _with_and_without_options(tokens: Sequence[str]) -> Iterable[list[str]]:
    choices = [(token[1:-1], "") if _is_option(token) else (token,) for token in tokens]
    for chosen in product(*choices):
        yield [token for token in chosen if token]


def _is_option(token: str) -> bool:
    return token.startswith("[") and token.endswith("]")


def _alternatives(token: str, classes: Mapping[str, Sequence[str]]) -> Iterator[str]:
    for part in token.split("|"):
        if part.startswith("@"):
            if part[1:] not in classes:
                raise ValueError(f"no hay una clase «{part}»; escriba una de las de grammar.yml")
            yield from classes[part[1:]]
        else:
            yield part
