"""The weights of a linear model, and the sums that it makes of them, for all labels at once. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from operator import mul
from struct import Struct

#: What a feature is worth is counted in these: finer than the rounding of the weights by far.
_UNIT = 1 << 40
#: Weights are kept as 0 to 255 instead of -128 to 127: sums of what is never below nothing stay in their lane.
_NOTHING = 128
_SHIFTED = bytes((one + _NOTHING) % 256 for one in range(256))
_LANE_BYTES = 8
#: So many features are kept ready for the next text; most of what people write is made of fewer.
_READY = 4096


class Weights:
    """``Weights(columns)``: for each label one weight (-128 to 127, as signed bytes) for each feature.

    To weigh a feature for all labels is one product: its weights stand in one long whole number, 64 bits for each
    label, and Python multiplies and adds those in C, thirty labels in the time of one.
    """

    def __init__(self, columns: Sequence[bytes | memoryview]) -> None:
        self._labels = len(columns)
        #: A feature's weights side by side, one feature after another.
        rows = bytearray(len(columns[0]) * self._labels)
        for label, column in enumerate(columns):
            rows[label :: self._labels] = bytes(column).translate(_SHIFTED)
        self._rows = bytes(rows)
        self._lanes = Struct(f"<{self._labels}Q")
        self._ready: dict[int, int] = {}

    def sums(self, worth: Mapping[int, float]) -> list[float]:
        """For each label the sum of worth times weight; ``worth``: by the feature's number, none below zero."""
        units = [int(value * _UNIT) for value in worth.values()]
        whole = sum(map(mul, units, map(self._side_by_side, worth)))
        nothing = _NOTHING * sum(units)
        lanes = self._lanes.unpack(whole.to_bytes(self._lanes.size, "little"))
        return [(lane - nothing) / _UNIT for lane in lanes]

    def _side_by_side(self, feature: int) -> int:
        ready = self._ready.get(feature)
        if ready is None:
            at = feature * self._labels
            ready = int.from_bytes(self._lanes.pack(*self._rows[at : at + self._labels]), "little")
            if len(self._ready) >= _READY:
                self._ready.clear()
            self._ready[feature] = ready
        return ready
