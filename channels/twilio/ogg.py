"""Blank the tags of Ogg Opus, which is what a voice note is. Source: RFC 3533 and RFC 7845 §5.2."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

_HEAD, _TAGS = b"OpusHead", b"OpusTags"


@dataclass(slots=True)
class _Stream:
    """Where the second packet of one logical stream, the tags, lies in the file."""

    packets: int = 0
    places: list[tuple[int, int]] = field(default_factory=list)


class _NotCleanable(Exception):
    """The file is broken, or is not Opus."""


def blank_ogg(content: bytes) -> bytes | None:
    """Give the same sound with empty tags of the same length; None where that cannot be done."""
    octets = bytearray(content)
    streams: dict[bytes, _Stream] = {}
    try:
        pages = list(_pages(octets))
        for start, body, _end in pages:
            if octets[start + 5] & 0x02:  # a stream begins; a chained one may take the same number
                _blank_tags(octets, streams.pop(bytes(octets[start + 14 : start + 18]), None))
                streams[bytes(octets[start + 14 : start + 18])] = _Stream()
                if not octets.startswith(_HEAD, body):
                    raise _NotCleanable
            _note_packets(octets, start, body, streams[bytes(octets[start + 14 : start + 18])])
        for stream in streams.values():
            _blank_tags(octets, stream)
        for start, _body, end in pages:
            if octets[start:end] != content[start:end]:
                octets[start + 22 : start + 26] = bytes(4)
                octets[start + 22 : start + 26] = _checksum(octets[start:end]).to_bytes(4, "little")
    except (_NotCleanable, KeyError, IndexError):
        return None
    return bytes(octets)


def _pages(octets: bytearray) -> Iterator[tuple[int, int, int]]:
    """Give start, start of the body and end of each page."""
    start = 0
    while start < len(octets):
        if not octets.startswith(b"OggS\0", start):
            raise _NotCleanable
        body = start + 27 + octets[start + 26]
        end = body + sum(octets[start + 27 : body])
        if end > len(octets):
            raise _NotCleanable
        yield start, body, end
        start = end


def _note_packets(octets: bytearray, start: int, body: int, stream: _Stream) -> None:
    at = body
    for lacing in octets[start + 27 : body]:
        if stream.packets == 1:
            stream.places.append((at, at + lacing))
        at += lacing
        stream.packets += lacing < 255


def _blank_tags(octets: bytearray, stream: _Stream | None) -> None:
    """Write tags with no vendor and no comment, and zeros for the rest, which readers pass over."""
    if stream is None:
        return
    tags = b"".join(octets[start:end] for start, end in stream.places)
    if len(tags) < 16 or not tags.startswith(_TAGS):
        raise _NotCleanable
    empty = iter(_TAGS + bytes(len(tags) - len(_TAGS)))
    for start, end in stream.places:
        octets[start:end] = bytes(next(empty) for _ in range(end - start))


def _make_table() -> list[int]:
    table = []
    for byte in range(256):
        value = byte << 24
        for _ in range(8):
            value = (value << 1) ^ (0x04C11DB7 if value & 0x80000000 else 0)
        table.append(value & 0xFFFFFFFF)
    return table


_TABLE = _make_table()


def _checksum(page: bytearray) -> int:
    value = 0
    for byte in page:
        value = ((value << 8) & 0xFFFFFFFF) ^ _TABLE[(value >> 24) ^ byte]
    return value
