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
_TOPIC = '        - {title: "Me golpean"'
_MORE_TOPIC = """        - {title: "Otra", payload: '/inform{"topic": "ask_route"}'}\n"""
_PARTNER = """    values: ["yes"]
    kinds: {"yes": [partner]}
    said: {"yes": ["mi marido", "mi esposo", "mi pareja", "mi novio", "mi compañero", "mi esposa", "mi novia"]}
"""
_ISLAND = "  island:\n    description: x\n    steps:\n      - action: utter_clarify\n"
_NOBODY = '  utter_nobody:\n    - text: "Hola."\n'
_SLIPS = [
    # Words and promises
    ("distress.yml", "Suena muy pesado.", "Relájese.", "no se dice «relájese»: Minimiza"),
    ("distress.yml", '"Suena muy pesado.', '"¿Por qué?', "no se dice «por qué»"),
    (
        "danger.yml",
        "Bueno. {lines.policia_123}",
        "La policía ya va. {lines.policia_123}",
        "no se dice «la policía ya va»",
    ),
    ("children.yml", "no es tu culpa.", "es tu culpa.", "no se dice «tu culpa»"),
    ("danger.yml", "No tiene que esperar", "Debe esperar", "no se dice «72 horas»"),
    # What a locked screen shows
    ("opening.yml", '"Hola. Le leo. ¿Puede', '"Línea de la mujer. ¿Puede', "otra persona podría leer «mujer»"),
    ("danger.yml", "Aléjese ya y", "Aléjese de su pareja y", "otra persona podría leer «pareja»"),
    ("patterns.yml", "Gracias por su compra.", "Gracias. " * 8, "lo primero y lo último que se ve tiene a lo sumo 60"),
    ("danger.yml", "Bueno. {lines.policia_123} r", f"Bueno, {'y así ' * 9}{{lines.policia_123}} r", "a lo sumo 60"),
    # Numbers
    ("danger.yml", "Marque {lines.policia_123} ya. ¿Está", "Marque 123 ya. ¿Está", "el número 123 está escrito"),
    ("opening.yml", "Responda 1 si puede leer", "Hay 1 que puede leer", "el número 1 está escrito"),
    (
        "distress.yml",
        "escuchan gratis, a toda hora.",
        "escuchan gratis, de lunes a viernes.",
        "«lunes» dice un número o una fecha",
    ),
    ("plan.yml", "unos días", "tres días", "«tres» dice un número o una fecha"),
    ("figures.yml", "verified_on: 2026-11-22\n", "", "falta la fecha en que se verificó"),
    ("figures.yml", 'source: "Reglas de seguridad §4"', 'source: ""', "falta «source»"),
    # Reading
    ("distress.yml", "Suena muy pesado. ¿", "Suena mal. Es muy pesado así. No hay derecho nunca. ¿", "más de 2 frases"),
    ("distress.yml", "a su ritmo", "a su ritmo" + " y con calma" * 8, "una frase de"),
    (
        "distress.yml",
        "Le leo. Escriba lo que quiera, a su ritmo.",
        "Redacte " + "organizadamente " * 9 + "todo.",
        "se lee a",
    ),
    (
        "approach.yml",
        "Si quiere, dígame algo de usted.",
        "Intersectorialidad interinstitucional. Interdisciplinariedad.",
        "los textos cortos de este archivo",
    ),
    # Usted and tú
    ("distress.yml", "Suena muy pesado. ¿", "Te leo. ¿", "«te»: se habla de usted"),
    (
        "distress.yml",
        "Le leo. Escriba lo que",
        "Le leo. Escribe lo que",
        "«escribe»: se habla de usted; diga «escriba»",
    ),
    ("violence.yml", "Le creo. ¿Está a salvo", "Le creo. ¿Estás a salvo", "«estás»: se habla de usted; diga «está»"),
    (
        "children.yml",
        "Si te duele algo o te tocaron, ve a",
        "Si te duele algo o te tocaron, vaya a",
        "«vaya»: a quien es menor se le habla de tú; diga «ve»",
    ),
    ("distress.yml", "me importa. ¿Estás", "me importa. ¿Está", "«está»: a quien es menor se le habla de tú"),
    ("violence.yml", "Tu miedo cuenta.", "Su miedo cuenta.", "«su»: a quien es menor se le habla de tú"),
    # Choices and SMS
    ("opening.yml", 'title: "Ahora no"', 'title: "Ahora no puedo escribirle"', "pasa de 20 letras"),
    ("opening.yml", _TOPIC, _MORE_TOPIC + _TOPIC, "11 opciones y en una lista caben 10"),
    ("violence.yml", 'title: "No sé"', 'title: "Sí"', "dos opciones dicen lo mismo"),
    ("violence.yml", 'title: "No sé"', 'title: "0"', "el 0 nunca es una opción"),
    ("distress.yml", "Suena muy pesado. ¿", "Lo siento mucho. " * 20 + "¿", "por SMS son"),
    # Variants and ways
    ("danger.yml", _WHERE, _WHERE.replace("- text", "- condition: open\n      text"), "la última variante sirve"),
    ("danger.yml", _WHERE, '    - text: "¿Dónde está?"\n' + _WHERE, "las que siguen nunca se dicen"),
    ("patterns.yml", "  utter_clarify:\n", _NOBODY + "  utter_clarify:\n", "utter_nobody: ningún paso lo dice"),
    ("consent.yml", _ASK_BOT, _ASK_BOT + "      - action: utter_privacy\n", "ningún camino llega al paso"),
    ("consent.yml", "  ask_bot:\n", _ISLAND + "  ask_bot:\n", "island: ningún camino comienza este flujo"),
    ("consent.yml", _ASK_BOT, _ROUND, "vuelve a sí mismo sin preguntar"),
    ("patterns.yml", "  stay:\n", "  lost:\n    type: any\n  stay:\n", "lost se declara y nadie lo llena"),
    ("violence.yml", _PARTNER, '    values: ["yes"]\n', "slots.partner se lee y nadie lo llena"),
    ("danger.yml", "      - set_slots: [{told: self_harm}]\n", "      - set_slots: [{told: null}]\n", None),
    ("distress.yml", _AGAIN, _AGAIN.replace("0", "5"), "faltan otras palabras"),
    ("distress.yml", "        collect: story\n", "        collect: hurt\n", "hurt ya se pregunta en"),
    # Names that do not exist
    ("patterns.yml", "pattern_stop:\n", "pattern_stopp:\n", "pattern_stop"),
    ("patterns.yml", "      - link: what_is_happening\n", "      - link: what_happens\n", "what_happens"),
    ("consent.yml", _ASK_BOT, _ASK_BOT.replace("utter_bot", "utter_robot"), "utter_robot"),
    ("patterns.yml", "- else: hours", "- else: ours", "ours"),
    ("patterns.yml", "        args: {reason: asked", "        args: {reason: wanted", "wanted"),
    ("danger.yml", "{lines.salud_mental_106} escucha", "{lines.salud_mental} escucha", "lines.salud_mental"),
    ("patterns.yml", "            then: END\n          - else: hours\n", "            then: END\n", "else"),
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
    assert any("pattern_session_start: una persona o el 123 quedan a 3 mensajes" in text for text in found)


def test_no_choice_is_a_way_out_by_accident() -> None:
    for response in the_book().responses.values():
        for variant in response.variants:
            for button in (*variant.buttons, *variant.typed):
                assert command(button.title) in (None, "human"), f"{response.name}: {button.title}"
