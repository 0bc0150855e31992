"""What things are called on the drawings: in the words of her buttons and questions, or in ``words.yml``."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import Any

from bot.content import LINE, line_of, read_mapping, read_yaml
from bot.dialogue.fill import fill
from bot.dialogue.flow import Collect, FlowBook
from bot.dialogue.payload import Inform, read_payload
from bot.dialogue.reader import refuse_duplicates
from bot.errors import ContentError
from bot.safety.commands import FILE as COMMANDS

_WORDS = Path(__file__).parent / "words.yml"
_QUESTION = re.compile(r"¿[^?]*\?")


def titles(book: FlowBook) -> Iterator[tuple[tuple[str, str], str]]:
    """How she says each value of each slot: by its words, or better by its button."""
    for slot in book.slots.values():
        for phrase, value in reversed(tuple(slot.words.items())):
            yield (slot.name, value), phrase.capitalize()
    for response in book.responses.values():
        for variant in response.variants:
            for button in (*variant.typed, *variant.buttons):
                meaning = read_payload(button.payload)
                if isinstance(meaning, Inform):
                    yield (meaning.slot, meaning.value), button.title


def questions(book: FlowBook) -> Iterator[tuple[str, str]]:
    """The question by which each slot is asked, as *¿Está sola?*."""
    for flow in book.flows.values():
        for step in flow.steps.values():
            if isinstance(step, Collect):
                text = fill(book.responses[step.utter].variants[-1].text, book.facts, {})
                if found := _QUESTION.findall(text):
                    yield step.slot, found[-1]


@cache
def called() -> Mapping[str, Any]:
    """What the names of the machine are called, by kind and name; raises ``ContentError``."""
    refuse_duplicates(_WORDS)
    content = read_mapping(_WORDS)
    for kind, rows in content.items():
        if kind != LINE and not isinstance(rows, dict):
            problem = f"{kind}: aquí van nombres con sus palabras; escríbalos así: «nombre: palabras»"
            raise ContentError(problem, file=_WORDS.name, line=line_of(content, kind, 1))
    return {
        kind: {name: _unlined(value) for name, value in rows.items() if name != LINE}
        for kind, rows in content.items()
        if kind != LINE
    }


@cache
def command_words() -> Mapping[str, Sequence[str]]:
    """What has to be the whole message for each command."""
    return {name: tuple(map(str, words)) for name, words in read_yaml(COMMANDS).items() if name != LINE}


def _unlined(value: Any) -> Any:
    return {key: inner for key, inner in value.items() if key != LINE} if isinstance(value, dict) else value
