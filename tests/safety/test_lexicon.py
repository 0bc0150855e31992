"""The lexicon as content: complete, and refused with file and line where it is wrong."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from bot.errors import ContentError
from bot.safety.lexicon import FOLDER, load_lexicon
from bot.safety.pattern import Matcher
from bot.spelling import words


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    copy = tmp_path / "lexicon"
    shutil.copytree(FOLDER, copy)
    return copy


@pytest.mark.parametrize(
    ("entry", "problem"),
    [
        ("{id: a, alert: grave, reason: r, says: [hola]}", "no hay una alerta «grave»"),
        ("{id: a, alert: none, says: [hola]}", "falta «reason»"),
        ("{id: a, reason: r, says: ['.. hola']}", "debe empezar por una palabra"),
        ("{id: a, reason: r, says: ['hola @nadie']}", "no hay una clase «@nadie»"),
        ("{id: a, reason: r, says: [hola], mood: bad}", "no se conoce «mood»"),
        ("{id: weapon, reason: r, says: [hola]}", "está dos veces"),
    ],
)
def test_a_wrong_entry_is_named_with_file_and_line(folder: Path, entry: str, problem: str) -> None:
    (folder / "new.yml").write_text(f"# a comment\nentries:\n  - {entry}\n", encoding="utf-8")
    with pytest.raises(ContentError, match=r"\.yml:\d+: ") as refused:
        load_lexicon(folder)
    assert problem in str(refused.value)


@pytest.mark.parametrize(
    "idiom",
    [
        "me voy a matar [trabajando]",
        "la voy a matar [cuando] [llegue]",
        "me peg* [la|una] [gripa|tos]",
        "me ahorc* [el]",
    ],
)
def test_an_idiom_may_not_hide_what_is_grave_without_its_ending(folder: Path, idiom: str) -> None:
    row = f'{{id: a, covers: true, reason: r, says: ["{idiom}"]}}'
    (folder / "new.yml").write_text(f"entries:\n  - {row}\n", encoding="utf-8")
    with pytest.raises(ContentError, match=r"new\.yml:2: .* tapa lo grave de "):
        load_lexicon(folder)


def test_an_idiom_that_ends_in_its_own_word_is_taken(folder: Path) -> None:
    row = '{id: a, covers: true, reason: r, says: ["me peg* [la] gripa"]}'
    (folder / "new.yml").write_text(f"entries:\n  - {row}\n", encoding="utf-8")
    assert load_lexicon(folder).entries


def test_every_entry_says_why_it_is_there() -> None:
    assert len(load_lexicon().entries) > 50


@pytest.mark.parametrize(
    ("pattern", "said", "found"),
    [
        ("me pega|golpea", "el me golpea", True),
        ("me pega", "me la pega", False),
        ("me .. pega", "me la pega", True),
        ("me .. pega", "me. la pega", False),
        ("me [la] pega", "me pega", True),
        ("tengo 15 !hijos", "tengo 15 hijos", False),
        ("tengo 15 !hijos", "tengo 15", True),
        ("@he pega", "mi marido pega", True),
        ("mat*", "matarme", True),
        ("*arme", "matarme", True),
        ("es (mio/de el) o nadie", "es de el o nadie", True),
        ("ahorcó", "me aorko", True),
    ],
)
def test_a_pattern_means_what_its_language_says(pattern: str, said: str, found: bool) -> None:
    matcher = Matcher({"he": ["marido", "esposo"]})
    matcher.add(pattern, 0)
    assert bool(list(matcher.matches(words(said)))) is found
