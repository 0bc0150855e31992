"""From a folder of YAML to the book that the engine reads."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import TypeVar

from bot.dialogue.facts import load_facts
from bot.dialogue.flow import Flow, FlowBook, Response, Slot
from bot.dialogue.read import read_topic, read_word_rules
from bot.dialogue.reader import refuse_duplicates
from bot.dialogue.references import check_references, wrong
from bot.dialogue.review import REVIEW
from bot.territory.data import FOLDER as TERRITORY

FLOWS = Path(__file__).parent.parent / "flows"
_FIGURES, _WORDS, _LANGUAGE = "figures.yml", "words.yml", "language.yml"
#: These hold data of another shape; command words are read by ``bot.safety``, language by the linter.
_NO_TOPICS = (_FIGURES, _WORDS, _LANGUAGE, REVIEW, "commands.yml")
_Named = TypeVar("_Named", Slot, Response, Flow)


def load_book(flows_dir: Path = FLOWS) -> FlowBook:
    """Read all content; raises ``ContentError`` with file and line for whatever is wrong or missing."""
    for name in (_FIGURES, _WORDS):
        refuse_duplicates(flows_dir / name)
    topics = {path.name: read_topic(path) for path in sorted(flows_dir.glob("*.yml")) if path.name not in _NO_TOPICS}
    forbidden, betraying = read_word_rules(flows_dir / _WORDS)
    book = FlowBook(
        slots=_by_name(slot for topic in topics.values() for slot in topic.slots),
        responses=_by_name(response for topic in topics.values() for response in topic.responses),
        flows=_by_name(flow for topic in topics.values() for flow in topic.flows),
        facts=load_facts(flows_dir / _FIGURES),
        version=_version(flows_dir),
        forbidden=forbidden,
        betraying=betraying,
    )
    check_references(book, file=next(iter(topics), str(flows_dir)))
    return book


def _by_name(items: Iterable[_Named]) -> Mapping[str, _Named]:
    found: dict[str, _Named] = {}
    for item in items:
        if other := found.get(item.name):
            there = f"{other.where.file}:{other.where.line}"
            raise wrong(f"el nombre «{item.name}» ya está en {there}; cambie uno de los dos", item.where)
        found[item.name] = item
    return found


def _version(flows_dir: Path) -> str:
    digest = hashlib.sha256()
    # A signature changes nothing of what is said.
    said = sorted(path for path in flows_dir.glob("*.yml") if path.name != REVIEW)
    for path in (*said, *sorted(TERRITORY.glob("*.yml")), *sorted(TERRITORY.glob("*.csv"))):
        digest.update(json.dumps([path.name, path.read_text(encoding="utf-8")]).encode())
    return digest.hexdigest()[:16]
