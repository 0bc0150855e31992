"""A slip in a content file is named with file and line, before anybody can run into it."""

from __future__ import annotations

from pathlib import Path

import pytest

from bot.dialogue.load import load_book
from bot.errors import ContentError
from tests.dialogue.editing import edited, line_of
from tests.dialogue.pure import the_book

_SLIPS = [
    ("opening.yml", "description: ¿Puede", "descripcion: ¿Puede", "no se conoce «descripcion»; escriba «description»"),
    ("opening.yml", "collect: can_read", "collect: can_raed", "no hay un dato «can_raed»; escriba «can_read»"),
    ("opening.yml", "link: physical_violence", "link: fisical_violence", "no hay una conversación «fisical_violence»"),
    ("danger.yml", "action: utter_strangled\n", "action: utter_estrangled\n", "no hay un texto «utter_estrangled»"),
    ("danger.yml", "action: action_remind", "action: action_remaind", "no hay una acción «action_remaind»"),
    (
        "danger.yml",
        "{name: crisis_silence}",
        "{name: tomorrow}",
        "escriba uno de estos: borrowed, crisis_silence, urgent_silence",
    ),
    ("danger.yml", "        args: {name: crisis_silence}\n", "", "falta «name» en «args»"),
    ("opening.yml", "args: {state: unsafe}", "args: {state: unsafe, why: x}", "no se conoce «why»"),
    ("opening.yml", "- else: leave_quietly", "- else: leave_loudly", "no hay un paso «leave_loudly»"),
    (
        "opening.yml",
        '- if: slots.safe_now = "yes"',
        '- if: slots.safe_now = "si"',
        "el dato safe_now no tiene el valor «si»",
    ),
    ("opening.yml", '- if: slots.safe_now = "yes"', "- if: slots.safe_now ==", "falta un nombre o un valor"),
    (
        "opening.yml",
        '- if: slots.safe_now = "yes"',
        "- if: the_moon",
        "una condición no puede preguntar por «the_moon»",
    ),
    ("opening.yml", "          - else: leave_quietly\n", "", "agregue «- else:»"),
    ("opening.yml", '\'/inform{"can_read": "yes"}\'', "'inform can_read'", "no se entiende el payload"),
    ("opening.yml", '\'/inform{"can_read": "yes"}\'', "/dance", "ninguna conversación comienza con «/dance»"),
    ("opening.yml", "payload: /ask_human", "payload: ask", "no se entiende el payload"),
    ("opening.yml", 'values: ["yes", "not_now", "watched"]', "values: [yes, not_now]", "van entre comillas"),
    ("opening.yml", "type: categorical", "type: colour", "«type» no es una clase de dato"),
    ("opening.yml", "slots:\n", "review: signed\nslots:\n", "no se conoce «review»"),
    ("opening.yml", "utter_ask_can_read:\n", "ask_can_read:\n", "empieza por «utter_»"),
    ("patterns.yml", "pattern_stop:\n", "pattern_stopp:\n", "falta la conversación «pattern_stop»"),
    ("danger.yml", "{lines.policia_123}", "{lines.purpura_cali}", "no es una línea que se pueda decir"),
    ("danger.yml", "{lines.policia_123}", "{lines.policia}", "no es una línea que se pueda decir"),
    ("danger.yml", "{figures.missing_hours}", "{figures.hours}", "no es un dato; escriba"),
    ("danger.yml", "{figures.missing_hours}", "{figures.missing_hours", "una llave sin su pareja"),
    ("danger.yml", "  utter_strangled_more:\n", "  utter_strangled:\n", "«utter_strangled» ya está en el renglón"),
    ("danger.yml", "near_place: {type: any}", "safe_now: {type: any}", "ya está en danger.yml"),
    ("route.yml", "channel: sms", "channel: fax", "no hay un canal «fax»"),
    (
        "where.yml",
        "- collect: municipality\n",
        "- collect: municipality\n        link: x\n",
        "un paso hace una sola cosa",
    ),
    (
        "route.yml",
        "      - link: what_now",
        "      - link: what_now\n        next: END",
        "después de «link» no sigue nada",
    ),
    ("danger.yml", "alert: emergency", "alert: panic", "«alert» no puede ser «panic»"),
    ("danger.yml", "- {kinds: [watched]}", "- {alert: urgent}", "un comienzo lleva «intent»"),
]


@pytest.mark.parametrize(("file", "old", "new", "problem"), _SLIPS, ids=[slip[3] for slip in _SLIPS])
def test_a_slip_is_named_with_file_and_line(tmp_path: Path, file: str, old: str, new: str, problem: str) -> None:
    flows = edited(tmp_path, file, old, new)
    with pytest.raises(ContentError) as caught:
        load_book(flows)
    assert problem in caught.value.problem
    assert caught.value.file.endswith(".yml")
    assert caught.value.line > 0


def test_the_line_that_is_named_is_the_step_that_is_wrong(tmp_path: Path) -> None:
    flows = edited(tmp_path, "danger.yml", "action: action_remind", "action: action_remaind")
    with pytest.raises(ContentError) as caught:
        load_book(flows)
    assert (caught.value.file, caught.value.line) == ("danger.yml", line_of(flows, "danger.yml", "action_remaind"))


def test_a_file_that_is_no_yaml_is_named(tmp_path: Path) -> None:
    with pytest.raises(ContentError, match=r"danger\.yml:\d+"):
        load_book(edited(tmp_path, "danger.yml", "responses:\n", "responses: [\n"))


def test_the_version_changes_with_the_content_alone(tmp_path: Path) -> None:
    same = load_book(edited(tmp_path / "a", "danger.yml", "Sigo aquí", "Sigo aquí"))
    other = load_book(edited(tmp_path / "b", "danger.yml", "Sigo aquí", "Aquí sigo"))
    assert same.version == the_book().version
    assert other.version != the_book().version
