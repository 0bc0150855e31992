"""Whoever sees a text sees whether a psychologist and a lawyer have signed it as it stands."""

from __future__ import annotations

from dataclasses import fields
from datetime import date
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from aiohttp.test_utils import TestClient, TestServer

from bot.__main__ import main
from bot.app import Services, build_application
from bot.dialogue.flow import FlowBook
from bot.dialogue.lint import check_content
from bot.dialogue.load import load_book
from bot.dialogue.review import REVIEW, Review, Signed, hash_of, load_review, unsigned
from bot.errors import ContentError
from bot.operate import list_unsigned
from bot.settings import Settings
from channels.simulator.hub import Hub
from storage.office import Office
from tests.dialogue.editing import edited
from tests.dialogue.pure import the_book

_BOTH = "psychologist: {name: Ana Ruiz, date: 2026-12-01}, legal: {name: Eva Paz, date: 2026-12-03}"
_TEXT = "utter_strangled"


def _hash(book: FlowBook, name: str = _TEXT) -> str:
    return hash_of(book.responses[name], book.facts)


def _entry(book: FlowBook, *, name: str = _TEXT, hands: str = _BOTH) -> str:
    return f'{{response: {name}, hash: "{_hash(book, name)}", {hands}}}'


def _signed(folder: Path, *entries: str) -> Path:
    return edited(folder, REVIEW, "signatures: []", f"signatures: [{', '.join(entries)}]")


def _read(flows: Path) -> tuple[FlowBook, Review]:
    book = load_book(flows)
    return book, load_review(book, flows / REVIEW)


def _names(flows: Path) -> set[str]:
    return {response.name for response in unsigned(*_read(flows))}


def test_a_text_is_signed_when_both_have_signed_it(tmp_path: Path) -> None:
    flows = _signed(tmp_path, _entry(the_book()))
    assert set(the_book().responses) - _names(flows) == {_TEXT}
    assert check_content(flows) == []


@pytest.mark.parametrize("one", ["psychologist: {name: Ana, date: 2026-12-01}", "legal: {name: Eva, date: 2026-12-01}"])
def test_one_signature_of_two_is_not_enough(tmp_path: Path, one: str) -> None:
    flows = _signed(tmp_path, _entry(the_book(), hands=one))
    assert _TEXT in _names(flows)
    assert check_content(flows) == []


def test_who_signed_and_when_can_be_read(tmp_path: Path) -> None:
    _, (entry,) = _read(_signed(tmp_path, _entry(the_book())))
    assert entry.psychologist == Signed(name="Ana Ruiz", on=date(2026, 12, 1))
    assert entry.legal == Signed(name="Eva Paz", on=date(2026, 12, 3))


def test_when_every_text_is_signed_none_is_left(tmp_path: Path) -> None:
    book = the_book()
    assert _names(_signed(tmp_path, *(_entry(book, name=name) for name in book.responses))) == set()


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("Aquí estoy. Marque {lines.policia_123} ya. ¿Está sola?", "Aquí estoy. ¿Está sola?"),
        ('title: "No", payload: \'/inform{"alone": "no"}\'', 'title: "Nadie", payload: \'/inform{"alone": "no"}\''),
        (
            'misses > 0\n      text: "Aquí sigo. Marque {lines.policia_123} ya',
            'misses > 1\n      text: "Aquí sigo. Marque {lines.policia_123} ya',
        ),
    ],
    ids=["the_words", "a_choice", "the_condition"],
)
def test_a_signature_ends_with_a_change_of(tmp_path: Path, old: str, new: str) -> None:
    was = _hash(the_book(), "utter_ask_alone")
    _signed(tmp_path, _entry(the_book(), name="utter_ask_alone"))
    flows = edited(tmp_path, "danger.yml", old, new)
    book = load_book(flows)
    now = _hash(book, "utter_ask_alone")
    assert now != was
    assert "utter_ask_alone" in _names(flows)
    problem = next(one for one in check_content(flows) if one.file == REVIEW)
    assert was in problem.text
    assert now in problem.text
    assert problem.line > 1


def test_a_signature_ends_when_the_law_s_number_that_was_signed_changes(tmp_path: Path) -> None:
    flows = edited(tmp_path, "figures.yml", 'missing_hours, value: "72"', 'missing_hours, value: "24"')
    book = load_book(flows)
    assert _hash(book, "utter_missing_person") != _hash(the_book(), "utter_missing_person")
    assert _hash(book) == _hash(the_book())


def test_a_signature_outlives_a_move_of_the_text_in_its_file(tmp_path: Path) -> None:
    flows = edited(tmp_path, "danger.yml", "responses:\n", "\n\n# Otra nota.\nresponses:\n")
    assert _hash(load_book(flows)) == _hash(the_book())


def test_signing_does_not_make_it_another_content(tmp_path: Path) -> None:
    assert load_book(_signed(tmp_path, _entry(the_book()))).version == the_book().version


@pytest.mark.parametrize(
    ("entry", "problem"),
    [
        (f'{{response: utter_nobody, hash: "00000000", {_BOTH}}}', "no hay un texto «utter_nobody» que firmar"),
        (f"{{response: {_TEXT}, hash: 12, {_BOTH}}}", "hash: el número va entre comillas"),
        (f'{{response: {_TEXT}, hash: "1234567g", {_BOTH}}}', "copie las 8 letras"),
        (f'{{response: {_TEXT}, hash: "00000000"}}', "no dice quién firma"),
        (f'{{response: {_TEXT}, hash: "00000000", legal: {{name: Eva}}}}', "falta el día de la firma"),
        (f'{{response: {_TEXT}, hash: "00000000", legal: {{date: 2026-12-01}}}}', "legal: name: falta el texto"),
        (f'{{response: {_TEXT}, hash: "00000000", by: Ana}}', "no se conoce «by»"),
    ],
)
def test_a_signature_that_says_nothing_is_refused_with_its_line(tmp_path: Path, entry: str, problem: str) -> None:
    flows = _signed(tmp_path, entry)
    with pytest.raises(ContentError) as caught:
        _read(flows)
    assert problem in caught.value.problem
    assert (caught.value.file, caught.value.line > 1) == (REVIEW, True)
    assert [one.file for one in check_content(flows)] == [REVIEW]


def test_the_same_signature_twice_is_a_slip(tmp_path: Path) -> None:
    with pytest.raises(ContentError, match="está dos veces"):
        _read(_signed(tmp_path, _entry(the_book()), _entry(the_book())))


def test_check_counts_the_unsigned_texts_and_names_them_when_asked(capsys: pytest.CaptureFixture[str]) -> None:
    main(["check", "--content"])
    counted = capsys.readouterr().out
    main(["check", "--content", "--unsigned"])
    named = capsys.readouterr().out.splitlines()
    texts, among = list_unsigned()
    assert f"Textos sin firmar: {len(texts)} de {among}." in counted
    assert {f"{text.where.file}:{text.where.line}: {text.name}" for text in texts} <= set(named)


@pytest.mark.parametrize(
    ("is_reviewed", "banner"), [(False, "Demostración — contenido sin revisar"), (True, "Demostración")]
)
async def test_the_simulator_and_the_console_say_whether_their_content_was_reviewed(
    is_reviewed: bool, banner: str
) -> None:
    parts: Any = SimpleNamespace()
    office: Any = SimpleNamespace(**{part.name: parts for part in fields(Office)})
    services = Services(
        settings=Settings(demo=True),
        database=parts,
        ring=parts,
        book=the_book(),
        interpreter=parts,
        intake=parts,
        delivery=parts,
        worker=parts,
        clock=parts,
        office=office,
        watch=parts,
        hub=Hub(),
        is_reviewed=is_reviewed,
    )
    async with TestClient(TestServer(build_application(services))) as client:
        page = await (await client.get("/simulador")).text()
        console = await (await client.get("/consola/entrar")).text()
    assert f"<span>{banner}</span>" in page
    assert ("Contenido sin revisar" in console) is not is_reviewed
