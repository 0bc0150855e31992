"""What a message says without anybody having to guess."""

from __future__ import annotations

from bot.dialogue.answer import said_anywhere
from bot.dialogue.payload import Meaning, Start, read_payload
from bot.dialogue.talk import Talk
from bot.safety import command, number
from bot.spelling import plain


def meaning_of(talk: Talk) -> Meaning | None:
    """A tap, the number of a choice, the words on it, or words that always mean the same answer: all alike."""
    if talk.event.payload and (meaning := read_payload(talk.event.payload)):
        return meaning
    text = talk.event.text
    if not text:
        return None
    said = plain(text)
    for choice in talk.buttons:
        if said and said == plain(choice.title):
            return read_payload(choice.payload)
    n = number(text)
    if n is not None and n <= len(talk.buttons):
        return read_payload(talk.buttons[n - 1].payload)
    return Start(intent="ask_human") if command(text) == "human" else said_anywhere(talk)
