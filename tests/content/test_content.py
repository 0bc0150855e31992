"""The content as it stands has no problem, and each kind of problem would be found."""

from __future__ import annotations

from pathlib import Path

import pytest

from bot.dialogue.lint import check_content
from bot.dialogue.paths import distances_to_help
from bot.safety import command
from tests.dialogue.editing import edited
from tests.dialogue.pure import the_book

_ASK_BOT = "      - action: utter_bot\n        next: END\n"
_WHERE = '    - text: "¿Municipio y un sitio cercano?"'
_AGAIN = 'misses > 0\n      text: "Le leo. ¿Qué le serviría'
_ROUND = (
    "      - action: utter_bot\n        next: more\n"
    "      - id: more\n        action: utter_bot\n        next: 0_utter_bot\n"
)
_ISLAND = "  island:\n    description: x\n    steps:\n      - action: utter_clarify\n"
_NOBODY = '  utter_nobody:\n    - text: "Hola."\n'
_SLIPS = [
    ("people.yml", "Suena muy pesado.", "Relájese.", "«relájese» may not be said"),
    ("people.yml", '"Suena muy pesado.', '"¿Por qué?', "«por qué» may not be said"),
    ("opening.yml", '"Hola. Le leo. ¿Puede', '"Línea de la mujer. ¿Puede', "«mujer» could be read by another"),
    ("patterns.yml", "Gracias por su compra.", "Gracias. " * 8, "a first or last line has at most 60"),
    ("opening.yml", 'title: "Ahora no"', 'title: "Ahora no puedo escribirle"', "has more than 20 characters"),
    ("violence.yml", 'title: "No sé"', 'title: "Sí"', "two choices have the same words"),
    ("violence.yml", 'title: "No sé"', 'title: "0"', "0 is never a choice"),
    ("danger.yml", "Marque {lines.policia_123} ya. ¿Está", "Marque 123 ya. ¿Está", "the number 123 is typed"),
    ("people.yml", "Suena muy pesado. ¿", "Lo siento mucho. " * 20 + "¿", "SMS segments"),
    ("people.yml", "Suena muy pesado. ¿", "Suena. Muy. Pesado. ¿", "at most 3 sentences"),
    ("people.yml", "Suena muy pesado. ¿", "Te leo. ¿", "spoken to as usted"),
    ("danger.yml", _WHERE, _WHERE.replace("- text", "- condition: open\n      text"), "the last variant must fit"),
    ("danger.yml", _WHERE, '    - text: "¿Dónde está?"\n' + _WHERE, "those after it are never said"),
    ("patterns.yml", "  utter_clarify:\n", _NOBODY + "  utter_clarify:\n", "utter_nobody is never said"),
    ("patterns.yml", _ASK_BOT, _ASK_BOT + "      - action: utter_privacy\n", "no path comes to the step"),
    ("patterns.yml", "  ask_bot:\n", _ISLAND + "  ask_bot:\n", "island is never begun"),
    ("patterns.yml", _ASK_BOT, _ROUND, "leads back to itself"),
    ("patterns.yml", "  stay:\n", "  lost:\n    type: any\n  stay:\n", "lost is never set"),
    ("danger.yml", "      - set_slots: [{told: self_harm}]\n", "      - set_slots: [{told: null}]\n", None),
    ("people.yml", _AGAIN, _AGAIN.replace("0", "5"), "it needs other words"),
    ("people.yml", "        collect: story\n", "        collect: hurt\n", "hurt is asked in"),
    ("patterns.yml", "pattern_stop:\n", "pattern_stopp:\n", "the flow pattern_stop is missing"),
]


def test_the_content_has_no_problem() -> None:
    assert [str(problem) for problem in check_content()] == []


@pytest.mark.parametrize(("file", "old", "new", "problem"), _SLIPS, ids=[str(slip[3]) for slip in _SLIPS])
def test_a_problem_is_found_with_file_and_line(
    tmp_path: Path, file: str, old: str, new: str, problem: str | None
) -> None:
    found = check_content(edited(tmp_path, file, old, new))
    if problem is None:
        assert found == []
        return
    fitting = [one for one in found if problem in one.text]
    assert fitting, [str(one) for one in found]
    assert all(one.file.endswith(".yml") and one.line > 0 for one in fitting)


def test_from_every_question_a_person_or_123_is_two_messages_away_at_most() -> None:
    far = {stack[-1][1]: distance for stack, distance in distances_to_help(the_book()).items() if stack}
    assert {step for step, distance in far.items() if distance > 2} == {"0_can_read"}


def test_help_that_was_moved_away_is_missed(tmp_path: Path) -> None:
    edited(tmp_path, "violence.yml", "; si hay peligro, {lines.policia_123}.", ".")
    human = """        - {title: "Hablar con alguien", payload: '/inform{"what_now": "human"}'}\n"""
    edited(tmp_path, "route.yml", human, "")
    flows = edited(tmp_path, "route.yml", human, "")
    found = [problem.text for problem in check_content(flows)]
    assert "pattern_session_start: a person or 123 is 3 messages away, 2 at most" in found


def test_no_choice_is_a_way_out_by_accident() -> None:
    for response in the_book().responses.values():
        for variant in response.variants:
            for button in (*variant.buttons, *variant.typed):
                assert command(button.title) in (None, "human"), f"{response.name}: {button.title}"
