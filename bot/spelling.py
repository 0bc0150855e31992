"""Phone spelling: what somebody typed, as words that a lexicon or a list of names can be held against.

Pure and of the standard library only, so that Rasa's older interpreter can read it too.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import lru_cache

#: No provider delivers more than 4,096 characters; a burst joins a few. The rest is not looked at.
LIMIT = 20_000

#: A message is read several times on its way, and people use few words: how one sounds is found out once.
_KNOWN_WORDS = 4096
#: Nor is what she wrote taken apart anew by each who reads it within a turn; only the last few texts are kept.
_KNOWN_TEXTS = 16

COMMA, SENTENCE = 1, 2

#: What people shorten while typing with one thumb. One word may stand for several.
SHORTENINGS = {
    "q": "que",
    "k": "que",
    "ke": "que",
    "xq": "porque",
    "xk": "porque",
    "pq": "porque",
    "porq": "porque",
    "x": "por",
    "xfa": "por favor",
    "xfavor": "por favor",
    "porfa": "por favor",
    "pa": "para",
    "pal": "para el",
    "tmb": "tambien",
    "tb": "tambien",
    "tbn": "tambien",
    "tmbn": "tambien",
    "toy": "estoy",
    "toi": "estoy",
    "d": "de",
    "dl": "del",
    "m": "me",
    "t": "te",
    "bn": "bien",
    "dnd": "donde",
    "cdo": "cuando",
    "cmo": "como",
    "msj": "mensaje",
    "ntp": "no te preocupes",
    "nse": "no se",
    "nc": "no se",
    "aki": "aqui",
    "aca": "aca",
    "hp": "hijueputa",
    "hpta": "hijueputa",
    "hjp": "hijueputa",
    "mk": "marica",
    "grax": "gracias",
    "tqm": "te quiero",
    "hno": "hermano",
    "hna": "hermana",
    "sra": "senora",
    "sr": "senor",
    "dr": "doctor",
    "dra": "doctora",
    "ud": "usted",
    "uds": "ustedes",
    "vd": "usted",
    "bbe": "bebe",
    "xe": "por que",
    "nmms": "no mas",
    "sicologa": "psicologa",
    "sicologo": "psicologo",
    "onde": "donde",
    "pos": "pues",
}

_EMOJI = {
    "🔪": "cuchillo",
    "🗡": "cuchillo",
    "🔫": "pistola",
    "🆘": "auxilio",
    "🩸": "sangre",
    "💀": "muerta",
    "☠": "muerta",
}
#: Cyrillic and Greek letters that look like ours: a filter is dodged with them, or a keyboard was wrong.
_LOOKALIKES = str.maketrans("аеорсухіѕјԁɡαοερι", "aeopcyxisjdgaoepi")
_LEET = str.maketrans("013457", "oieast")
_DIGITS_IN_WORD = re.compile(r"[a-z][0-9]+[a-z]")
_RUNS = re.compile(r"(.)\1{2,}")
_STOPS = frozenset(".!?¡¿…;")
_SOUNDS = tuple(
    (re.compile(pattern), by)
    for pattern, by in (
        ("ch", "C"), ("qu(?=[ei])", "k"), ("q", "k"), ("c(?=[ei])", "s"), ("c", "k"), ("z", "s"),
        ("g(?=[ei])", "j"), ("gu(?=[ei])", "g"), ("h", ""), ("v", "b"), ("w", "gu"), ("ll", "y"),
        ("y(?![aeiou])", "i"), ("n(?=[bp])", "m"), (r"([^r])\1+", r"\1"), ("r+$", "r"),
    )
)  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class Word:
    """One word: ``Word(plain="ahorco", sound="aorko", start=7, end=13, before=SENTENCE)``.

    ``start`` and ``end`` point into the original text; ``before`` says what separates it from the
    word before: 0 (a space), ``COMMA`` or ``SENTENCE``.
    """

    plain: str
    sound: str
    start: int
    end: int
    before: int = 0


@lru_cache(maxsize=_KNOWN_TEXTS)
def words(text: str, *, limit: int = LIMIT) -> tuple[Word, ...]:
    """Read a text as plain words: no capitals, accents, stretched letters or look-alikes, shortenings written out."""
    found: list[Word] = []
    for raw in _join_spelled_out(_split(text[:limit])):
        found += [replace(raw, plain=part, sound=sound(part)) for part in _written_out(raw.plain)]
    return tuple(found)


def plain(text: str, *, limit: int = LIMIT) -> str:
    """The text as plain words with single spaces: ``plain("¡Ayudaaaa, xfa!") == "ayuda por favor"``."""
    return " ".join(word.plain for word in words(text, limit=limit))


@lru_cache(maxsize=_KNOWN_WORDS)
def sound(word: str) -> str:
    """How a plain word sounds in the Valle, so that *ahorcó*, *aorco* and *haorkó* are one: ``aorko``."""
    for pattern, by in _SOUNDS:
        word = pattern.sub(by, word)
    return word


def _split(text: str) -> list[Word]:
    found: list[Word] = []
    letters: list[str] = []
    start = end = before = 0
    for index, char in enumerate(text):
        folded = _fold(char)
        if folded.isalnum():
            if not letters:
                start = index
            letters.append(folded)
            end = index + 1
            continue
        if not folded:
            continue
        if letters:
            found.append(Word(plain="".join(letters), sound="", start=start, end=end, before=before))
            letters, before = [], 0
        if char in _EMOJI:
            found.append(Word(plain=_EMOJI[char], sound="", start=index, end=index + 1, before=before))
            before = 0
        else:
            before = max(before, _breaks(text, index, char))
    if letters:
        found.append(Word(plain="".join(letters), sound="", start=start, end=end, before=before))
    return found


def _fold(char: str) -> str:
    if char.isascii():
        return char.lower()
    kept = [c for c in unicodedata.normalize("NFKD", char) if unicodedata.category(c) not in ("Mn", "Cf", "Me")]
    return "".join(kept).lower().translate(_LOOKALIKES)


def _breaks(text: str, index: int, char: str) -> int:
    if char in _STOPS:
        # "me.pego" is a trick or a slip of the thumb, not the end of a sentence.
        glued = char == "." and 0 < index < len(text) - 1 and text[index - 1].isalnum() and text[index + 1].isalnum()
        return COMMA if glued else SENTENCE
    return COMMA if char in ",:()/-—–\n\r" else 0


def _join_spelled_out(found: list[Word]) -> list[Word]:
    joined: list[Word] = []
    run: list[Word] = []
    for word in found:
        if len(word.plain) == 1 and word.plain.isalpha():
            run.append(word)
            continue
        joined += _joined(run)
        run = []
        joined.append(word)
    return joined + _joined(run)


def _joined(run: list[Word]) -> list[Word]:
    if len(run) < 4:
        return run
    return [replace(run[0], plain="".join(word.plain for word in run), end=run[-1].end)]


@lru_cache(maxsize=_KNOWN_WORDS)
def _written_out(plain: str) -> Sequence[str]:
    if _DIGITS_IN_WORD.search(plain):
        plain = plain.translate(_LEET)
    plain = _RUNS.sub(r"\1", plain)
    return SHORTENINGS.get(plain, plain).split()
