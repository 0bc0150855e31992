"""The second reader: a small sentence encoder, taught with our examples, that knows words which no example holds.

Optional by design: without its library, its file or a processor that runs it, the linear model goes on alone
(docs/adr/0023-a-second-reader.md).
"""

from __future__ import annotations

import hashlib
import json
import logging
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from bot.nlu.linear import Scores, scores_of
from bot.nlu.pieces import Pieces

log = logging.getLogger(__name__)

#: Written by ``make reader`` and kept with the code.
FILE = Path(__file__).parent / "reader.onnx"
#: How far what it says of its own sample may be from what it said where it was made: processors round differently.
_TOLERANCE = 0.1


@dataclass(frozen=True, slots=True, kw_only=True)
class Reader:
    """``Reader(labels=("greet", ...), pieces=..., run=..., made_from="4d65...")``; see ``open_reader``.

    ``run`` takes the numbers of a text's pieces and gives a score for each label, and then for "urgent".
    """

    labels: tuple[str, ...]
    pieces: Pieces
    run: Callable[[list[int]], Sequence[float]]
    made_from: str

    def read(self, text: str) -> Scores | None:
        """Say what a text means and whether it is urgent; None, and never an error, where it cannot.

        Single-threaded and safe to call from any thread; the library lets the others work meanwhile.
        """
        try:
            *totals, urgent = self.run(self.pieces.of(text))
        except Exception as error:  # noqa: BLE001 - another's native code: the first reader answers alone
            log.warning("the second reader failed with %s; this text is read by the first alone", type(error).__name__)
            return None
        return scores_of(self.labels, totals, urgent)


def open_reader(path: Path = FILE) -> Reader | None:
    """Load the second reader; None where that is not possible, and the log says why and what follows."""
    try:
        reader, sample = _load(path)
        said = reader.read(sample["text"])
        if said is None or abs(said.urgent - sample["urgent"]) > _TOLERANCE:
            raise ValueError("it does not say of its sample what it said where it was made")
    except Exception as error:  # noqa: BLE001 - whatever is wrong with it, people are answered without it
        log.warning("there is no second reader (%s: %s); the first reads alone", type(error).__name__, error)
        return None
    log.info("the second reader is there, taught from %s", reader.made_from)
    return reader


def taught_from(folder: Path = FILE.parent / "data") -> str:
    """Give 16 hexadecimal digits that change with the examples; a reader of older ones goes on reading."""
    mixed = hashlib.sha256()
    for path in sorted(folder.glob("*.yml")):
        mixed.update(path.name.encode() + b"\0" + path.read_bytes() + b"\0")
    return mixed.hexdigest()[:16]


def _load(path: Path) -> tuple[Reader, Mapping[str, Any]]:
    # Here and not above: a machine without these understands all the same.
    import numpy as np  # noqa: PLC0415
    import onnxruntime as ort  # noqa: PLC0415

    options = ort.SessionOptions()
    options.intra_op_num_threads = options.inter_op_num_threads = 1
    options.enable_cpu_mem_arena = options.enable_mem_pattern = False  # a few milliseconds for megabytes
    options.log_severity_level = 4
    session = ort.InferenceSession(str(path), options, providers=["CPUExecutionProvider"])
    about = json.loads(session.get_modelmeta().custom_metadata_map["about"])

    def run(numbers: list[int]) -> Sequence[float]:
        (totals,) = session.run(None, {"pieces": np.array(numbers, dtype=np.int64)})
        return [float(total) for total in totals[0]]

    pieces = Pieces(about["pieces"], about["scores"])
    labels = tuple(about["labels"])
    return Reader(labels=labels, pieces=pieces, run=run, made_from=about["made_from"]), about["sample"]
