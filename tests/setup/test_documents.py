"""What README and the documents show and point at is there."""

from __future__ import annotations

import re
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
DOCUMENTS = [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))]
#: ``[words](address)`` and ``![words](address)``, but for addresses of the web.
_LINK = re.compile(r"\]\((?!https?://|mailto:)([^)\s]+)\)")
_CODE = re.compile(r"^```.*?^```$", re.MULTILINE | re.DOTALL)


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: path.name)
def test_every_picture_and_every_place_that_a_document_shows_is_there(document: Path) -> None:
    for address in _links(document):
        name, _, heading = address.partition("#")
        there = document.parent / name if name else document
        assert there.exists(), address
        assert there.resolve().is_relative_to(ROOT.resolve()), address
        if heading and there.suffix == ".md":
            assert heading in _headings(there), address


def test_whoever_reads_the_readme_finds_both_manuals() -> None:
    assert {"docs/manual-psicologas.md", "docs/manual-coordinacion.md"} <= set(_links(ROOT / "README.md"))


def test_every_picture_of_the_console_is_shown_somewhere() -> None:
    shown = {(document.parent / address).resolve() for document in DOCUMENTS for address in _links(document)}
    assert [
        path.name for path in (ROOT / "docs/screenshots/consola").rglob("*.png") if path.resolve() not in shown
    ] == []


def _links(document: Path) -> list[str]:
    return _LINK.findall(_CODE.sub("", document.read_text(encoding="utf-8")))


@cache
def _headings(document: Path) -> frozenset[str]:
    """The anchors that a page of Markdown offers: its headings, small, without signs, with hyphens for blanks."""
    words = re.findall(r"^#+ (.+)$", _CODE.sub("", document.read_text(encoding="utf-8")), re.MULTILINE)
    return frozenset(re.sub(r"[^\w\- ]", "", word.lower()).replace(" ", "-") for word in words)
