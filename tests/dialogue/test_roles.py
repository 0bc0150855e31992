"""Two roles, two conversations: whatever is written, the words of one are never said or kept in the other."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.dialogue.effects import Remind, Say, SpeakAs
from bot.dialogue.engine import advance
from bot.dialogue.flow import Act, Collect
from bot.dialogue.patterns import BORROWED, fires_after
from bot.dialogue.roles import role_of
from bot.dialogue.state import Event, Phone, State, Turn
from bot.messages import Alert, Role, Understanding
from tests.dialogue.pure import the_book, understand

_START = datetime(2026, 11, 23, 15, tzinfo=UTC)
_BOOK = the_book()
_INTENTS = sorted({t.intent for flow in _BOOK.flows.values() for t in flow.triggers if t.intent})
_PAYLOADS = sorted({b.payload for r in _BOOK.responses.values() for v in r.variants for b in (*v.buttons, *v.typed)})
_WORDS = [
    *("soy cajera, tienda 12", "guayaba", "soy cajera y hay una clienta asustada", "hola", "si", "no", "1", "2", "3"),
    *("la que necesita ayuda soy yo", "mi esposo me pegó anoche", "a mi también me pega mi marido", "me violaron"),
    *("la señora dice que el marido la golpea", "él está aquí", "me equivoqué", "está tumbando la puerta", "salir"),
    *("le apretó el cuello", "mi hija no aparece", "quiero hablar con una psicóloga", "tuluá", "gracias", "asdf"),
]
_deeds = st.tuples(
    st.sampled_from([timedelta(seconds=5), timedelta(minutes=3), timedelta(hours=13)]),
    st.one_of(
        st.sampled_from(_WORDS).map(lambda text: {"text": text}),
        st.sampled_from(_PAYLOADS).map(lambda payload: {"payload": payload}),
        st.tuples(st.sampled_from(_WORDS), st.sampled_from(_INTENTS), st.sampled_from(list(Alert))).map(
            lambda said: {"text": said[0], "nlu": Understanding(intent=said[1], confidence=0.95, alert=said[2])}
        ),
        st.sampled_from(["borrowed", "crisis_silence"]).map(lambda name: {"timer": name}),
    ),
)
_lives = st.lists(_deeds, min_size=2, max_size=14)


def _live(life: list[tuple[timedelta, dict[str, object]]]) -> list[tuple[State, Event, Turn]]:
    state, now, lived = State(), _START, []
    for gap, deed in life:
        now += gap
        what = dict(deed)
        nlu = what.pop("nlu", None)
        event = Event(now=now, **what)  # type: ignore[arg-type]  # built by the strategies above
        if event.text:
            assert nlu is None or isinstance(nlu, Understanding)
            heard = understand(_BOOK, event.text, event.payload, nlu)
            event = Event(now=now, text=event.text, understanding=heard)
        turn = advance(_BOOK, state, event)
        lived.append((state, event, turn))
        state = turn.state
    return lived


def _said_in(flow: str) -> set[str]:
    steps = _BOOK.flows[flow].steps.values()
    return {s.utter if isinstance(s, Collect) else s.action for s in steps if isinstance(s, Collect | Act)}


_WOMANS = {name for flow in _BOOK.flows if role_of(flow) is Role.WOMAN for name in _said_in(flow)}
_OTHERS = {name for flow in _BOOK.flows if role_of(flow) is not Role.WOMAN for name in _said_in(flow)}


@given(_lives)
def test_in_the_brigades_role_no_flow_of_a_woman_is_under_way_and_none_of_its_words_are_said(
    life: list[tuple[timedelta, dict[str, object]]],
) -> None:
    for _, _, turn in _live(life):
        if turn.state.role is Role.BRIGADE:
            assert all(role_of(frame.flow) is not Role.WOMAN for frame in turn.state.stack)
            said = {effect.response for effect in turn.effects if isinstance(effect, Say)}
            assert said.isdisjoint(_WOMANS - _OTHERS)


@given(_lives)
def test_a_role_is_left_with_everything_that_was_told_in_it(life: list[tuple[timedelta, dict[str, object]]]) -> None:
    for before, event, turn in _live(life):
        spoken = [effect for effect in turn.effects if isinstance(effect, SpeakAs)]
        assert bool(spoken) is (turn.state.role is not before.role)
        if not spoken:
            continue
        assert turn.effects[0] is spoken[0]
        assert len(spoken) == 1
        assert event.text or event.payload
        assert turn.state.alert >= event.understanding.alert
        if turn.state.role is Role.WOMAN:
            assert turn.state.phone is not Phone.SAFE
            assert turn.state.slots.get("municipality") is None or event.understanding.place is not None


@given(_lives)
def test_the_time_of_a_lent_phone_runs_on_whatever_is_written(
    life: list[tuple[timedelta, dict[str, object]]],
) -> None:
    for before, event, turn in _live(life):
        set_anew = any(isinstance(effect, Remind) and effect.name == BORROWED for effect in turn.effects)
        if BORROWED in before.reminders:
            assert not set_anew
            if event.timer == BORROWED and not before.phone.is_locked:
                assert turn.state.phone is Phone.UNSAFE
            elif event.timer is None and not turn.state.phone.is_locked:
                assert BORROWED in turn.state.reminders
        if event.timer is not None:
            assert not any(isinstance(effect, Say) for effect in turn.effects)


def test_the_minutes_that_are_said_are_the_minutes_that_are_kept() -> None:
    assert fires_after(BORROWED) == timedelta(minutes=int(_BOOK.facts.figures["borrowed_minutes"].value))


@pytest.mark.parametrize(
    "said",
    [
        "la que necesita ayuda soy yo",
        "mi marido me pega",
        "a mí también me pega mi esposo",
        "ya no quiero vivir más yo",
    ],
)
def test_a_worker_who_speaks_of_herself_leaves_at_once_from_every_question_of_the_brigade(said: str) -> None:
    stand = State(heard_at=_START)
    for text in ("soy cajera, tienda 12", "no", "si", "no", "no quiere que llame"):
        heard = understand(_BOOK, text, None, None)
        stand = advance(_BOOK, stand, Event(now=_START, text=text, understanding=heard)).state
        assert stand.role is Role.BRIGADE
        turn = advance(_BOOK, stand, Event(now=_START, text=said, understanding=understand(_BOOK, said, None, None)))
        assert turn.state.role is Role.WOMAN
        assert next(e.response for e in turn.effects if isinstance(e, Say)) == "utter_worker_herself"


def test_no_text_of_the_brigade_asks_for_a_name() -> None:
    for name, response in _BOOK.responses.items():
        for variant in response.variants:
            if response.where.file.startswith("brigade") and name != "utter_brigade_no_names":
                assert "nombre" not in variant.text.lower()


def test_the_shops_are_a_demonstration_and_say_so() -> None:
    stores = _BOOK.facts.stores
    assert stores.is_demonstration
    assert all(store.name.startswith("TIENDA DEMO") for store in stores.stores)
    assert all(any(word.until >= date(2026, 11, 23) for word in store.words) for store in stores.stores)
