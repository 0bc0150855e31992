"""A text as the numbered pieces of words that the second reader was taught with. Pure, and linear in the text.

The likeliest way to cut a text into known pieces (a unigram model, as SentencePiece does it): ``"me golpeó"`` is
``▁me ▁golpe ó``. Only Latin letters, digits and plain punctuation pass: whatever else somebody sends is a space.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence

#: The meaning stands in the first lines; the time grows with the text, and with the square of the pieces.
LONGEST_TEXT, MOST_PIECES = 1_200, 192
_BEGIN, _END, _UNKNOWN, _RESERVED = 0, 2, 3, 4
#: The model was pre-trained with these words before every question; it is the same for every text of ours.
_BEFORE = "query: "
_GAP = "▁"
_ELSE = re.compile(r"[^a-z0-9ñáéíóúü.,;:!?¿¡\"'()%$@#*+\-/ ]")
#: A letter that no piece holds costs so much more than the rarest piece.
_UNKNOWN_COSTS = 10.0


class Pieces:
    """Cuts texts: ``Pieces(names=("<s>", "<pad>", "</s>", "<unk>", "▁me", ...), scores=(0.0, ..., -4.1, ...))``.

    The first four are no pieces of a text; a score is the logarithm of how frequent a piece is.
    """

    def __init__(self, names: Sequence[str], scores: Sequence[float]) -> None:
        self.names = tuple(names)
        self._number = {name: number for number, name in enumerate(names) if number >= _RESERVED}
        self._scores = tuple(scores)
        self._unknown = min(scores) - _UNKNOWN_COSTS
        self._longest = max(map(len, names))

    def of(self, text: str) -> list[int]:
        """The numbers of a text's pieces, between the signs for begin and end; at most ``MOST_PIECES``."""
        return [_BEGIN, *self._cut(_GAP + (_BEFORE + plain(text)).replace(" ", _GAP))[: MOST_PIECES - 2], _END]

    def _cut(self, text: str) -> list[int]:
        best = [0.0] + [float("-inf")] * len(text)
        came: list[tuple[int, int]] = [(0, 0)] * (len(text) + 1)
        for start in range(len(text)):
            until_here = best[start]
            for end in range(start + 1, min(len(text), start + self._longest) + 1):
                number = self._number.get(text[start:end])
                score = until_here + self._scores[number] if number is not None else float("-inf")
                if score > best[end]:
                    best[end], came[end] = score, (start, number or 0)
            if until_here + self._unknown > best[start + 1]:
                best[start + 1], came[start + 1] = until_here + self._unknown, (start, _UNKNOWN)
        found: list[int] = []
        at = len(text)
        while at:
            at, number = came[at]
            found.append(number)
        return found[::-1]


def plain(text: str) -> str:
    """A text in small letters without anything but letters, digits and punctuation; accents stay.

    >>> plain("Me GOLPEÓ 😭\\x00 ayer")
    'me golpeó ayer'
    """
    small = unicodedata.normalize("NFKC", text[:LONGEST_TEXT])[:LONGEST_TEXT].lower()
    return " ".join(_ELSE.sub(" ", small).split())
