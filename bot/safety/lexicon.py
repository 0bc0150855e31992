"""The reviewed words of danger, as data: what is said, how grave it is, and why."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from bot.content import LINE, instead, line_of, read_mapping, rows_of
from bot.errors import ContentError
from bot.safety.pattern import Matcher, bare_stems
from bot.spelling import sound
from bot.understood import Alert

FOLDER = Path(__file__).parent / "lexicon"
_ENTRY_KEYS = {"id", "alert", "intent", "kinds", "reason", "says", "negatable", "covers", "softens", "weak"}

_ENTRY_NEEDS = ("id", "reason", "says")
_WORD_LISTS = ("vocabulary", "whole", "signs", "negations", "glue")


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """What some patterns mean.

    ``alert`` NONE makes a marker (its ``kinds`` count in the raises) or, with ``covers``, an idiom:
    whatever else would be found within its words is not meant. ``softens``: grave words in the same
    sentence are only supposed (ATTENTION) or told of a film (NONE). ``weak``: words that idioms and tales are
    full of ("me ahogo"): attention by themselves, as grave as ``alert`` unless whoever read the text rules it out.
    """

    id: str
    alert: Alert
    intent: str | None
    kinds: frozenset[str]
    negatable: bool
    covers: bool
    softens: Alert | None
    weak: bool = False


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
    source = folder / "grammar.yml"
    grammar = _grammar(source)
    classes = {name: words.split() for name, words in grammar["classes"].items() if name != LINE}
    matcher = Matcher(classes)
    entries: list[Entry] = []
    idioms: list[tuple[str, Path, int]] = []
    seen: set[str] = set()
    for path in sorted(folder.glob("*.yml")):
        content = grammar if path == source else read_mapping(path, {"entries"})
        for row in rows_of(content, "entries", path, _ENTRY_KEYS, needed=_ENTRY_NEEDS) if "entries" in content else ():
            entry = _entry(row, path)
            if entry.id in seen:
                raise _wrong(f"la entrada «{entry.id}» está dos veces; cambie un «id»", row, "id", path)
            seen.add(entry.id)
            for place, pattern in enumerate(row["says"]):
                line = line_of(row["says"], place, row[LINE])
                _add(matcher, str(pattern), len(entries), path, line)
                idioms += [(str(pattern), path, line)] if entry.covers and not entry.alert else []
            entries.append(entry)
    for pattern, path, line in idioms:
        _refuse_what_hides(matcher, entries, pattern, path, line)
    extra = {*grammar["vocabulary"].split(), *grammar["whole"].split()}
    return Lexicon(
        entries=tuple(entries),
        matcher=matcher,
        raises=tuple(_raises(grammar, source)),
        raises_heard=tuple(_raises_heard(grammar, source)),
        signs=frozenset(grammar["signs"].split()),
        negations=frozenset(sound(word) for word in grammar["negations"].split()),
        glue=frozenset(sound(word) for word in grammar["glue"].split()),
        gravity=tuple(grammar["gravity"]),
        vocabulary=matcher.vocabulary | {sound(word) for word in extra},
    )


def _grammar(path: Path) -> dict[Any, Any]:
    """The lists that every other file stands on; single words with spaces between."""
    content = read_mapping(path)
    for name in _WORD_LISTS:
        if not isinstance(content.get(name), str):
            raise _wrong(f"faltan las palabras de «{name}»; escríbalas separadas por espacios", content, name, path)
    if not isinstance(content.get("classes"), dict):
        raise _wrong("faltan las clases de palabras; escriba «classes:» y debajo cada una", content, "classes", path)
    for name, words in content["classes"].items():
        if name != LINE and not isinstance(words, str):
            problem = (
                f"la clase «{name}» lleva palabras separadas por espacios; si son números, póngalos entre comillas"
            )
            raise _wrong(problem, content["classes"], name, path)
    if not isinstance(content.get("gravity"), list):
        raise _wrong("falta la lista «gravity»; escríbala así: [una, otra]", content, "gravity", path)
    return content


def _entry(row: Mapping[str, Any], path: Path) -> Entry:
    for key in ("says", "kinds"):
        if not isinstance(row.get(key, []), list):
            raise _wrong(f"{row['id']}: «{key}» es una lista; escríbala así: [una cosa, otra]", row, key, path)
    return Entry(
        id=row["id"],
        alert=_alert(row, "alert", path),
        intent=row.get("intent"),
        kinds=frozenset(row.get("kinds", ())),
        negatable=row.get("negatable", True),
        covers=row.get("covers", False),
        softens=_alert(row, "softens", path) if row.get("softens") is not None else None,
        weak=bool(row.get("weak")),
    )


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
                problem = f"«{pattern}», sin su final entre [ ], tapa lo grave de «{entries[owner].id}»; quite esos [ ]"
                raise ContentError(problem, file=path.name, line=line)


def _raises(grammar: Mapping[str, Any], path: Path) -> Iterator[Raise]:
    for row in rows_of(grammar, "raises", path, ("when", "to", "intent", "reason"), needed=("when", "to")):
        yield Raise(kinds=frozenset(row["when"]), alert=_alert(row, "to", path), intent=row.get("intent"))


def _raises_heard(grammar: Mapping[str, Any], path: Path) -> Iterator[HeardRaise]:
    keys = ("heard", "with", "to")
    for row in rows_of(grammar, "raises_heard", path, (*keys, "and", "reason"), needed=keys):
        yield HeardRaise(
            heard=row["heard"],
            kinds=frozenset(row["with"]),
            also=frozenset(row.get("and", ())),
            alert=_alert(row, "to", path),
        )


def _alert(row: Mapping[str, Any], key: str, path: Path) -> Alert:
    alerts = {alert.word: alert for alert in Alert}
    word = row.get(key, Alert.NONE.word)
    if word not in alerts:
        raise _wrong(f"no hay una alerta «{word}»; {instead(word, alerts)}", row, key, path)
    return alerts[word]


def _wrong(problem: str, row: Mapping[str, Any], key: str, path: Path) -> ContentError:
    return ContentError(problem, file=path.name, line=line_of(row, key, row[LINE]))
