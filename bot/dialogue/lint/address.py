"""*Usted* throughout; *tú* throughout to whoever said that she is a minor (seguridad §5)."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from bot.dialogue.lint.language import Language
from bot.dialogue.lint.problem import Problem, at
from bot.dialogue.lint.texts import Text

#: A word, and before it what begins a clause.
_WORD = re.compile(r"(?P<before>^|[.,;:!?¿¡«(|]\s*|\s)(?P<word>[^\W\d_]+)")
#: The endings of the second person (tú and vos): "puedes", "estás", "llegaste".
_SECOND_PERSON = re.compile(r"(?:[aeáé]s|[áéí]s|[ai]ste)$")
#: "quédate", "siéntate"; with "lo" or "me" behind it a verb of usted may look alike ("pregúntelo").
_ENCLITIC = re.compile(r"[áéíóú]\w*te$")
#: After these a verb is no command to the reader: "a alguien que marque", "lo que cuenta".
_SUBORDINATE = frozenset({"que", "quien", "se", "lo", "la", "le", "te"})


@dataclass(frozen=True, slots=True, kw_only=True)
class _Word:
    word: str
    #: The word before it, and the mark before it (a space has none).
    after: str
    mark: str

    @property
    def is_told(self) -> bool:
        """It begins a clause that is not a question: there a verb is a command."""
        return bool(self.mark) and self.mark != "¿"


def check_address(text: Text, language: Language) -> Iterator[Problem]:
    """Each word of the wrong form of address."""
    spoken = " | ".join([text.raw, *(button.title for button in text.buttons)])
    spoken = re.sub(r"\{[^}]*\}", "0", spoken)
    for phrase in language.not_usted if text.to_minor else language.not_tu:
        if " " in phrase:
            spoken = re.sub(rf"\b{re.escape(phrase)}\b", "0", spoken, flags=re.IGNORECASE)
    wrong = _usted_in(spoken, language) if text.to_minor else _tu_in(spoken, language)
    who = "a quien es menor se le habla de tú" if text.to_minor else "se habla de usted"
    for word, instead in wrong:
        yield at(text.where, f"{text.name}: «{word}»: {who}; {instead}")


def _tu_in(spoken: str, language: Language) -> Iterator[tuple[str, str]]:
    orders = {tu: usted for usted, tu in language.commands.items()}
    told = {tu: usted for usted, tu in language.present.items()}
    for one in _words(spoken):
        word = one.word
        if (word in orders and one.is_told) or word in told:
            yield word, f"diga «{told.get(word) or orders[word]}»"
        elif word in language.tu_words:
            yield word, "cámbiela"
        elif (_SECOND_PERSON.search(word) or _ENCLITIC.search(word)) and word not in language.not_tu:
            yield word, "si no es un verbo, agréguela a «not_tu» en language.yml"


def _usted_in(spoken: str, language: Language) -> Iterator[tuple[str, str]]:
    for one in _words(spoken):
        word = one.word
        if word in language.commands and one.after not in _SUBORDINATE:
            yield word, f"diga «{language.commands[word]}»"
        elif word in language.present and (one.mark == "¿" or one.after in ("si", "cuando")):
            yield word, f"diga «{language.present[word]}»"
        elif word in language.usted_words:
            yield word, "cámbiela"


def _words(spoken: str) -> Iterator[_Word]:
    after = ""
    for found in _WORD.finditer(spoken):
        word = found["word"].lower()
        yield _Word(word=word, after=after, mark=found["before"].strip() or ("" if found.start() else "|"))
        after = word
