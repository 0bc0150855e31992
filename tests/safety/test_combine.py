"""Words and NLU together: the gravest wins, whoever said it."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.messages import Alert, Understanding
from bot.safety import Screening, combine, screen
from bot.safety.lexicon import lexicon

_GRAVE = lexicon().gravity
_INTENTS = st.sampled_from([*_GRAVE, "psychological_violence", "greet", "unknown", "ask_route"])
_SCREENINGS = st.builds(
    Screening, alert=st.sampled_from(list(Alert)), intent=st.one_of(st.none(), _INTENTS), cues=st.just(("me pegó",))
)
_HEARD = st.builds(
    Understanding, intent=_INTENTS, confidence=st.floats(0, 1), alert=st.sampled_from(list(Alert)), by=st.just("rasa")
)


@given(_SCREENINGS, _HEARD)
def test_no_score_and_no_word_ever_lowers_an_alert(words: Screening, heard: Understanding) -> None:
    assert combine(words, heard).alert >= max(words.alert, heard.alert)


def test_violence_that_rasa_heard_and_last_night_that_the_words_say_are_urgent_together() -> None:
    heard = Understanding(intent="physical_violence", confidence=0.8, alert=Alert.ATTENTION, by="rasa")
    assert combine(screen("anoche me dio hasta con el balde"), heard).alert is Alert.URGENT


def _rank(intent: str | None) -> int:
    return _GRAVE.index(intent) if intent in _GRAVE else len(_GRAVE)


@given(_SCREENINGS, _HEARD)
def test_the_graver_meaning_wins_unless_it_is_a_mere_guess(words: Screening, heard: Understanding) -> None:
    meant = combine(words, heard)
    is_of_others = heard.intent == "third_party_report"
    if heard.confidence >= 0.5 and (words.intent is None or (words.alert >= Alert.URGENT and not is_of_others)):
        assert _rank(meant.intent) == min(_rank(words.intent), _rank(heard.intent))
    elif heard.confidence < 0.5:
        assert _rank(meant.intent) <= _rank(words.intent)


@given(_SCREENINGS, _HEARD)
def test_what_is_said_to_be_by_words_was_meant_by_the_words(words: Screening, heard: Understanding) -> None:
    meant = combine(words, heard)
    if meant.by == "screen" and words.intent is not None:
        assert (meant.intent, meant.confidence) == (words.intent, 1.0)
    else:
        assert (meant.intent, meant.confidence) == (heard.intent, heard.confidence)


@pytest.mark.parametrize(
    ("said", "guess", "sure", "meant", "by"),
    [
        ("si, es que mi esposo me pega", "physical_violence", 0.32, "physical_violence", "screen"),
        ("la vecina grita todas las noches y hay niños", "psychological_violence", 0.6, "third_party_report", "screen"),
        ("soy cajera del d1 hay una señora llorando y el man en la puerta", "third_party_report", 0.5,
         "brigade_help", "screen"),
        ("la vecina grita todas las noches", "imminent_danger", 0.4, "third_party_report", "screen"),
        ("él dice que se mata si lo dejo", "death_threat", 0.9, "psychological_violence", "screen"),
        ("él dice que se mata si lo dejo", "suicidal_ideation", 0.9, "psychological_violence", "screen"),
        ("me mata y se mata", "psychological_violence", 0.9, "death_threat", "screen"),
        ("mi marido intento matarme anoche", "suicidal_ideation", 0.7, "death_threat", "screen"),
        ("el esta al lado", "imminent_danger", 0.9, "imminent_danger", "rasa"),
        ("ya no esta", "quick_exit", 0.9, "quick_exit", "rasa"),
    ],
)  # fmt: skip
def test_whose_meaning_it_is_can_be_told(said: str, guess: str, sure: float, meant: str, by: str) -> None:
    joined = combine(screen(said), Understanding(intent=guess, confidence=sure, by="rasa"))
    assert (joined.intent, joined.by) == (meant, by)


def test_the_kinds_that_the_words_name_travel_on() -> None:
    assert "here" in combine(screen("si pero el esta al lado"), Understanding()).kinds


def test_words_outweigh_a_greeting_around_them() -> None:
    heard = Understanding(intent="greet", confidence=0.95, by="rasa")
    meant = combine(screen("hola buenas mi esposo me humilla"), heard)
    assert (meant.intent, meant.by) == ("psychological_violence", "screen")


def test_rasa_decides_between_light_meanings() -> None:
    heard = Understanding(intent="ask_route", confidence=0.7, by="rasa")
    assert combine(screen("donde queda la comisaria"), heard) == heard


def test_her_words_travel_with_an_alert_and_only_then() -> None:
    meant = combine(screen("me pegó anoche"), Understanding())
    assert meant.cues == ("me pegó",)
    assert combine(screen("hola"), Understanding()).cues == ()
