"""Cut a long text where a reader would pause; never inside a word that fits, nor inside an emoji."""

from __future__ import annotations

import regex

_SENTENCE_END = regex.compile(r"(?<=[.!?…]['\"”»)\]]*)\s+|\n+")
_LINE_END = regex.compile(r"\n+")
_SPACE = regex.compile(r"[\s\x1c-\x1f]+")  # what str.split() takes for white space
_GRAPHEMES = regex.compile(r"\X")


def split(text: str, *, limit: int) -> list[str]:
    """Split into parts of at most ``limit`` UTF-16 units: at blank lines, sentences, words.

    Every word stays whole and in order; only white space at the cuts is gone. A word longer
    than ``limit`` is cut between graphemes. UTF-16 units are never fewer than characters, so
    that a provider that counts either way is content.
    """
    rest, parts = text.strip(), []
    while count_units(rest) > limit:
        cut = _cut(rest, limit)
        parts.append(rest[:cut].rstrip())
        rest = rest[cut:].lstrip()
    return [*parts, rest] if rest or not parts else parts


def count_units(text: str) -> int:
    """Count UTF-16 units: an emoji outside the basic plane is two."""
    return len(text) + sum(character > "\uffff" for character in text)


def _cut(text: str, limit: int) -> int:
    """Find the last good place to end a part, in characters; always more than none."""
    window = _fitting(text, limit)
    for boundary, least in ((_SENTENCE_END, max(1, window // 3)), (_LINE_END, 1), (_SPACE, 1)):
        # One character further: a space right after the window ends it just as well.
        places = [m.start() for m in boundary.finditer(text, 0, window + 1) if least <= m.start() <= window]
        if places:
            return places[-1]
    ends = [m.end() for m in _GRAPHEMES.finditer(text, 0, min(len(text), window + 64)) if m.end() <= window]
    return ends[-1] if ends else window


def _fitting(text: str, limit: int) -> int:
    """Count the characters from the start that take at most ``limit`` UTF-16 units."""
    used = 0
    for place, character in enumerate(text):
        used += 2 if character > "\uffff" else 1
        if used > limit:
            return place
    return len(text)
