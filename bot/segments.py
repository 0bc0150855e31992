"""The SMS alphabet (GSM 03.38): what fits, what may be written otherwise, and what it costs. Pure."""

from __future__ import annotations

import math
import unicodedata
from dataclasses import dataclass
from typing import Literal

import regex

#: GSM 03.38, default alphabet and its extension table (each of the extension costs two).
BASIC = frozenset(
    "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?"
    "¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà"
)
EXTENDED = frozenset("\f^{}\\[~]|€")

_GRAPHEME = regex.compile(r"\r|\n|\X")  # a CR and an LF are two characters to a phone

#: Signs for which a phone's own keyboard has a twin. Accents: see ``transliterate``.
_TWINS = {
    twin: plain
    for plain, twins in {
        '"': "«»“”„‟❝❞〝〞ʺˮ",
        "'": "‘’‛ʻʼʽˈʹ´ˊ`ˋ❛❜",
        ",": "‚﹑",
        "-": "‐‑‒–—―−•⁃",
        "...": "…",
        " ": "\t\u00a0\u2000\u2001\u2002\u2003\u2004\u2005\u2006\u2007\u2008\u2009\u200a\u202f\u205f\u3000",
        "\n": "\u2028\u2029\x85\x0b",
        "": "\u200b\u2060\ufeff\u00ad",
        "!!": "‼",
        "<": "‹",
        ">": "›",
        "/": "⁄∕÷",
        "1/2": "½",
        "1/4": "¼",
        "3/4": "¾",
        "o": "º",
        "a": "ª",
        "*": "∗⁎",
    }.items()
    for twin in twins
}

#: What a reader of Spanish does without, and spells out by herself: á í ó ú, and borrowed ç â ê...
#: ñ, é, ü, ¿ and ¡ are in the alphabet and stay. A tilde on a vowel (Nasa Yuwe, Portuguese) tells
#: words apart and is not taken away: such a text goes out in UCS-2.
_SPARED_MARKS = frozenset("\u0300\u0301\u0302\u0327")


@dataclass(frozen=True, slots=True, kw_only=True)
class Segments:
    """What an SMS costs: ``Segments(encoding="GSM-7", segments=1, units=4)``.

    ``units`` are septets in GSM-7 (two for ``€[]{}~^|\\``), 16-bit units in UCS-2.
    """

    encoding: Literal["GSM-7", "UCS-2"]
    segments: int
    units: int


def is_gsm7(text: str) -> bool:
    """Whether every character is in the SMS alphabet."""
    return all(c in BASIC or c in EXTENDED for c in text)


def transliterate(text: str) -> str:
    """Write a text in the SMS alphabet if a reader loses nothing by it; else give it back (NFC).

    The rule: signs become their twins on a keyboard (“ ” « » — … and hard spaces), full-width
    letters the plain ones, control characters go, á í ó ú lose their accent as in any SMS typed by hand. Where one
    character has no such twin (an emoji, another script, ã) the whole text keeps its own letters:
    it is sent in UCS-2 anyway, so that stripping accents would only make it worse to read.
    """
    whole = unicodedata.normalize("NFC", text)
    plain = "".join(map(_plain, whole))
    return plain if is_gsm7(plain) else whole


def count_segments(text: str) -> Segments:
    """Count as the carrier does: 160 septets or 70 units alone, 153 or 67 in each of several.

    No character is divided between two segments. Source: 3GPP TS 23.038 and 23.040.
    """
    if is_gsm7(text):
        return _count("GSM-7", [2 if c in EXTENDED else 1 for c in text], alone=160, each=153)
    sizes = [len(g.encode("utf-16-le", "surrogatepass")) // 2 for g in _GRAPHEME.findall(text)]
    return _count("UCS-2", sizes, alone=70, each=67)


def _plain(character: str) -> str:
    if character in BASIC or character in EXTENDED:
        return character
    if character in _TWINS:
        return _TWINS[character]
    if unicodedata.category(character) == "Cc":
        return ""
    if unicodedata.decomposition(character).startswith(("<wide>", "<narrow>", "<small>", "<vertical>")):
        return unicodedata.normalize("NFKC", character)
    letter, *marks = list(unicodedata.normalize("NFD", character))
    return letter if letter.isascii() and _SPARED_MARKS.issuperset(marks) else character


def _count(encoding: Literal["GSM-7", "UCS-2"], sizes: list[int], *, alone: int, each: int) -> Segments:
    units = sum(sizes)
    if units <= alone:
        return Segments(encoding=encoding, segments=1, units=units)
    segments, used = 1, 0
    for size in sizes:
        if used + size <= each:
            used += size
            continue
        # What alone is longer than a segment must be divided after all.
        segments += 1 if size <= each else math.ceil(size / each)
        used = size if size <= each else size % each or each
    return Segments(encoding=encoding, segments=segments, units=units)
