"""What the engine does when content or the world goes wrong."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from pathlib import Path

import pytest

from bot.dialogue.effects import RequestHuman, Say, Silence
from bot.dialogue.engine import advance
from bot.dialogue.load import load_book
from bot.dialogue.pace import GRAVE_AGAIN, SAME, TURNS, is_machine, paced
from bot.dialogue.state import Event, Frame, Pace, Phone, State, Turn
from bot.messages import Understanding
from tests.dialogue.editing import edited
from tests.dialogue.pure import the_book, understand

_NOW = datetime(2026, 11, 23, 15, tzinfo=UTC)
#: How long somebody takes from one message to the next.
_BETWEEN = timedelta(seconds=5)
_SAFE = State(phone=Phone.SAFE, heard_at=_NOW)


def _said(effects: tuple[object, ...]) -> list[str]:
    return [effect.response for effect in effects if isinstance(effect, Say)]


def _life(texts: list[str]) -> list[Turn]:
    """What became of each of these messages, one after the other."""
    state, turns, book = State(), list[Turn](), the_book()
    for n, text in enumerate(texts):
        event = Event(now=_NOW + n * _BETWEEN, text=text, understanding=understand(book, text, None, None))
        turns.append(advance(book, state, event))
        state = turns[-1].state
    return turns


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
    for text in [
        "Gane dinero desde casa!",
        "gane dinero desde casa",
        "GANE DINERO, desde casa",
        "gané dinero desde casa",
    ]:
        pace = paced(pace, text, _NOW)
    assert pace.repeats == 4
    numbers = Pace()
    for _ in range(SAME * 2):
        numbers = paced(numbers, "1", _NOW)
    assert not is_machine(numbers)


@pytest.mark.parametrize(
    "machine",
    [
        ["Su mensaje {n} fue recibido a las 10:{n:02}, gracias"],
        ["Gracias por comunicarse con nosotros", "Nuestro horario es de ocho a cinco"],
        ["No entendí su mensaje, escriba menú", "Opción {n}: escriba menú para volver", "Elija una opción de la lista"],
    ],
)
def test_a_machine_that_changes_its_words_a_little_is_answered_a_few_times_and_no_more(machine: list[str]) -> None:
    said = [machine[n % len(machine)].format(n=n) for n in range(60)]
    turns = _life(said)
    assert sum(bool(_said(turn.effects)) for turn in turns) <= SAME * len(machine)
    assert any(isinstance(one, RequestHuman) and one.reason == "loop" for turn in turns for one in turn.effects)


@pytest.mark.parametrize("cry", ["ayuda", "auxilio", "ayudeme por favor", "me quiero morir", "no", "me esta pegando"])
def test_a_woman_who_writes_the_same_few_words_again_and_again_is_taken_for_no_machine(cry: str) -> None:
    turns = _life([cry] * (SAME + 4))
    assert not any(effect == Silence(reason="loop") for turn in turns for effect in turn.effects)


def test_what_is_grave_and_repeated_by_whomever_is_answered_twice_a_minute_and_asks_for_a_person() -> None:
    turns = _life(["me amenaza con matarme si lo denuncio"] * 40)
    answered = [n for n, turn in enumerate(turns) if _said(turn.effects)]
    assert max(b - a for a, b in pairwise(answered)) * _BETWEEN <= GRAVE_AGAIN
    assert len(answered) < 15


@pytest.mark.parametrize(("word", "phone"), [("salir", Phone.LEFT), ("me miran", Phone.UNSAFE)])
def test_a_word_that_closes_is_obeyed_however_much_was_written_before(word: str, phone: Phone) -> None:
    state = replace(_SAFE, pace=Pace(since=_NOW, turns=TURNS + 5), spoke_at=_NOW)
    turn = advance(
        the_book(), state, Event(now=_NOW, text=word, understanding=understand(the_book(), word, None, None))
    )
    assert turn.state.phone is phone


def test_more_than_anybody_can_type_is_a_machine_and_an_hour_later_it_is_forgotten() -> None:
    pace = Pace()
    for n in range(TURNS + 1):
        pace = paced(pace, f"mensaje {n} de otra cosa", _NOW)
    assert is_machine(pace)
    assert not is_machine(paced(pace, "hola", _NOW + timedelta(hours=1)))
