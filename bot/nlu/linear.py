"""The model that Rasa trained, scored without its libraries: rarities, weights, a softmax. Pure but for its file.

Rasa's component (``components/meaning.py``) learns the numbers and writes the file; it scores with this too, so
that both say the same.
"""

from __future__ import annotations

import json
import math
import struct
import sys
import zlib
from array import array
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

from bot.errors import ContentError
from bot.nlu.features import FAMILIES, PLAIN_FAMILY, features
from bot.nlu.places import Places
from bot.nlu.sums import Weights

#: Written by ``make train`` and kept with the code, so that a machine without Rasa understands as much.
FILE = Path(__file__).parent / "model.bin"
_MAGIC = b"valle-sano linear 1\n"
_LARGEST = 64 * 1024 * 1024


@dataclass(frozen=True, slots=True, kw_only=True)
class Scores:
    """``Scores(ranking=(("greet", 0.93), ...), urgent=0.02)``: every intent, likeliest first, and how likely it is
    that the message is urgent, whichever intent it has. Probabilities; those of the ranking add up to 1.
    """

    ranking: tuple[tuple[str, float], ...]
    urgent: float


class Rows(Protocol):
    """Which row a feature has: a dictionary while it is learned, ``Places`` afterwards."""

    def get(self, name: str, /) -> int | None:
        """The feature's row; None for one that was not learned."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class LinearModel:
    """``LinearModel(labels=("greet", ...), intercepts=(...,), rows=Places(("w hola", ...)), rarities=[3.1, ...])``.

    ``rows`` numbers the features. ``rarities`` and ``scales`` hold one number for each of them, in that order: how
    rare it is, and what a whole weight is worth there; ``weights`` are for each label and then for "urgent".
    ``made_from`` is the fingerprint of the data, words and configuration of its training.
    """

    made_from: str
    labels: tuple[str, ...]
    intercepts: tuple[float, ...]
    rows: Places = field(repr=False)
    rarities: array[float] = field(repr=False)
    scales: array[float] = field(repr=False)
    weights: Weights = field(repr=False)

    def score(self, text: str) -> Scores:
        """Say what a text means and whether it is urgent."""
        weighed = vector(features(text), self.rows, self.rarities)
        sums = self.weights.sums({row: value * self.scales[row] for row, value in weighed.items()})
        totals = [intercept + found for intercept, found in zip(self.intercepts, sums, strict=True)]
        urgent = totals.pop()
        return scores_of(self.labels, totals, urgent)


def write_linear(
    *,
    made_from: str,
    labels: Sequence[str],
    intercepts: Sequence[float],
    names: Sequence[str],
    rarities: array[float],
    scales: array[float],
    weights: Sequence[bytes],
) -> bytes:
    """Give the bytes of a model's file; ``names`` of the features, ``weights`` by label; the same give the same."""
    header = {"made_from": made_from, "labels": labels, "intercepts": intercepts}
    parts = (
        json.dumps(header).encode(),
        "\n".join(names).encode(),
        _bytes_of(rarities),
        _bytes_of(scales),
        b"".join(weights),
    )
    return _MAGIC + zlib.compress(b"".join(struct.pack("<I", len(part)) + part for part in parts), 9)


def scores_of(labels: Sequence[str], totals: Sequence[float], urgent: float) -> Scores:
    """Make probabilities out of a model's sums: one for each label, which exclude each other, and one for "urgent"."""
    highest = max(totals)
    shares = [math.exp(total - highest) for total in totals]
    whole = sum(shares)
    named = zip(labels, (share / whole for share in shares), strict=True)
    return Scores(
        ranking=tuple(sorted(named, key=lambda pair: -pair[1])),
        urgent=1.0 / (1.0 + math.exp(-max(-500.0, min(500.0, urgent)))),
    )


def vector(counted: Counter[str], rows: Rows, rarities: Sequence[float]) -> dict[int, float]:
    """The features that are known, weighed: rare ones more, repeated ones a little more, each family as one.

    Shape: row -> weight; a family's weights have the length that ``FAMILIES`` gives it, so that a long
    message does not shout. What the screen found counts by itself, without such a length.
    """
    found: list[tuple[int, str, float]] = []
    squares = dict.fromkeys(FAMILIES, 0.0)
    for name, times in counted.items():
        row = rows.get(name)
        if row is None:
            continue
        family = name[0]
        value = 1.0 if family == PLAIN_FAMILY else (1.0 + math.log(times)) * rarities[row]
        found.append((row, family, value))
        squares[family] += value * value
    squares[PLAIN_FAMILY] = 1.0
    shares = {family: FAMILIES[family] / math.sqrt(square) for family, square in squares.items() if square}
    return {row: value * shares[family] for row, family, value in found}


def load_linear(path: Path = FILE) -> LinearModel:
    """Read a model; raises ``ContentError`` for a file that is missing or not one of ours."""
    try:
        content = path.read_bytes()
    except OSError:
        raise ContentError("no se puede abrir el modelo; corra make train", file=path.name) from None
    return read_linear(content, name=path.name)


def read_linear(content: bytes, *, name: str) -> LinearModel:
    """Read a model's bytes; raises ``ContentError``."""
    try:
        if not content.startswith(_MAGIC):
            raise ValueError("another format")
        # Views, not copies: what is read once and dropped is megabytes that the process keeps.
        header, names, rarities, scales, weights = _parts(
            memoryview(zlib.decompressobj().decompress(memoryview(content)[len(_MAGIC) :], _LARGEST))
        )
        about = json.loads(bytes(header))
        features_known = bytes(names).decode().split("\n")
        count = len(features_known)
        if not len(weights) // count == len(about["intercepts"]) == len(about["labels"]) + 1 or len(weights) % count:
            raise ValueError("weights are missing")
        return LinearModel(
            made_from=about["made_from"],
            labels=tuple(about["labels"]),
            intercepts=tuple(about["intercepts"]),
            rows=Places(features_known),
            rarities=_numbers(rarities, count),
            scales=_numbers(scales, count),
            weights=Weights([weights[at : at + count] for at in range(0, len(weights), count)]),
        )
    except (ValueError, KeyError, TypeError, struct.error, zlib.error):
        raise ContentError("este archivo no es un modelo; corra make train", file=name) from None


def _numbers(content: memoryview, count: int) -> array[float]:
    # Not by way of a tuple: a hundred thousand numbers as objects are megabytes that the process keeps.
    found = array("d", bytes(content))
    if len(found) != count:
        raise ValueError("numbers are missing")
    if sys.byteorder == "big":
        found.byteswap()
    return found


def _bytes_of(numbers: array[float]) -> bytes:
    given = array("d", numbers)
    if sys.byteorder == "big":
        given.byteswap()
    return given.tobytes()


def _parts(content: memoryview) -> list[memoryview]:
    parts: list[memoryview] = []
    at = 0
    while at < len(content):
        (size,) = struct.unpack_from("<I", content, at)
        parts.append(content[at + 4 : at + 4 + size])
        at += 4 + size
    return parts
