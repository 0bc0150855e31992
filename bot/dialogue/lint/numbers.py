"""A number that states a fact comes from data with its source, never from the sentence."""

from __future__ import annotations

import re
from collections.abc import Iterator

from bot.dialogue.fill import holes
from bot.dialogue.flow import FlowBook
from bot.dialogue.lint.language import Language
from bot.dialogue.lint.problem import Problem, at
from bot.dialogue.lint.texts import Text
from bot.spelling import plain

_DIGITS = re.compile(r"\d+")
#: "escriba 1", "responda 1" and "1)" name a choice of this very message.
_CHOICE = re.compile(r"\b(?:escrib\w+|respond\w+)\s+(\d)\b|\b(\d)\)", re.IGNORECASE)
#: Numbers in words, and days and months: "de lunes a viernes" states a fact as "8:00" does.
_NUMBER_WORDS = (
    "dos tres cuatro cinco seis siete ocho nueve diez once doce trece catorce quince dieciseis diecisiete dieciocho "
    "diecinueve veinte veintiuno veintidos veintitres veinticuatro treinta cuarenta cincuenta sesenta setenta ochenta "
    "noventa cien ciento doscientos trescientos quinientos mil millon millones medio media tercio docena lunes martes "
    "miercoles jueves viernes sabado domingo enero febrero marzo abril mayo junio julio agosto septiembre octubre "
    "noviembre diciembre"
)


def check_numbers(text: Text, language: Language) -> Iterator[Problem]:
    """Digits and number words that are typed in a text, save those that name a choice or state nothing."""
    bare = text.raw
    for hole in holes(text.raw):
        bare = bare.replace("{" + hole + "}", " ")
    choices = {choice.title for choice in text.typed} | {str(n) for n in range(1, len(text.buttons) + 1)}
    named = {number for pair in _CHOICE.findall(bare) for number in pair if number} & choices
    for spoken in (bare, *(button.title for button in text.buttons)):
        for digits in _DIGITS.findall(spoken):
            if digits not in named:
                yield at(text.where, f"{text.name}: {_TYPED.format(digits)}")
        said = f" {plain(spoken)} "
        for phrase in language.counts:
            said = said.replace(f" {phrase} ", " | ")
        for word in sorted(set(_NUMBER_WORDS.split()) & set(said.split())):
            yield at(text.where, f"{text.name}: {_SPELLED.format(word)}")


def check_sources(book: FlowBook) -> Iterator[Problem]:
    """Whatever a text may take its numbers from says where it was read, and when."""
    facts = book.facts
    from_where = [
        *((f"lines.{line.id}", line.source, line.verified_on, "lines.yml") for line in facts.lines.values()),
        *((f"figures.{one.id}", one.source, one.verified_on, "figures.yml") for one in facts.figures.values()),
        ("hours", facts.hours.source, facts.hours.verified_on, "hours.yml"),
    ]
    for name, source, verified_on, file in from_where:
        if not source or verified_on is None:
            yield Problem(file=file, line=1, text=f"{name} no dice de dónde sale o cuándo se verificó; agréguelo")


_TYPED = (
    "el número {} está escrito en el texto; póngalo como dato con fuente y fecha (figures.yml o lines.yml) "
    "y escriba su nombre entre llaves"
)
_SPELLED = (
    "«{}» dice un número o una fecha; si es un dato, tráigalo de figures.yml entre llaves; si no lo es, "
    "agregue la frase con su razón a «counts» en language.yml"
)
