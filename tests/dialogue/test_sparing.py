"""When the day's letters are spent: whatever she writes, nobody is left without an answer, an owner or a named end."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

from hypothesis import given, settings
from hypothesis import strategies as st

from bot.dialogue.effects import RequestHuman, Say, Silence
from bot.dialogue.engine import advance
from bot.dialogue.state import Event, Phone, State
from bot.messages import Alert
from tests.dialogue.pure import the_book, understand

_NOW = datetime(2026, 11, 23, 15, tzinfo=UTC)
_SAID = ["buenas", "1", "2", "no", "si", "me pegó anoche", "me esta pegando", "me quiero morir", "salir", "en buga",
         "me miran", "que es un consultorio rosa", "no me sumen", "soy cajera", "quiero una psicologa"]  # fmt: skip


@given(said=st.lists(st.sampled_from(_SAID), min_size=1, max_size=10), gap=st.integers(2, 400))
@settings(max_examples=60, deadline=None)
def test_what_is_grave_is_said_word_for_word_as_on_any_day(said: list[str], gap: int) -> None:
    book, state = the_book(), State()
    for n, text in enumerate(said):
        understood = understand(book, text, None, None)
        event = Event(now=_NOW + timedelta(seconds=n * gap), text=text, understanding=understood)
        as_ever, sparing = advance(book, state, event), advance(book, state, replace(event, is_spent=True))
        assert any(isinstance(one, Say | RequestHuman | Silence) for one in sparing.effects)
        if understood.alert >= Alert.URGENT or state.alert >= Alert.URGENT or as_ever.state.phone is not Phone.SAFE:
            assert sparing == as_ever
        state = sparing.state
