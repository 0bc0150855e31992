"""What the engine does when content or the world goes wrong."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

from bot.dialogue.effects import RequestHuman, Say, Silence
from bot.dialogue.engine import advance
from bot.dialogue.load import load_book
from bot.dialogue.pace import SAME, TURNS, is_machine, paced
from bot.dialogue.state import Event, Frame, Pace, Phone, State
from bot.messages import Understanding
from tests.dialogue.editing import edited
from tests.dialogue.pure import the_book

_NOW = datetime(2026, 11, 23, 15, tzinfo=UTC)
_SAFE = State(phone=Phone.SAFE, heard_at=_NOW)


def _said(effects: tuple[object, ...]) -> list[str]:
    return [effect.response for effect in effects if isinstance(effect, Say)]


def test_steps_that_go_round_for_ever_end_with_an_apology_and_a_person(tmp_path: Path) -> None:
    round_and_round = "      - action: utter_bot\n        next: b\n      - id: b\n        next: 0_utter_bot\n"
    book = load_book(edited(tmp_path, "consent.yml", "      - action: utter_bot\n        next: END\n", round_and_round))
    turn = advance(book, _SAFE, Event(now=_NOW, payload="/ask_bot"))
    assert _said(turn.effects) == ["utter_internal_error"]
    assert any(isinstance(effect, RequestHuman) and effect.reason == "internal_error" for effect in turn.effects)


def test_flows_that_call_each_other_for_ever_end_with_an_apology_and_a_person(tmp_path: Path) -> None:
    book = load_book(
        edited(tmp_path, "consent.yml", "      - action: utter_bot\n        next: END\n", "      - call: ask_bot\n")
    )
    assert _said(advance(book, _SAFE, Event(now=_NOW, payload="/ask_bot")).effects) == ["utter_internal_error"]


def test_a_step_that_went_with_a_deploy_is_apologised_for_and_what_she_told_is_kept() -> None:
    state = replace(_SAFE, stack=(Frame(flow="gone", step="1"),), slots={"municipality": "76111"}, version="old")
    turn = advance(the_book(), state, Event(now=_NOW, text="y entonces"))
    assert _said(turn.effects) == ["utter_code_change", "utter_ask_topic"]
    assert turn.state.slots["municipality"] == "76111"
    assert turn.state.version == the_book().version


def test_after_a_deploy_me_miran_still_locks() -> None:
    state = replace(_SAFE, stack=(Frame(flow="gone", step="1"),))
    turn = advance(the_book(), state, Event(now=_NOW, payload='/inform{"safe_now": "watched"}'))
    assert turn.state.phone is Phone.UNSAFE
    assert _said(turn.effects) == []


def test_after_a_deploy_danger_is_still_danger_and_an_unknown_phone_gets_the_neutral_question() -> None:
    gone = (Frame(flow="pattern_danger", step="no_longer"),)
    unknown = State(phone=Phone.UNKNOWN, stack=gone, heard_at=_NOW)
    assert _said(advance(the_book(), unknown, Event(now=_NOW, text="hola")).effects) == ["utter_ask_safe_now"]
    heard = Understanding(intent="imminent_danger", confidence=1.0)
    turn = advance(the_book(), unknown, Event(now=_NOW, text="ya viene", understanding=heard))
    assert _said(turn.effects) == ["utter_ask_call_for_me"]


def test_an_unsure_guess_is_no_meaning() -> None:
    unsure = Understanding(intent="ask_programs", confidence=0.2, by="rasa")
    turn = advance(the_book(), _SAFE, Event(now=_NOW, text="bla bla", understanding=unsure))
    assert _said(turn.effects) == ["utter_clarify", "utter_ask_topic"]


def test_a_timer_that_lost_a_race_with_her_word_does_not_lock_her_out() -> None:
    state = State(phone=Phone.UNKNOWN, reminders=("crisis_silence",), heard_at=_NOW)
    turn = advance(the_book(), state, Event(now=_NOW + timedelta(minutes=1), timer="crisis_silence"))
    assert turn.state.phone is Phone.UNKNOWN
    assert turn.effects == (Silence(reason="outdated"),)


def test_the_same_words_count_whatever_their_spelling_and_a_number_never_does() -> None:
    pace = Pace()
    for text in ["Hola!", "hola", "HOLA", "hóla", "hola..", "¡Hola!"][:SAME]:
        pace = paced(pace, text, _NOW)
    assert is_machine(pace)
    numbers = Pace()
    for _ in range(SAME * 2):
        numbers = paced(numbers, "1", _NOW)
    assert not is_machine(numbers)


def test_more_than_anybody_can_type_is_a_machine_and_an_hour_later_it_is_forgotten() -> None:
    pace = Pace()
    for n in range(TURNS + 1):
        pace = paced(pace, f"mensaje {n} de otra cosa", _NOW)
    assert is_machine(pace)
    assert not is_machine(paced(pace, "hola", _NOW + timedelta(hours=1)))
