"""Words that no text may hold, and words that must not stand on a locked screen; both lists are data with reasons."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache

from bot.dialogue.flow import FlowBook, WordRule
from bot.dialogue.lint.problem import Problem, at
from bot.dialogue.lint.texts import Text, said_by
from bot.dialogue.patterns import IMMEDIATE, PARTING, SAYABLE_UNKNOWN
from bot.messages import Button
from bot.spelling import plain

#: What a locked screen shows of a message (characters; ruta §E 1).
FIRST_LINE = 60
_SENTENCE_END = re.compile(r"(?<=[.!?])\s+")
_plain = cache(plain)


def check_words(book: FlowBook, text: Text) -> Iterator[Problem]:
    """Forbidden words and promises, with the reason that the list gives."""
    for rule in _found(book.forbidden, text.said, text.buttons):
        yield at(text.where, f"{text.name}: no se dice «{rule.word}»: {rule.reason}; escríbalo de otro modo")


def forbidden_in(rules: tuple[WordRule, ...], text: str) -> tuple[WordRule, ...]:
    """The rules that a text breaks, whoever wrote it."""
    return tuple(_found(rules, text, ()))


def check_screen(book: FlowBook, text: Text) -> Iterator[Problem]:
    """What may be read on a phone that another holds tells nothing, and its first line is short."""
    in_danger = {response for flow, response in said_by(book) if flow in IMMEDIATE}
    if text.name not in SAYABLE_UNKNOWN | in_danger:
        return
    for rule in _found(book.betraying, text.said, text.buttons):
        yield at(
            text.where,
            f"{text.name}: otra persona podría leer «{rule.word}» en la pantalla bloqueada: {rule.reason}; "
            "use una palabra neutra",
        )
    # Danger has to say what to do: there the screen is held to the first sentence, elsewhere to the whole text.
    whole = text.name not in in_danger or text.name in PARTING
    first = text.said if whole else _SENTENCE_END.split(text.said)[0]
    if len(first) > FIRST_LINE:
        yield at(
            text.where,
            f"{text.name}: «{first}» tiene {len(first)} letras; lo primero y lo último que se ve tiene a lo sumo "
            f"{FIRST_LINE}; acórtelo",
        )


def _found(rules: tuple[WordRule, ...], text: str, buttons: tuple[Button, ...]) -> Iterator[WordRule]:
    spoken = " | ".join(["", _plain(text), *(_plain(button.title) for button in buttons), ""])
    for rule in rules:
        left = spoken
        if f" {_plain(rule.word)} " not in left:
            continue
        for phrase in rule.unless:
            left = left.replace(f" {_plain(phrase)} ", " | ")
        if f" {_plain(rule.word)} " in left:
            yield rule
