"""What the threat model says holds is held by something that is there."""

from __future__ import annotations

import re
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
MODEL = (ROOT / "docs" / "threat-model.md").read_text()


def test_every_test_and_file_that_the_threat_model_names_is_there() -> None:
    tests = "\n".join(path.read_text() for path in (ROOT / "tests").rglob("test_*.py"))
    named = set(re.findall(r"`(test_\w+)`", MODEL))
    assert [name for name in sorted(named) if f"def {name}(" not in tests] == []
    files = set(re.findall(r"`((?:bot|channels|storage|tests|docs)/[\w/.-]+)`", MODEL))
    assert [name for name in sorted(files) if not (ROOT / name).is_file()] == []
    assert len(named) > 30


def test_for_each_of_them_it_says_what_does_not_hold() -> None:
    parts = re.split(r"^## ", MODEL, flags=re.MULTILINE)[1:-1]
    assert len(parts) == 8
    assert [part.splitlines()[0] for part in parts if "**Does not hold.**" not in part] == []
