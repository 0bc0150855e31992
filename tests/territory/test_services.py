"""The directory of services: three doors for everybody, true everywhere, nothing invented, no shelter."""

from __future__ import annotations

import re
import shutil
from pathlib import Path

import pytest

from bot.dialogue.fill import doors, fill, holes
from bot.dialogue.load import FLOWS
from bot.dialogue.render import choose
from bot.errors import ContentError
from bot.segments import count_segments, transliterate
from bot.spelling import plain
from bot.territory import OUTSIDE, department
from bot.territory.data import FOLDER
from bot.territory.directory import load_lines
from bot.territory.services import Directory, load_directory
from tests.dialogue.pure import the_book

_LINES = {line.id: line for line in load_lines()}
_DIRECTORY = load_directory(_LINES, department())
_PLACES = (*department().by_code, OUTSIDE, "PREFIERE_NO_DECIR")
_TRAITS = (None, *sorted(_DIRECTORY.traits), "rural")
#: A sentence that names two doors with what each gives is longer than the linter's twenty words.
_SENTENCES, _WORDS = 3, 26
_SHELTERS = re.compile(r"refugi|albergue|hogar de paso|casa de acogida|casa segura|casa de la mujer", re.IGNORECASE)
_SAID_OF_DOORS = [
    name
    for name, response in the_book().responses.items()
    if any(hole.startswith("door.") for variant in response.variants for hole in holes(variant.text))
]
_SLIPS = [
    ("situation: ive, doors: [urgencias,", "situation: ive, doors: [urgencia,", "«urgencia» no es una puerta"),
    ("situation: ive, doors: [urgencias,", "situation: ive, doors: [procuraduria,", "«procuraduria» no es una puerta"),
    ("situation: ive, doors: [urgencias,", "situation: ive, doors: [", "ive: una ruta lleva 3 puertas"),
    ("situation: ive,", "situation: acid,", "la situación «acid» está dos veces"),
    ("{situation: ask_route,", "{situation: another,", "falta la ruta «ask_route»"),
    ("find: policia_123", "find: purpura_cali", "«purpura_cali» no es una línea que se pueda decir"),
    ("find: policia_123", "find: nobody", "«nobody» no es una línea que se pueda decir"),
    ("    confidence: V", "    confidence: M", "no puede ser puerta"),
    ("source: Ley 294 art. 5; Dec. 1630/2019", 'source: ""', "falta «source»"),
    ('municipalities: ["76001"]', 'municipalities: ["05001"]', "ningún municipio tiene el código «05001»"),
    ("    instead_of: urgencias\n    name: urgencias o", "    name: urgencias o", "agregue «instead_of»"),
    ("instead_of: urgencias", "instead_of: hospital", "no hay una entidad «hospital» que reemplazar"),
    ("  - id: fiscalia\n", "  - id: policia\n", "la entidad «policia» está dos veces"),
    ('    limit: "No da la medida', '    address: "calle"\n    limit: "No da la medida', "no se conoce «address»"),
    ("    name: Comisaría de Familia\n", "", "falta «name»"),
    ("verified_on: 2026-11-22", "verified_on: hoy", "falta la fecha en que se verificó"),
]


def _slots(situation: str, place: str, trait: str | None) -> dict[str, str | bool | None]:
    kind = "outside" if place == OUTSIDE else "valle" if place in department().by_code else "unsaid"
    told = {trait: "yes"} if trait else {}
    return {"situation": situation, "municipality": place, "municipality_kind": kind, **told}


def test_every_situation_has_three_doors_in_every_municipality_for_everybody() -> None:
    for situation in _DIRECTORY.routes:
        for place in _PLACES:
            for trait in _TRAITS:
                found = doors(the_book().facts, _slots(situation, place, trait))
                assert len({door.id for door in found}) == 3, (situation, place, trait)
                assert all(door.is_door and door.confidence != "M" for door in found)
                assert all(door.municipalities is None or place in door.municipalities for door in found)


def test_the_flows_and_the_directory_know_the_same_situations() -> None:
    assert set(the_book().slots["situation"].values) == set(_DIRECTORY.routes)


def test_what_changes_a_door_can_be_told() -> None:
    assert set(the_book().slots) >= _DIRECTORY.traits


def test_every_door_serves_a_situation() -> None:
    assert [s.id for s in _DIRECTORY.services.values() if s.is_door and not _DIRECTORY.situations(s.id)] == []


@pytest.mark.parametrize("channel", ["whatsapp", "sms"])
def test_whatever_door_is_said_it_is_short_and_in_permitted_words(channel: str) -> None:
    forbidden = [plain(rule.word) for rule in the_book().forbidden]
    for text in _said_of_doors(channel):
        assert count_segments(transliterate(text)).segments <= 2, text
        assert "{" not in text
        spoken = f" {plain(text)} "
        assert [word for word in forbidden if f" {word} " in spoken] == [], text
        for part in text.split("\n\n"):
            sentences = re.findall(r"[^.!?]+[.!?]*", part)
            assert len(sentences) <= _SENTENCES, part
            assert all(len(sentence.split()) <= _WORDS for sentence in sentences), part


def test_no_number_and_no_address_is_typed_into_the_directory() -> None:
    for service in _DIRECTORY.services.values():
        said = f"{service.name} {service.tells} {service.explains}"
        assert not re.search(r"\d", re.sub(r"\{[^}]*\}", "", said)), said
        assert not re.search(r"\b(calle|carrera|cra|cll|avenida|barrio|#)\b", said, re.IGNORECASE), said


def test_what_is_said_to_answer_at_any_hour_does() -> None:
    for service in _DIRECTORY.services.values():
        for sentence in (service.tells, service.does):
            if "a toda hora" in sentence:
                named = [hole.removeprefix("lines.") for hole in holes(sentence)]
                assert named, sentence
                assert all(_LINES[line].hours == "24/7" for line in named), sentence


def test_whatever_is_from_memory_or_old_says_so() -> None:
    for service in _DIRECTORY.services.values():
        assert service.as_of == "" or "confirm" in service.limit, service.id
        assert service.confidence != "M" or not service.is_door, service.id


def test_no_shelter_is_listed_anywhere() -> None:
    for service in _DIRECTORY.services.values():
        assert not _SHELTERS.search(f"{service.id} {service.name} {service.tells} {service.explains}")
    for path in (*FOLDER.glob("*.csv"), *FOLDER.glob("*.yml"), *FLOWS.glob("*.yml")):
        if path.name != "words.yml":  # where the word itself is forbidden
            assert not _SHELTERS.search(path.read_text(encoding="utf-8")), path.name


def test_whoever_does_not_hear_is_never_left_with_a_voice_line_alone() -> None:
    for situation in _DIRECTORY.routes:
        for place in ("76001", "76111", OUTSIDE):
            for door in doors(the_book().facts, _slots(situation, place, "deaf")):
                assert "línea" not in door.tells, door.tells
                assert "{lines." not in door.tells or re.search(r"que (alguien|marque)|pida a alguien", door.tells)


def test_an_indigenous_woman_chooses_wherever_a_comisaria_is_a_door() -> None:
    for route in _DIRECTORY.routes.values():
        if "comisaria" in route.doors:
            told = {door.id for door in _DIRECTORY.doors(route.situation, "76275", {"indigenous"})}
            assert "comisaria" not in told
            assert "comisaria_o_autoridad" in told


def test_a_child_who_was_abused_is_never_sent_to_the_comisaria() -> None:
    assert "comisaria" not in _DIRECTORY.routes["child_sexual"].doors
    assert "icbf" in _DIRECTORY.routes["child_sexual"].doors


def test_whatever_somebody_in_uniform_did_the_police_are_no_door() -> None:
    assert "policia" not in _DIRECTORY.routes["uniformed"].doors
    assert "policia" not in _DIRECTORY.routes["armed_groups"].doors


@pytest.mark.parametrize(("old", "new", "problem"), _SLIPS, ids=[slip[2] + slip[1][:9] for slip in _SLIPS])
def test_a_slip_in_the_directory_is_refused(tmp_path: Path, old: str, new: str, problem: str) -> None:
    with pytest.raises(ContentError, match=re.escape(problem)):
        _edited(tmp_path, old, new)


def _said_of_doors(channel: str) -> set[str]:
    """Every wording with a door in it, for every situation and trait where places differ."""
    book, said = the_book(), set[str]()
    for situation in _DIRECTORY.routes:
        for place in ("76001", "76111", "76892", OUTSIDE):
            for trait in _TRAITS:
                slots = _slots(situation, place, trait)
                known = {f"slots.{name}": value for name, value in slots.items()}
                for name in _SAID_OF_DOORS:
                    variant = choose(book.responses[name], channel, known.get)
                    said.add(fill(variant.text, book.facts, slots))
    return said


def _edited(folder: Path, old: str, new: str) -> Directory:
    path = folder / "services.yml"
    shutil.copy(FOLDER / "services.yml", path)
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new, 1), encoding="utf-8")
    return load_directory(_LINES, department(), path)
