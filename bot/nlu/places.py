"""Which number each of many names has, without keeping the names. Pure."""

from __future__ import annotations

from array import array
from collections.abc import Sequence

_FREE = 0


class Places:
    """``Places(("w hola", "w me", ...)).get("w me")`` is 1; None for a name that is not among them.

    A dictionary of a hundred thousand names is fifteen megabytes; this is two. It knows a name by its hash of 64 bits:
    that a name which is not among them is taken for one that is happens once in a hundred million million.
    """

    def __init__(self, names: Sequence[str]) -> None:
        size = 1 << (2 * len(names)).bit_length()
        self._last = size - 1
        self._hashes = array("q", bytes(8 * size))
        self._numbers = array("I", bytes(4 * size))
        for number, name in enumerate(names):
            known_by = hash(name) or 1
            slot = known_by & self._last
            while self._hashes[slot] != _FREE:
                slot = (slot + 1) & self._last
            self._hashes[slot], self._numbers[slot] = known_by, number

    def get(self, name: str) -> int | None:
        """The name's number."""
        known_by = hash(name) or 1
        slot = known_by & self._last
        while (found := self._hashes[slot]) != known_by:
            if found == _FREE:
                return None
            slot = (slot + 1) & self._last
        return self._numbers[slot]
