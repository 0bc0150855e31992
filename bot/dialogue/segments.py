"""How many SMS segments a text costs, for the content's check; the channel's own layout decides when sending.

GSM 03.38: 160 septets in one segment, 153 in each of several; UCS-2: 70 and 67 (3GPP TS 23.038, 23.040).
"""

from __future__ import annotations

from math import ceil

_GSM = frozenset(
    "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?"
    "¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà"
)
_TWO_SEPTETS = frozenset("^{}\\[~]|€")
#: What a reader does not miss: accents that the alphabet lacks, and typographic marks.
_SPELLED = str.maketrans(
    {"á": "a", "í": "i", "ó": "o", "ú": "u", "Á": "A", "Í": "I", "Ó": "O", "Ú": "U"}
    | {"«": '"', "»": '"', "“": '"', "”": '"', "’": "'", "‘": "'", "–": "-", "—": "-", "…": "..."}
)


def segments(text: str) -> int:
    """The segments of a text after its spelling was made to fit: ``segments("Hola") == 1``."""
    spelled = text.translate(_SPELLED)
    if all(char in _GSM or char in _TWO_SEPTETS for char in spelled):
        size = sum(2 if char in _TWO_SEPTETS else 1 for char in spelled)
        return 1 if size <= 160 else ceil(size / 153)
    size = len(spelled.encode("utf-16-be")) // 2
    return 1 if size <= 70 else ceil(size / 67)
