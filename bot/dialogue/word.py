"""Whether a word is fit to be somebody's personal word: nobody writes it by chance, and it means nothing else. Pure."""

from __future__ import annotations

from bot.dialogue.flow import FlowBook
from bot.messages import Alert
from bot.safety import command, number, screen
from bot.spelling import plain
from bot.territory import Unknown, answer

_SHORTEST, _LONGEST, _MOST_WORDS = 4, 40, 3


def is_fit(book: FlowBook, word: str) -> bool:
    """Whether it is one to three words of 4 to 40 letters that answer no question, command nothing and tell nothing.

    A word that an ordinary message may be would be spent by an ordinary message.
    """
    said = plain(word)
    listed = {phrase for slot in book.slots.values() for phrase in (*slot.words, *slot.anywhere)}
    shown = {plain(b.title) for r in book.responses.values() for v in r.variants for b in (*v.buttons, *v.typed)}
    return (
        _SHORTEST <= len(said) <= _LONGEST
        and len(said.split()) <= _MOST_WORDS
        and said.replace(" ", "").isalpha()
        and command(word) is None
        and number(word) is None
        and screen(word).alert is Alert.NONE
        and said not in listed | shown
        and isinstance(answer(book.facts.territory, word), Unknown)
    )
