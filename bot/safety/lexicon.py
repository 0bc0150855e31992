"""The reviewed words of danger, as data: what is said, how grave it is, and why."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from bot.content import LINE, read_yaml
from bot.errors import ContentError
from bot.messages import Alert
from bot.safety.pattern import Matcher, bare_stems
from bot.spelling import sound

FOLDER = Path(__file__).parent / "lexicon"
_ENTRY_KEYS = {"id", "alert", "intent", "kinds", "reason", "says", "negatable", "covers", "softens"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """What some patterns mean.

    ``alert`` NONE makes a marker (its ``kinds`` count in the raises) or, with ``covers``, an idiom:
    whatever else would be found within its words is not meant. ``softens``: grave words in the same
    sentence are only supposed (ATTENTION) or told of a film (NONE).
    """

    id: str
    alert: Alert
    intent: str | None
    kinds: frozenset[str]
    negatable: bool
    covers: bool
    softens: Alert | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Raise:
    """Where all these kinds were found, the message is at least this grave and means this."""

    kinds: frozenset[str]
    alert: Alert
    intent: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class HeardRaise:
    """Where the NLU heard this intent and the words hold any of these kinds, it is at least this grave."""

    heard: str
    kinds: frozenset[str]
    #: And all of these.
    also: frozenset[str]
    alert: Alert


@dataclass(frozen=True, slots=True, kw_only=True)
class Lexicon:
    """Everything that the screen knows."""

    entries: tuple[Entry, ...]
    matcher: Matcher
    raises: tuple[Raise, ...]
    raises_heard: tuple[HeardRaise, ...]
    negations: frozenset[str]
    #: Plain words that an emoji stands for; alone in a message they are more than a sticker.
    signs: frozenset[str]
    glue: frozenset[str]
    gravity: tuple[str, ...]
    vocabulary: frozenset[str]


@cache
def lexicon() -> Lexicon:
    """The product's lexicon, read once."""
    return load_lexicon()


def load_lexicon(folder: Path = FOLDER) -> Lexicon:
    """Read all files of the lexicon; raises ``ContentError`` with file and line."""
    grammar = read_yaml(folder / "grammar.yml")
    classes = {name: words.split() for name, words in grammar["classes"].items() if name != LINE}
    matcher = Matcher(classes)
    entries: list[Entry] = []
    idioms: list[tuple[str, Path, int]] = []
    seen: set[str] = set()
    for path in sorted(folder.glob("*.yml")):
        content = read_yaml(path)
        for row in content.get("entries") or ():
            entry = _entry(row, path)
            if entry.id in seen:
                raise ContentError(f"{entry.id!r} stands twice", file=path.name, line=row[LINE])
            seen.add(entry.id)
            for pattern in row["says"]:
                _add(matcher, str(pattern), len(entries), path, row[LINE])
                idioms += [(str(pattern), path, row[LINE])] if entry.covers and not entry.alert else []
            entries.append(entry)
    for pattern, path, line in idioms:
        _refuse_what_hides(matcher, entries, pattern, path, line)
    extra = {*grammar["vocabulary"].split(), *grammar["whole"].split()}
    return Lexicon(
        entries=tuple(entries),
        matcher=matcher,
        raises=tuple(_raises(grammar, folder / "grammar.yml")),
        raises_heard=tuple(_raises_heard(grammar, folder / "grammar.yml")),
        signs=frozenset(grammar["signs"].split()),
        negations=frozenset(sound(word) for word in grammar["negations"].split()),
        glue=frozenset(sound(word) for word in grammar["glue"].split()),
        gravity=tuple(grammar["gravity"]),
        vocabulary=matcher.vocabulary | {sound(word) for word in extra},
    )


def _entry(row: Mapping[str, Any], path: Path) -> Entry:
    if unknown := set(row) - _ENTRY_KEYS - {LINE}:
        raise ContentError(f"{min(unknown)!r} is not known here", file=path.name, line=row[LINE])
    if not (row.get("id") and row.get("reason") and row.get("says")):
        raise ContentError("an entry has an id, a reason and what is said", file=path.name, line=row[LINE])
    softens = row.get("softens")
    try:
        return Entry(
            id=row["id"],
            alert=_alert(row.get("alert", "none")),
            intent=row.get("intent"),
            kinds=frozenset(row.get("kinds", ())),
            negatable=row.get("negatable", True),
            covers=row.get("covers", False),
            softens=None if softens is None else _alert(softens),
        )
    except KeyError as error:
        raise ContentError(f"{error} is no alert", file=path.name, line=row[LINE]) from None


def _add(matcher: Matcher, pattern: str, owner: int, path: Path, line: int) -> None:
    try:
        matcher.add(pattern, owner)
    except ValueError as error:
        raise ContentError(str(error), file=path.name, line=line) from None


def _refuse_what_hides(matcher: Matcher, entries: Sequence[Entry], pattern: str, path: Path, line: int) -> None:
    """An idiom whose ending may be left out is only its beginning: *me voy a matar [trabajando]*."""
    for stem in bare_stems(pattern):
        for owner in sorted(matcher.owners_within(stem)):
            if not entries[owner].covers and entries[owner].alert:
                raise ContentError(
                    f"{pattern!r} hides {entries[owner].id!r} where its last option is left out",
                    file=path.name,
                    line=line,
                )


def _raises(grammar: Mapping[str, Any], path: Path) -> Iterator[Raise]:
    for row in grammar["raises"]:
        try:
            yield Raise(kinds=frozenset(row["when"]), alert=_alert(row["to"]), intent=row.get("intent"))
        except KeyError as error:
            raise ContentError(f"not a raise: {error}", file=path.name, line=row[LINE]) from None


def _raises_heard(grammar: Mapping[str, Any], path: Path) -> Iterator[HeardRaise]:
    for row in grammar["raises_heard"]:
        try:
            yield HeardRaise(
                heard=row["heard"],
                kinds=frozenset(row["with"]),
                also=frozenset(row.get("and", ())),
                alert=_alert(row["to"]),
            )
        except KeyError as error:
            raise ContentError(f"not a raise: {error}", file=path.name, line=row[LINE]) from None


def _alert(word: str) -> Alert:
    return Alert[word.upper()]
