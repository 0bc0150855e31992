"""The model that Rasa trained, scored in plain Python: rarities, weights, a softmax. Pure but for reading its file.

Rasa's component (``components/meaning.py``) learns the numbers and writes the file; it scores with this too, so
that both say the same.
"""

from __future__ import annotations

import json
import math
import struct
import zlib
from array import array
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from operator import mul
from pathlib import Path

from bot.errors import ContentError
from bot.nlu.features import FAMILIES, PLAIN_FAMILY, features

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


@dataclass(frozen=True, slots=True, kw_only=True)
class LinearModel:
    """``LinearModel(labels=("greet", ...), intercepts=(...,), rarity={"w hola": 3.1}, ...)``.

    ``weights`` holds, for each label and then for "urgent", a whole number (-127 to 127) for each feature in the
    order of ``rarity``; ``scales`` says what one of them is worth at that feature. ``made_from`` is the
    fingerprint of the data, words and configuration that it was trained on.
    """

    made_from: str
    labels: tuple[str, ...]
    intercepts: tuple[float, ...]
    rarity: Mapping[str, float] = field(repr=False)
    scales: Sequence[float] = field(repr=False)
    weights: Sequence[array[int]] = field(repr=False)
    rows: Mapping[str, int] = field(repr=False)

    def score(self, text: str) -> Scores:
        """Say what a text means and whether it is urgent."""
        weighed = vector(features(text), self.rarity)
        rows = [self.rows[name] for name in weighed]
        worth = [value * self.scales[row] for row, value in zip(rows, weighed.values(), strict=True)]
        totals = [
            intercept + sum(map(mul, worth, map(column.__getitem__, rows)))
            for intercept, column in zip(self.intercepts, self.weights, strict=True)
        ]
        urgent = totals.pop()
        highest = max(totals)
        shares = [math.exp(total - highest) for total in totals]
        whole = sum(shares)
        named = zip(self.labels, (share / whole for share in shares), strict=True)
        return Scores(
            ranking=tuple(sorted(named, key=lambda pair: -pair[1])),
            urgent=1.0 / (1.0 + math.exp(-max(-500.0, min(500.0, urgent)))),
        )

    def write(self) -> bytes:
        """Give the file's bytes; the same model gives the same bytes."""
        header = {"made_from": self.made_from, "labels": self.labels, "intercepts": self.intercepts}
        parts = (
            json.dumps(header).encode(),
            "\n".join(self.rarity).encode(),
            struct.pack(f"<{len(self.rarity)}d", *self.rarity.values()),
            struct.pack(f"<{len(self.scales)}d", *self.scales),
            b"".join(column.tobytes() for column in self.weights),
        )
        return _MAGIC + zlib.compress(b"".join(struct.pack("<I", len(part)) + part for part in parts), 9)


def vector(counted: Counter[str], rarity: Mapping[str, float]) -> dict[str, float]:
    """The features that are known, weighed: rare ones more, repeated ones a little more, each family as one.

    Shape: feature -> weight; a family's weights have the length that ``FAMILIES`` gives it, so that a long
    message does not shout. What the screen found counts by itself, without such a length.
    """
    weighed: dict[str, float] = {}
    lengths = dict.fromkeys(FAMILIES, 0.0)
    for name, times in counted.items():
        rare = rarity.get(name)
        if rare is None:
            continue
        value = 1.0 if name[0] == PLAIN_FAMILY else (1.0 + math.log(times)) * rare
        weighed[name] = value
        lengths[name[0]] += value * value
    lengths[PLAIN_FAMILY] = 1.0
    return {name: value * FAMILIES[name[0]] / math.sqrt(lengths[name[0]]) for name, value in weighed.items()}


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
        header, names, rarities, scales, weights = _parts(
            zlib.decompressobj().decompress(content[len(_MAGIC) :], _LARGEST)
        )
        about = json.loads(header)
        features_known = names.decode().split("\n")
        count = len(features_known)
        if not len(weights) // count == len(about["intercepts"]) == len(about["labels"]) + 1 or len(weights) % count:
            raise ValueError("weights are missing")
        return LinearModel(
            made_from=about["made_from"],
            labels=tuple(about["labels"]),
            intercepts=tuple(about["intercepts"]),
            rarity=dict(zip(features_known, struct.unpack(f"<{count}d", rarities), strict=True)),
            scales=struct.unpack(f"<{count}d", scales),
            weights=[array("b", weights[at : at + count]) for at in range(0, len(weights), count)],
            rows={feature: row for row, feature in enumerate(features_known)},
        )
    except (ValueError, KeyError, TypeError, struct.error, zlib.error):
        raise ContentError("este archivo no es un modelo; corra make train", file=name) from None


def _parts(content: bytes) -> list[bytes]:
    parts: list[bytes] = []
    at = 0
    while at < len(content):
        (size,) = struct.unpack_from("<I", content, at)
        parts.append(content[at + 4 : at + 4 + size])
        at += 4 + size
    return parts
