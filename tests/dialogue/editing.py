"""A copy of the content with one slip of an editor's hand in it."""

from __future__ import annotations

import shutil
from pathlib import Path

from bot.dialogue.load import FLOWS


def edited(folder: Path, file: str, old: str, new: str) -> Path:
    """Copy the content to ``folder`` and replace the first ``old`` in a file; the folder of flows comes back."""
    flows = folder / "flows"
    if not flows.exists():
        shutil.copytree(FLOWS, flows)
    path = flows / file
    text = path.read_text(encoding="utf-8")
    assert old in text, f"{old!r} does not stand in {file}"
    path.write_text(text.replace(old, new, 1), encoding="utf-8")
    return flows


def line_of(flows: Path, file: str, text: str) -> int:
    """The line on which a text stands."""
    lines = (flows / file).read_text(encoding="utf-8").splitlines()
    return next(number for number, line in enumerate(lines, start=1) if text in line)
