"""The brigade's shops as data, and the shop that a worker names. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

from bot.content import LINE, line_of, read_mapping, rows_of
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
    content = read_mapping(path, {"demonstration", "before_number", "before_word", "stores"})
    for name in ("before_number", "before_word"):
        if not isinstance(content.get(name), list):
            problem = f"falta la lista «{name}»; escríbala así: {name}: [tienda, local]"
            raise ContentError(problem, file=path.name, line=line_of(content, name, 1))
    stores: list[Store] = []
    taken: dict[str, str] = {}
    for row in rows_of(content, "stores", path, _STORE_KEYS, needed=sorted(_STORE_KEYS)):
        store = _store(row, territory, path)
        for mark in (store.id, store.poster, *(word.sound for word in store.words)):
            if other := taken.get(mark):
                problem = f"«{mark}», de {store.name}, ya es de {other} o suena igual; escriba otra palabra o número"
                raise ContentError(problem, file=path.name, line=row[LINE])
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
    if row["municipality"] not in territory.by_code:
        problem = f"ningún municipio tiene el código «{row['municipality']}»; búsquelo en municipalities.csv"
        raise ContentError(problem, file=path.name, line=line_of(row, "municipality", row[LINE]))
    keys = ("word", "until")
    words = tuple(_staff_word(word, path) for word in rows_of(row, "words", path, keys, needed=keys))
    return Store(
        id=str(row["id"]),
        name=str(row["name"]),
        municipality=row["municipality"],
        poster=_sound(str(row["poster"])),
        words=words,
    )


def _sound(word: str) -> str:
    return sound(plain(word))


def _staff_word(row: Mapping[str, Any], path: Path) -> StaffWord:
    until = row["until"]
    if type(until) is not date:
        problem = f"«{row['word']}»: falta hasta qué día sirve; escríbalo así: until: 2026-12-01"
        raise ContentError(problem, file=path.name, line=line_of(row, "until", row[LINE]))
    return StaffWord(sound=_sound(str(row["word"])), until=until)
