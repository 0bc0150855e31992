"""Conditions in flows: words to a tree, a tree to yes or no. Never evaluated as code."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from bot.dialogue.state import Value
from bot.errors import BotError

#: What a name may stand for while a condition is held against a conversation.
Known = Value | int

_TOKEN = re.compile(
    r"""\s*(?:(?P<text>"[^"]*"|'[^']*')|(?P<number>\d+)|(?P<mark><=|>=|!=|=|<|>|\(|\)|\[|\]|,)|(?P<name>[a-z_][\w.]*))""",
)
_LITERALS: Mapping[str, Value] = {"true": True, "false": False, "null": None}
_SHAPE = """escríbala así: slots.safe_now = "yes" and not open"""
_RESERVED = frozenset({"and", "or", "not", "in", *_LITERALS})


class BadCondition(BotError):
    """A condition cannot be read; write it like ``slots.safe_now = "yes" and not open``."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Literal:
    """A value as written: ``"yes"``, ``2``, ``true``, ``null``."""

    value: Known


@dataclass(frozen=True, slots=True, kw_only=True)
class Name:
    """Something the engine knows: ``slots.topic``, ``misses``, ``open``."""

    name: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Compare:
    """``left mark right``, where mark is one of ``= != < <= > >=``."""

    left: Literal | Name
    mark: str
    right: Literal | Name


@dataclass(frozen=True, slots=True, kw_only=True)
class OneOf:
    """``left in ["a", "b"]``."""

    left: Literal | Name
    values: tuple[Literal, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Not:
    """The contrary."""

    part: Condition


@dataclass(frozen=True, slots=True, kw_only=True)
class Every:
    """All parts hold (``and``)."""

    parts: tuple[Condition, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Some:
    """At least one part holds (``or``)."""

    parts: tuple[Condition, ...]


Condition = Literal | Name | Compare | OneOf | Not | Every | Some


def parse(text: str) -> Condition:
    """Read a condition; raises ``BadCondition`` that quotes the place."""
    reader = _Reader(text)
    found = reader.some()
    reader.end()
    return found


def holds(condition: Condition, know: Callable[[str], Known]) -> bool:
    """Whether the condition is true; ``know`` gives the value of a name. Unlike kinds are unequal, never an error."""
    match condition:
        case Literal() | Name():
            return bool(_value(condition, know))
        case Compare(left=left, mark=mark, right=right):
            return _compare(_value(left, know), mark, _value(right, know))
        case OneOf(left=left, values=values):
            return any(_same(_value(left, know), literal.value) for literal in values)
        case Not(part=part):
            return not holds(part, know)
        case Every(parts=parts):
            return all(holds(part, know) for part in parts)
        case Some(parts=parts):
            return any(holds(part, know) for part in parts)


def names_in(condition: Condition) -> frozenset[str]:
    """Every name that the condition asks for, so that a wrong one is found when content is loaded."""
    match condition:
        case Name(name=name):
            return frozenset({name})
        case Literal():
            return frozenset()
        case Compare(left=left, right=right):
            return names_in(left) | names_in(right)
        case OneOf(left=left):
            return names_in(left)
        case Not(part=part):
            return names_in(part)
        case Every(parts=parts) | Some(parts=parts):
            return frozenset().union(*(names_in(part) for part in parts))


def compared_values(condition: Condition) -> tuple[tuple[str, Known], ...]:
    """Which name is compared with which literal, so that a value that a slot cannot have is found."""
    match condition:
        case Compare(left=Name(name=name), right=Literal(value=value)):
            return ((name, value),)
        case Compare(left=Literal(value=value), right=Name(name=name)):
            return ((name, value),)
        case OneOf(left=Name(name=name), values=values):
            return tuple((name, literal.value) for literal in values)
        case Not(part=part):
            return compared_values(part)
        case Every(parts=parts) | Some(parts=parts):
            return tuple(pair for part in parts for pair in compared_values(part))
        case _:
            return ()


class _Reader:
    """One pass over the tokens, by descent: or, and, not, comparison."""

    def __init__(self, text: str) -> None:
        self._text, self._at = text, 0
        self._tokens: list[tuple[str, str]] = []
        place = 0
        while text[place:].strip():
            found = _TOKEN.match(text, place)
            if found is None or found.lastgroup is None:
                raise BadCondition(f"en la condición «{text}» no se entiende «{text[place:].strip()}»; {_SHAPE}")
            self._tokens.append((found.lastgroup, found[found.lastgroup]))
            place = found.end()

    def some(self) -> Condition:
        parts = [self._every()]
        while self._take("or"):
            parts.append(self._every())
        return parts[0] if len(parts) == 1 else Some(parts=tuple(parts))

    def end(self) -> None:
        if self._at < len(self._tokens):
            said = self._tokens[self._at][1]
            raise BadCondition(f"en la condición «{self._text}» sobra «{said}» o falta «and» u «or» antes; {_SHAPE}")

    def _every(self) -> Condition:
        parts = [self._not()]
        while self._take("and"):
            parts.append(self._not())
        return parts[0] if len(parts) == 1 else Every(parts=tuple(parts))

    def _not(self) -> Condition:
        if self._take("not"):
            return Not(part=self._not())
        if self._take("("):
            inner = self.some()
            self._need(")")
            return inner
        return self._comparison()

    def _comparison(self) -> Condition:
        left = self._operand()
        for mark in ("=", "!=", "<=", ">=", "<", ">"):
            if self._take(mark):
                return Compare(left=left, mark=mark, right=self._operand())
        if self._take("in"):
            return OneOf(left=left, values=self._list())
        return left

    def _list(self) -> tuple[Literal, ...]:
        self._need("[")
        values: list[Literal] = []
        while True:
            value = self._operand()
            if isinstance(value, Name):
                raise BadCondition(f"en la condición «{self._text}», «{value.name}» va entre comillas; póngaselas")
            values.append(value)
            if not self._take(","):
                break
        self._need("]")
        return tuple(values)

    def _operand(self) -> Literal | Name:
        kind, word = self._tokens[self._at] if self._at < len(self._tokens) else ("", "")
        self._at += 1
        if kind == "text":
            return Literal(value=word[1:-1])
        if kind == "number":
            return Literal(value=int(word))
        if kind == "name" and word in _LITERALS:
            return Literal(value=_LITERALS[word])
        if kind == "name" and word not in _RESERVED:
            return Name(name=word)
        before = f"antes de «{word}»" if word else "al final"
        raise BadCondition(f"en la condición «{self._text}» falta un nombre o un valor {before}; {_SHAPE}")

    def _take(self, word: str) -> bool:
        if self._at < len(self._tokens) and self._tokens[self._at][0] != "text" and self._tokens[self._at][1] == word:
            self._at += 1
            return True
        return False

    def _need(self, word: str) -> None:
        if not self._take(word):
            raise BadCondition(f"en la condición «{self._text}» falta «{word}»; agréguelo")


def _value(part: Literal | Name, know: Callable[[str], Known]) -> Known:
    return part.value if isinstance(part, Literal) else know(part.name)


def _same(left: Known, right: Known) -> bool:
    return type(left) is type(right) and left == right


def _compare(left: Known, mark: str, right: Known) -> bool:
    if mark in ("=", "!="):
        return _same(left, right) is (mark == "=")
    if not (type(left) is int and type(right) is int):
        return False
    return {"<": left < right, "<=": left <= right, ">": left > right, ">=": left >= right}[mark]
