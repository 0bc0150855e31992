"""The brigade's shops as data, and the shop that a worker names. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

from bot.content import LINE, read_yaml
from bot.errors import ContentError
from bot.spelling import plain, sound
from bot.territory.data import FOLDER, Territory

#: How many words may stand between "código" and the word itself: "el código de mi tienda es guayaba".
_REACH = 4
#: Between "tienda" and its number.
_FILLERS = frozenset({"numero", "no", "n", "la", "codigo"})
_STORE_KEYS = {"id", "name", "municipality", "poster", "words"}


@dataclass(frozen=True, slots=True, kw_only=True)
class StaffWord:
    """A word that only workers know, good up to and including a day: ``StaffWord(sound="guayaba", until=...)``."""

    sound: str
    until: date


@dataclass(frozen=True, slots=True, kw_only=True)
class Store:
    """One shop: ``Store(id="12", name="TIENDA DEMO BUGA", municipality="76111", ...)``."""

    id: str
    name: str
    municipality: str
    poster: str
    words: tuple[StaffWord, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Stores:
    """All shops; ``is_demonstration``: none of them exists."""

    stores: tuple[Store, ...]
    is_demonstration: bool
    before_number: frozenset[str]
    before_word: frozenset[str]


@dataclass(frozen=True, slots=True, kw_only=True)
class NamedStore:
    """A shop that a text names; ``by_word``: with a word that only its workers know."""

    store: Store
    by_word: bool


def find_store(stores: Stores, text: str, today: date) -> NamedStore | None:
    """Say which shop a text names: by a worker's word that is still good, else by its number; None if by none.

    A word is an ordinary one, so it counts only as the whole message or after "código". A poster's word never does.
    """
    said = plain(text).split()
    for store in stores.stores:
        for word in store.words:
            if word.until >= today and _is_word_said(stores, said, word.sound):
                return NamedStore(store=store, by_word=True)
    named = _number_said(stores, said)
    found = next((store for store in stores.stores if store.id == named), None)
    return NamedStore(store=found, by_word=False) if found else None


def load_stores(territory: Territory, path: Path = FOLDER / "stores.yml") -> Stores:
    """Read the shops; raises ``ContentError`` with file and line where two could be taken for one another."""
    content = read_yaml(path)
    known = {"demonstration", "before_number", "before_word", "stores"}
    if not isinstance(content, dict) or (set(content) - known - {LINE}):
        raise ContentError(f"holds {', '.join(sorted(known))} and nothing else", file=path.name, line=1)
    stores: list[Store] = []
    taken: dict[str, str] = {}
    for row in content["stores"]:
        store = _store(row, territory, path)
        for mark in (store.id, store.poster, *(word.sound for word in store.words)):
            if other := taken.get(mark):
                raise ContentError(f"{mark!r} of {store.name} is taken by {other}", file=path.name, line=row[LINE])
            taken[mark] = store.name
        stores.append(store)
    return Stores(
        stores=tuple(stores),
        is_demonstration=bool(content.get("demonstration", False)),
        before_number=frozenset(plain(word) for word in content["before_number"]),
        before_word=frozenset(plain(word) for word in content["before_word"]),
    )


def _is_word_said(stores: Stores, said: Sequence[str], word: str) -> bool:
    heard = [sound(one) for one in said]
    if heard == [word]:
        return True
    return any(
        one == word and stores.before_word & set(said[max(0, place - _REACH) : place])
        for place, one in enumerate(heard)
    )


def _number_said(stores: Stores, said: Sequence[str]) -> str | None:
    for place, one in enumerate(said):
        if one in stores.before_number:
            after = [word for word in said[place + 1 : place + 3] if word not in _FILLERS]
            if after and after[0].isascii() and after[0].isdigit():
                return after[0].lstrip("0")
    return None


def _store(row: Mapping[str, Any], territory: Territory, path: Path) -> Store:
    line = row[LINE]
    if set(row) - {LINE} != _STORE_KEYS:
        raise ContentError(f"a shop has {', '.join(sorted(_STORE_KEYS))}", file=path.name, line=line)
    if row["municipality"] not in territory.by_code:
        raise ContentError(f"{row['municipality']!r} is no municipality", file=path.name, line=line)
    try:
        words = tuple(StaffWord(sound=_sound(word["word"]), until=_day(word["until"])) for word in row["words"])
    except (KeyError, TypeError) as error:
        raise ContentError(f"{row['name']}: not a word and its day: {error!r}", file=path.name, line=line) from None
    return Store(
        id=str(row["id"]),
        name=row["name"],
        municipality=row["municipality"],
        poster=_sound(row["poster"]),
        words=words,
    )


def _sound(word: str) -> str:
    return sound(plain(word))


def _day(raw: object) -> date:
    if type(raw) is not date:
        raise TypeError(f"{raw!r} is no day")
    return raw
