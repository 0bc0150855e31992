"""Blank the metadata of MP4, M4A, MOV and 3GP in place, so that no offset changes.

Source: ISO/IEC 14496-12 (boxes), 3GPP TS 26.244 (``loci``), QuickTime File Format (``©xyz``).
"""

from __future__ import annotations

from collections.abc import Iterator

#: What may stay, by parent; any other box becomes ``free`` and zeros. So ``udta`` (place, title,
#: phone model), ``meta``, ``uuid`` and ``prft`` (wall clock) go, and whatever comes to be invented.
_KEPT = {
    b"": {b"ftyp", b"styp", b"moov", b"moof", b"mdat", b"sidx", b"mfra", b"pdin", b"ssix"},
    b"moov": {b"mvhd", b"trak", b"mvex", b"iods"},
    b"trak": {b"tkhd", b"edts", b"mdia", b"tref", b"tapt"},
    b"mdia": {b"mdhd", b"hdlr", b"minf", b"elng"},
    b"minf": {b"vmhd", b"smhd", b"nmhd", b"hdlr", b"dinf", b"stbl"},
    b"mvex": {b"mehd", b"trex"},
    b"moof": {b"mfhd", b"traf"},
    b"traf": {b"tfhd", b"tfdt", b"trun", b"sbgp", b"sgpd", b"subs", b"saiz", b"saio"},
}
_DATED = {b"mvhd", b"tkhd", b"mdhd"}
_STILL_PICTURES = {b"heic", b"heix", b"mif1", b"msf1", b"avif", b"avis"}
_SHOWN = {b"vide", b"soun"}
_MOST_BOXES = 20_000


class _NotCleanable(Exception):
    """The file is broken, or says things where they cannot be blanked."""


def blank_mp4(content: bytes) -> bytes | None:
    """Give the same film or sound without its metadata; None where that cannot be done.

    Sound and picture stay bit by bit. A track of another kind (a path of GPS points, a time code)
    or a still picture in such a file is not cleaned.
    """
    if content[8:12] in _STILL_PICTURES:
        return None
    blanked = bytearray(content)
    try:
        _blank(blanked, 0, len(blanked), parent=b"", budget=iter(range(_MOST_BOXES)))
    except _NotCleanable:
        return None
    return bytes(blanked)


def _blank(octets: bytearray, start: int, end: int, *, parent: bytes, budget: Iterator[int]) -> None:
    for kind, at, head, after in _boxes(octets, start, end):
        if next(budget, None) is None:
            raise _NotCleanable
        if kind not in _KEPT[parent]:
            octets[at + 4 : at + 8] = b"free"
            octets[head:after] = bytes(after - head)
        elif kind in _KEPT:
            _blank(octets, head, after, parent=kind, budget=budget)
        elif kind in _DATED:
            _blank_dates(octets, head, after)
        elif kind == b"hdlr":
            _blank_name(octets, head, after, is_track=parent == b"mdia")


def _boxes(octets: bytearray, start: int, end: int) -> Iterator[tuple[bytes, int, int, int]]:
    """Give kind, start, start of the content and end of each box; raises ``_NotCleanable``."""
    at = start
    while at < end:
        if end - at < 8:
            raise _NotCleanable
        size, kind, head = int.from_bytes(octets[at : at + 4]), bytes(octets[at + 4 : at + 8]), at + 8
        if size == 1:
            size, head = int.from_bytes(octets[at + 8 : at + 16]), at + 16
        elif size == 0:
            size = end - at
        if at + size < head or at + size > end:
            raise _NotCleanable
        yield kind, at, head, at + size
        at += size


def _blank_dates(octets: bytearray, head: int, after: int) -> None:
    length = 16 if octets[head] == 1 else 8  # created and modified
    if after - head < 4 + length:
        raise _NotCleanable
    octets[head + 4 : head + 4 + length] = bytes(length)


def _blank_name(octets: bytearray, head: int, after: int, *, is_track: bool) -> None:
    if after - head < 24 or (is_track and bytes(octets[head + 8 : head + 12]) not in _SHOWN):
        raise _NotCleanable
    octets[head + 24 : after] = bytes(after - head - 24)
