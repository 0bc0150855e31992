"""What a person typed, as Twilio hands it over: unpacked and tidied, with nothing of it lost."""

from __future__ import annotations

import base64
import binascii
import re
import unicodedata

#: WhatsApp's own limit for one message; whatever is longer did not come from a phone.
LONGEST_TEXT = 65_536
CUT_MARK = " […]"

_SHORTEST_ENCODED = 60
_ENCODED = re.compile(r"[A-Za-z0-9+/]+={0,2}")
_CONTROLS = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]")
_LINE_END = re.compile(r"\r\n|\r|\u2028|\u2029|\x85")


def tidy(body: str) -> str:
    r"""Give the words of a ``Body``: unpacked, NFC, ``\n`` line ends, no control characters.

    More than ``LONGEST_TEXT`` characters are cut, and the cut is marked with ``CUT_MARK``.
    """
    text = _LINE_END.sub("\n", unpack(body))
    text = "".join(c for c in _CONTROLS.sub("", text) if not "\ud800" <= c <= "\udfff")
    text = unicodedata.normalize("NFC", text).strip()
    if len(text) > LONGEST_TEXT:
        return text[: LONGEST_TEXT - len(CUT_MARK)] + CUT_MARK
    return text


def unpack(body: str) -> str:
    """Decode a long SMS that arrived in base64, even cut inside a character; else give it back.

    The rule: line breaks apart, at least 60 characters and nothing but base64; what comes out is
    UTF-8 but for a character cut at its very end, holds a space or a line break as every long
    message does, and no control character. "Palmira1" and "ayudenme" are valid base64, too short
    and stay; sixty letters without a space (a scream, a link's token) decode to bytes that are
    not UTF-8, and stay.
    """
    compact = re.sub(r"\s+", "", body)
    if len(compact) < _SHORTEST_ENCODED or not _ENCODED.fullmatch(compact) or " " in body.strip():
        return body
    whole = compact.rstrip("=")
    whole = whole[: len(whole) - (len(whole) % 4 == 1)]  # one spare character holds no byte
    try:
        octets = base64.b64decode(whole + "=" * (-len(whole) % 4), validate=True)
        text = _decode_cut(octets)
    except (binascii.Error, UnicodeDecodeError):
        return body
    if _CONTROLS.search(text) or not re.search(r"\s", text.strip()):
        return body
    return text


def _decode_cut(octets: bytes) -> str:
    """Decode UTF-8 whose last character may be incomplete; raises ``UnicodeDecodeError`` else."""
    try:
        return octets.decode()
    except UnicodeDecodeError as error:
        if error.reason != "unexpected end of data":
            raise
        return octets[: error.start].decode()
