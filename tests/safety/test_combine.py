"""Words and NLU together: the gravest wins, whoever said it."""

from __future__ import annotations

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


@given(_SCREENINGS, _HEARD)
def test_the_graver_meaning_wins(words: Screening, heard: Understanding) -> None:
    def rank(intent: str | None) -> int:
        return _GRAVE.index(intent) if intent in _GRAVE else len(_GRAVE)

    assert rank(combine(words, heard).intent) == min(rank(words.intent), rank(heard.intent))


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
