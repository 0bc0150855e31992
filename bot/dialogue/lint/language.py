"""How content may speak, as data: ``bot/flows/language.yml``, where each exception carries its reason."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from bot.content import LINE, line_of, read_yaml
from bot.dialogue.load import FLOWS
from bot.dialogue.reader import Reader, refuse_duplicates
from bot.spelling import plain

LANGUAGE = "language.yml"
_KEYS = {"counts", "literal", "door_names", "tu_words", "usted_words", "not_tu", "not_usted", "commands", "present"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Language:
    """``counts``: numbers that state no fact. ``literal``: responses that quote the safety rules.

    ``door_names``: words that have to be said as they stand on the door. ``not_tu`` and ``not_usted``: words that
    only look like the other form. ``commands`` and ``present``: usted -> tú (``{"marque": "marca"}``).
    """

    counts: frozenset[str]
    literal: frozenset[str]
    door_names: frozenset[str]
    tu_words: frozenset[str]
    usted_words: frozenset[str]
    not_tu: frozenset[str]
    not_usted: frozenset[str]
    commands: Mapping[str, str]
    present: Mapping[str, str]


def load_language(flows_dir: Path = FLOWS) -> Language:
    """Read the data; raises ``ContentError`` with file and line."""
    path = flows_dir / LANGUAGE
    refuse_duplicates(path)
    reader = Reader(LANGUAGE)
    content = reader.mapping(read_yaml(path), 1, "el archivo", known=_KEYS)
    lists = {key: frozenset(_words(reader, content, key)) for key in _KEYS - {"commands", "present"}}
    return Language(
        counts=lists["counts"],
        literal=lists["literal"],
        door_names=lists["door_names"],
        tu_words=lists["tu_words"],
        usted_words=lists["usted_words"],
        not_tu=lists["not_tu"],
        not_usted=lists["not_usted"],
        commands=dict(_pairs(reader, content, "commands")),
        present=dict(_pairs(reader, content, "present")),
    )


def _words(reader: Reader, content: Mapping[str, Any], key: str) -> Iterator[str]:
    begun = line_of(content, key, 1)
    for item in reader.list(content.get(key, []), begun, key):
        row = reader.mapping(item, begun, key, known={"words", "reason"})
        reader.text_of(row, "reason", key)
        for text in reader.texts(row, "words", f"{key}: words"):
            yield plain(text) if key == "counts" else text


def _pairs(reader: Reader, content: Mapping[str, Any], key: str) -> Iterator[tuple[str, str]]:
    begun = line_of(content, key, 1)
    row = reader.mapping(content.get(key, {LINE: begun}), begun, key)
    for usted in row:
        if usted != LINE:
            yield usted, reader.text_of(row, usted, key)
