"""Somebody who tries everything: every choice at every question, nonsense, the way out, and danger."""

from __future__ import annotations

import sys
from functools import cache
from pathlib import Path

import pytest

from bot.dialogue.effects import RequestHuman, Say
from bot.dialogue.flow import FlowBook
from bot.dialogue.load import load_book
from bot.dialogue.state import Mode, Phone
from bot.dialogue.walker import Walked, coverage, findings, walk
from bot.dialogue.walker.starts import DANGER
from bot.dialogue.walker.steps import EXIT
from bot.messages import Alert
from tests.dialogue.editing import edited
from tests.dialogue.pure import the_book

_ALARM = "desde aquí el peligro no recibe el 123 y una persona"
_NEVER = '          - if: slots.told = "brigade" and slots.told = "aggressor"\n            then: leave_quietly\n'


@cache
def _walked() -> tuple[Walked, ...]:
    return walk(the_book())


def _findings(flows: Path) -> tuple[FlowBook, list[str]]:
    book = load_book(flows)
    return book, [str(problem) for problem in findings(book, walk(book))]


def test_every_step_and_every_arrow_is_come_by() -> None:
    seen = coverage(the_book(), _walked())
    sys.stdout.write(f"{seen}\n")
    assert seen.missed == ()
    assert seen.steps > 0
    assert str(seen) == f"pasos {seen.steps}/{seen.steps}, flechas {seen.arrows}/{seen.arrows}"


def test_nothing_breaks_everything_ends_and_help_is_near() -> None:
    assert findings(the_book(), _walked()) == []


def test_every_response_is_said_to_somebody() -> None:
    said = {effect.response for one in _walked() for effect in one.turn.effects if isinstance(effect, Say)}
    # An erasure is no choice; the nearest names need a place that nobody knows; a person gives her back to the bot;
    # nobody on the walk waits until the team goes home (crisis.yml, ways.yml).
    elsewhere = {"utter_forgotten", "utter_which_municipality", "utter_unknown_municipality", "utter_bot_again"}
    elsewhere |= {"utter_nobody_now"}
    assert set(the_book().responses) - said - elsewhere == set()


def test_from_everywhere_one_word_leaves_and_nothing_follows() -> None:
    left = [one for one in _walked() if one.event.text == EXIT and one.state.phone is not Phone.LEFT]
    assert len(left) > len({one.place[3] for one in _walked()}) / 2
    for one in left:
        assert one.turn.state.phone is Phone.LEFT
        assert not one.turn.state.slots


def test_from_everywhere_danger_is_answered_with_123_and_a_person() -> None:
    for one in _walked():
        if one.event.text == DANGER:
            asked = [effect.alert for effect in one.turn.effects if isinstance(effect, RequestHuman)]
            assert Alert.EMERGENCY in asked
            texts = [effect.reply.text for effect in one.turn.effects if isinstance(effect, Say)]
            at_the_place = one.state.stack and one.state.stack[-1].step.endswith("near_place")
            assert any("123" in text for text in texts) or at_the_place or one.state.mode is Mode.HUMAN, one.place


def test_an_arrow_that_nobody_can_take_is_named_with_its_line(tmp_path: Path) -> None:
    question = "      - id: heard\n        next:\n"
    flows = edited(tmp_path, "opening.yml", question, question + _NEVER)
    book, found = _findings(flows)
    where = book.flows["pattern_session_start"].steps["heard"].where
    assert found == [
        f"{where}: pattern_session_start: en el paso «heard» nadie toma la flecha 1; quítela o corrija su condición"
        for where in [f"{where.file}:{where.line}"]
    ]


def test_help_that_was_moved_away_is_missed(tmp_path: Path) -> None:
    human = """        - {title: "Hablar con alguien", payload: '/inform{"what_now": "human"}'}\n"""
    edited(tmp_path, "route.yml", human, "")
    flows = edited(tmp_path, "route.yml", human, "")
    for file in ("plan.yml", "route.yml", "violence.yml", "opening.yml"):
        text = (flows / file).read_text(encoding="utf-8")
        (flows / file).write_text(text.replace("{lines.policia_123}", "{lines.mujer_155}"), encoding="utf-8")
    _, found = _findings(flows)
    assert any(
        "physical_violence: desde aquí una persona o el 123 quedan a más de 2 mensajes" in text for text in found
    ), found


def test_a_step_to_which_no_answer_leads_is_named_with_its_line(tmp_path: Path) -> None:
    never = '          - if: slots.harm_today = "no" and slots.harm_today = "yes"'
    flows = edited(tmp_path, "distress.yml", '          - if: slots.harm_today = "no"', never)
    book, found = _findings(flows)
    line = book.flows["suicidal_ideation"].steps["not_today"].where.line
    problem = f"distress.yml:{line}: suicidal_ideation: por ningún botón ni palabra se llega al paso «not_today»"
    assert any(text.startswith(problem) for text in found), found


@pytest.mark.parametrize(
    ("file", "old", "new", "problem"),
    [
        (
            "plan.yml",
            "          - else: [{link: what_now}]\n      - id: more\n        link: plan_list\n",
            "          - else: more\n      - id: more\n        link: plan_list\n",
            "plan_list: desde aquí ningún camino termina",
        ),
        ("danger.yml", '"Aquí estoy. Marque {lines.policia_123} si puede. Si', '"Aquí estoy. Si', _ALARM),
        (
            "patterns.yml",
            "      - action: utter_exit\n",
            "      - action: utter_clarify\n",
            "no sale con una sola línea",
        ),
    ],
)
def test_what_the_walk_finds(tmp_path: Path, file: str, old: str, new: str, problem: str) -> None:
    _, found = _findings(edited(tmp_path, file, old, new))
    assert any(problem in text for text in found), found
