"""What a content file may not get wrong, found without a conversation: every problem with file, line and what to do."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from bot.dialogue.flow import FlowBook
from bot.dialogue.lint.address import check_address
from bot.dialogue.lint.language import Language, load_language
from bot.dialogue.lint.numbers import check_numbers, check_sources
from bot.dialogue.lint.problem import Problem, at
from bot.dialogue.lint.reading import check_reading, check_short
from bot.dialogue.lint.shape import check_response, check_shape
from bot.dialogue.lint.structure import check_structure
from bot.dialogue.lint.texts import texts
from bot.dialogue.lint.words import check_screen, check_words
from bot.dialogue.load import FLOWS, load_book
from bot.dialogue.review import REVIEW, Review, load_review, stale
from bot.errors import ContentError

__all__ = ["Problem", "check_content", "lint"]


def check_content(flows_dir: Path = FLOWS) -> list[Problem]:
    """Read and check all content; an unreadable book is one problem, a book without problems is an empty list."""
    try:
        book = load_book(flows_dir)
        review = load_review(book, flows_dir / REVIEW)
        language = load_language(flows_dir)
        # The checks read other files too: the words of command and of danger.
        return [*lint(book, language), *_outdated(book, review)]
    except ContentError as error:
        return [Problem(file=error.file, line=error.line, text=error.problem)]


def lint(book: FlowBook, language: Language) -> list[Problem]:
    """Every problem of a loaded book, by file and line."""
    found = set(_problems(book, language))
    return sorted(found, key=lambda problem: (problem.file, problem.line, problem.text))


def _problems(book: FlowBook, language: Language) -> Iterator[Problem]:
    yield from check_sources(book)
    for response in book.responses.values():
        yield from check_response(book, response)
    every = list(texts(book))
    for text in every:
        yield from check_numbers(text, language)
        yield from check_words(book, text)
        yield from check_screen(book, text)
        yield from check_reading(text, language)
        yield from check_address(text, language)
        yield from check_shape(text)
    yield from check_short(every, language)
    yield from check_structure(book)


def _outdated(book: FlowBook, review: Review) -> Iterator[Problem]:
    for one, now in stale(book, review):
        yield at(
            one.where,
            f"{one.response} se firmó como {one.hash} y ahora es {now}: el texto cambió y hay que firmarlo de nuevo",
        )
