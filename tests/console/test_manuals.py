"""The manuals call things as the console does."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
#: Where the console's words come from: its pages, scripts and lists, its menu and the closing form's lists.
_WORDS = [
    *(ROOT / "channels/console").rglob("*.html"),
    *(ROOT / "channels/console").rglob("*.js"),
    *(ROOT / "channels/console").rglob("*.yml"),
    ROOT / "channels/console/pages.py",
    ROOT / "bot/closing.yml",
]
#: What stands in «», bold with a capital, or in the first cell of a row in capitals is a name that one looks for.
_NAMED = re.compile(r"«([^»]+)»|\*\*([A-ZÁÉÍÓÚÑ][^*]*)\*\*|^\| ([A-ZÁÉÍÓÚÑ ]{4,}) \|", re.MULTILINE)


@pytest.mark.parametrize("manual", ["manual-psicologas.md", "manual-coordinacion.md"])
def test_what_a_manual_names_is_called_so_on_the_page(manual: str) -> None:
    seen = " ".join(" ".join(path.read_text(encoding="utf-8").split()) for path in _WORDS).lower()
    text = (ROOT / "docs" / manual).read_text(encoding="utf-8")
    named = {next(filter(None, found)).rstrip(".").lower() for found in _NAMED.findall(text)}
    assert len(named) > 10
    assert sorted(one for one in named if one not in seen) == []
