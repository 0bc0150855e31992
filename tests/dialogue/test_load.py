"""A slip in a content file is named with file and line, before anybody can run into it."""

from __future__ import annotations

from pathlib import Path

import pytest

from bot.dialogue.load import load_book
from bot.errors import ContentError
from tests.dialogue.editing import edited, line_of
from tests.dialogue.pure import the_book

_SLIPS = [
    ("opening.yml", "description: ¿Puede", "descripcion: ¿Puede", "'descripcion' is not known here"),
    ("opening.yml", "collect: can_read", "collect: can_raed", "there is no slot 'can_raed'"),
    ("opening.yml", "link: physical_violence", "link: fisical_violence", "there is no flow 'fisical_violence'"),
    ("danger.yml", "action: utter_strangled\n", "action: utter_estrangled\n", "there is no response"),
    ("danger.yml", "action: action_remind", "action: action_remaind", "there is no action 'action_remaind'"),
    (
        "danger.yml",
        "{name: crisis_silence}",
        "{name: tomorrow}",
        "name is one of crisis_silence, urgent_silence, borrowed, not",
    ),
    ("danger.yml", "        args: {name: crisis_silence}\n", "", "'name' is missing"),
    ("opening.yml", "args: {state: unsafe}", "args: {state: unsafe, why: x}", "'why' is not known"),
    ("opening.yml", "- else: leave_quietly", "- else: leave_loudly", "has no step 'leave_loudly'"),
    ("opening.yml", '- if: slots.safe_now = "yes"', '- if: slots.safe_now = "si"', "safe_now has no value 'si'"),
    ("opening.yml", '- if: slots.safe_now = "yes"', "- if: slots.safe_now ==", "expected a name or a value"),
    ("opening.yml", '- if: slots.safe_now = "yes"', "- if: the_moon", "a condition cannot ask for 'the_moon'"),
    ("opening.yml", "          - else: leave_quietly\n", "", "next needs an else"),
    ("opening.yml", '\'/inform{"can_read": "yes"}\'', "'inform can_read'", "is neither /intent nor /inform"),
    ("opening.yml", '\'/inform{"can_read": "yes"}\'', "/dance", "no flow is started by /dance"),
    ("opening.yml", "payload: /ask_human", "payload: ask", "is neither /intent nor /inform"),
    ("opening.yml", 'values: ["yes", "not_now", "watched"]', "values: [yes, not_now]", "put it in quotes"),
    ("opening.yml", "type: categorical", "type: colour", "type must be one of"),
    ("opening.yml", "slots:\n", "review: signed\nslots:\n", "'review' is not known here"),
    ("opening.yml", "utter_ask_can_read:\n", "ask_can_read:\n", "a response's name begins with utter_"),
    ("patterns.yml", "pattern_stop:\n", "pattern_stopp:\n", "the flow pattern_stop is missing"),
    ("danger.yml", "{lines.policia_123}", "{lines.purpura_cali}", "no line of this name that may be said"),
    ("danger.yml", "{lines.policia_123}", "{lines.policia}", "no line of this name that may be said"),
    ("danger.yml", "{figures.missing_hours}", "{figures.hours}", "is not a fact"),
    ("danger.yml", "{figures.missing_hours}", "{figures.missing_hours", "a brace has no partner"),
    ("danger.yml", "  utter_strangled_more:\n", "  utter_strangled:\n", "'utter_strangled' stands twice"),
    ("danger.yml", "near_place: {type: any}", "safe_now: {type: any}", "stands in"),
    ("route.yml", "channel: sms", "channel: fax", "channel is one of whatsapp, sms"),
    (
        "where.yml",
        "- collect: municipality\n",
        "- collect: municipality\n        link: x\n",
        "a step is exactly one",
    ),
    ("route.yml", "      - link: what_now", "      - link: what_now\n        next: END", "nothing comes after a link"),
    ("danger.yml", "alert: emergency", "alert: panic", "alert is one of"),
    ("danger.yml", "- {kinds: [watched]}", "- {alert: urgent}", "a trigger needs an intent"),
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
