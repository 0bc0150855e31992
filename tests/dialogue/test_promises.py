"""What holds for every conversation, whatever is written, tapped, sent or left unsaid."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import TypeAdapter

from bot.dialogue.effects import CancelReminder, Effect, Forget, LogSession, Remind, RequestHuman, Say, Silence
from bot.dialogue.engine import advance, fail
from bot.dialogue.handing import Handed, hand
from bot.dialogue.patterns import OUTCOMES, PARTING, REASONS, SAYABLE_UNKNOWN
from bot.dialogue.state import Event, Mode, Phone, State, Turn
from bot.messages import Alert, MediaKind, Place, Understanding
from bot.nlu.meanings import alert_of_intents
from tests.dialogue.pure import the_book, understand

#: What happens and when, the channel, and the time of the first.
Life = tuple[list[tuple[timedelta, dict[str, object]]], str, datetime]

_START = datetime(2026, 11, 23, 15, tzinfo=UTC)
_STATE: TypeAdapter[State] = TypeAdapter(State)
_BOOK = the_book()
_INTENTS = sorted({t.intent for flow in _BOOK.flows.values() for t in flow.triggers if t.intent} | {"affirm", "deny"})
_PAYLOADS = sorted(
    {b.payload for r in _BOOK.responses.values() for v in r.variants for b in (*v.buttons, *v.typed)}
    | {
        "/ask_human",
        "/quick_exit",
        "/nonsense",
        '/inform{"safe_now": "maybe"}',
        '/inform{"topic": 3}',
        "{}",
        "/inform{}",
    }
)
_WORDS = [
    *("hola", "si", "no", "1", "2", "3", "0", "9", ".", "❤️", "salir", "BAJA", "borrar", "psicóloga", "asdf"),
    *("mi esposo me pegó anoche, vivo en buga", "me esta tumbando la puerta", "el esta aqui no puedo hablar"),
    *("me tome unas pastas", "me apretó el cuello", "no quiero vivir", "mi hija no aparece", "prefiero no decir"),
    *("buga", "bogotá", "que les dijo mi esposa", "soy cajera y hay una señora llorando", "me violaron", "gracias"),
]

_places = st.sampled_from(
    [
        None,
        None,
        Place(code="76111", name="Guadalajara de Buga", zone="Centro"),
        Place(code="FUERA_VALLE", name="Corinto", zone=""),
    ]
)
_understandings = st.builds(
    Understanding,
    intent=st.sampled_from([*_INTENTS, "unknown"]),
    confidence=st.sampled_from([0.0, 0.3, 0.5, 0.95]),
    alert=st.sampled_from(list(Alert)),
    place=_places,
    by=st.just("rasa"),
)
_gaps = st.sampled_from([timedelta(seconds=5), timedelta(minutes=3), timedelta(minutes=6), timedelta(hours=13)])
_texts = st.one_of(st.sampled_from(_WORDS), st.text(max_size=40))
_deeds = st.one_of(
    st.tuples(_gaps, _texts.map(lambda text: {"text": text})),
    st.tuples(_gaps, st.builds(lambda text, u: {"text": text, "understanding": u}, _texts, _understandings)),
    st.tuples(_gaps, st.sampled_from(_PAYLOADS).map(lambda payload: {"payload": payload})),
    st.tuples(_gaps, st.sampled_from(list(MediaKind)).map(lambda kind: {"media": (kind,)})),
    st.tuples(_gaps, st.just({"has_location": True})),
    st.tuples(_gaps, st.sampled_from(["crisis_silence", "gone"]).map(lambda name: {"timer": name})),
    st.tuples(_gaps, st.just({"failed": "30003"})),
    st.tuples(_gaps, st.just({"forget": True})),
)
_lives = st.tuples(
    st.lists(_deeds, min_size=1, max_size=14),
    st.sampled_from(["whatsapp", "sms"]),
    st.sampled_from([_START, _START + timedelta(hours=12)]),
)


def _live(life: Life) -> list[tuple[State, Event, Turn]]:
    deeds, channel, now = life
    state, lived = State(), []
    for gap, what in deeds:
        now += gap
        event = Event(now=now, channel=channel, **what)  # type: ignore[arg-type]  # built by the strategies above
        if "understanding" not in what and event.text:
            event = replace(event, understanding=understand(_BOOK, event.text, event.payload, None))
        turn = advance(_BOOK, state, event)
        lived.append((state, event, turn))
        state = turn.state
    return lived


def _says(turn: Turn) -> list[Say]:
    return [effect for effect in turn.effects if isinstance(effect, Say)]


def _is_hers(event: Event) -> bool:
    return event.timer is None and event.failed is None and not event.forget


@given(_lives)
def test_nothing_but_last_words_is_said_to_a_locked_phone(life: Life) -> None:
    for before, event, turn in _live(life):
        if turn.state.phone.is_locked:
            assert all(say.parting and say.response in PARTING for say in _says(turn))
            assert not any(isinstance(effect, Remind) for effect in turn.effects)
        if before.phone.is_locked and not _is_hers(event):
            assert not _says(turn)
            assert turn.state.phone.is_locked


@given(_lives)
def test_to_an_unknown_phone_only_the_neutral_question_or_danger_is_said(life: Life) -> None:
    for _, _, turn in _live(life):
        if turn.state.phone is Phone.UNKNOWN:
            assert {say.response for say in _says(turn)} <= SAYABLE_UNKNOWN


@given(_lives)
def test_only_her_own_yes_to_the_neutral_question_makes_a_phone_safe(life: Life) -> None:
    for before, event, turn in _live(life):
        if turn.state.phone is Phone.SAFE and before.phone is not Phone.SAFE:
            assert _is_hers(event)
            assert before.stack
            assert before.stack[-1].flow == "pattern_session_start"


_NEUTRAL = _BOOK.slots["safe_now"]
_LISTED = sorted({*_NEUTRAL.words, *_NEUTRAL.anywhere})
_BY_RASA = st.builds(
    Understanding,
    intent=st.sampled_from([*_INTENTS, "quick_exit", "opt_out", "delete_my_data", "unknown"]),
    confidence=st.floats(0.0, 0.999),
    alert=st.sampled_from(list(Alert)),
    by=st.just("rasa"),
)


@given(_BY_RASA, st.sampled_from([Phone.UNKNOWN, Phone.SAFE]), st.sampled_from(list(Mode)))
def test_no_guess_opens_a_phone_closes_it_stops_her_or_erases_her(
    guess: Understanding, phone: Phone, mode: Mode
) -> None:
    asked = advance(_BOOK, State(), Event(now=_START, text="hola")).state
    for state in (asked, replace(asked, stack=(), slots={})):
        before = replace(state, phone=phone, mode=mode)
        turn = advance(_BOOK, before, Event(now=_START, text="lo de siempre pues", understanding=guess))
        assert turn.state.phone is phone
        assert turn.state.mode is not Mode.STOPPED
        assert not any(isinstance(effect, Forget) for effect in turn.effects)


@given(st.sampled_from(_LISTED), _BY_RASA)
def test_a_listed_answer_counts_whatever_a_guess_makes_of_it(said: str, guess: Understanding) -> None:
    asked = advance(_BOOK, State(), Event(now=_START, text="hola")).state
    turn = advance(_BOOK, asked, Event(now=_START, text=said, understanding=guess))
    means = _NEUTRAL.words.get(said) or _NEUTRAL.anywhere[said]
    assert turn.state.phone is (Phone.SAFE if means == "yes" else Phone.UNSAFE)


@given(st.sampled_from(["sí", "si, pero", "ok", "claro que sí", "lo que sea"]), _BY_RASA)
def test_with_somebody_beside_her_nothing_free_is_a_yes(said: str, guess: Understanding) -> None:
    asked = advance(_BOOK, State(), Event(now=_START, text="hola")).state
    heard = replace(guess, kinds=frozenset({"here"}))
    turn = advance(_BOOK, asked, Event(now=_START, text=f"{said}, el esta al lado", understanding=heard))
    assert turn.state.phone is not Phone.SAFE


@given(_lives)
def test_what_a_choice_led_to_is_as_grave_as_if_it_had_been_said(life: Life) -> None:
    floor = alert_of_intents()
    for before, event, turn in _live(life):
        if before.phone.is_locked or turn.state.phone.is_locked or not _is_hers(event) or not turn.state.stack:
            continue
        topic = _BOOK.flows[turn.state.stack[-1].flow].topic
        if topic is not None and topic in floor:
            assert turn.state.alert >= floor[topic]


@given(_lives)
def test_after_twelve_hours_or_a_lock_the_first_words_are_neutral_or_danger(life: Life) -> None:
    for before, event, turn in _live(life):
        slept = before.heard_at is None or event.now - before.heard_at >= timedelta(hours=12)
        if _is_hers(event) and (slept or before.phone.is_locked):
            assert {say.response for say in _says(turn)} <= SAYABLE_UNKNOWN
            assert turn.state.phone is not Phone.SAFE


@given(_lives)
def test_no_turn_ends_without_words_a_human_or_a_silence_with_a_name(life: Life) -> None:
    for _, _, turn in _live(life):
        assert any(isinstance(effect, Say | RequestHuman | Silence) for effect in turn.effects)
        for effect in turn.effects:
            if isinstance(effect, Silence):
                assert effect.reason != "nothing_to_say"


@given(_lives)
def test_an_emergency_always_reaches_a_person(life: Life) -> None:
    for _, event, turn in _live(life):
        if _is_hers(event) and event.understanding.alert is Alert.EMERGENCY:
            asked = [effect for effect in turn.effects if isinstance(effect, RequestHuman)]
            assert max((effect.alert for effect in asked), default=Alert.NONE) is Alert.EMERGENCY


@given(_lives)
def test_the_same_life_is_answered_the_same_way(life: Life) -> None:
    assert _live(life) == _live(life)


@given(_lives)
def test_what_is_remembered_survives_being_written_down(life: Life) -> None:
    for _, _, turn in _live(life):
        assert _STATE.validate_json(_STATE.dump_json(turn.state)) == turn.state


@given(_lives)
def test_no_word_of_hers_is_remembered(life: Life) -> None:
    for _, event, turn in _live(life):
        for name, value in turn.state.slots.items():
            slot = _BOOK.slots[name]
            assert value in (*slot.values, "given", True, None) or name == "municipality"
        if len(event.text) > 12:
            assert event.text not in _STATE.dump_json(turn.state).decode()


@given(_lives)
def test_what_is_logged_is_in_the_closed_lists(life: Life) -> None:
    for _, _, turn in _live(life):
        for effect in turn.effects:
            if isinstance(effect, LogSession):
                assert effect.outcome is None or effect.outcome in OUTCOMES
                assert effect.topic is None or effect.topic in _BOOK.slots["topic"].values
            if isinstance(effect, RequestHuman):
                assert effect.reason in REASONS


@given(_lives)
def test_reminders_remembered_are_those_that_were_set_and_not_withdrawn(life: Life) -> None:
    live: set[str] = set()
    for _, event, turn in _live(life):
        live.discard(event.timer or "")
        for effect in turn.effects:
            if isinstance(effect, CancelReminder):
                live.discard(effect.name)
            elif isinstance(effect, Remind):
                live.add(effect.name)
        assert live == set(turn.state.reminders)


@given(_lives)
@settings(max_examples=30)
def test_a_turn_that_fails_asks_for_a_person_and_keeps_the_lock(life: Life) -> None:
    for before, event, _ in _live(life):
        turn = fail(_BOOK, before, event.now)
        assert any(isinstance(effect, RequestHuman) and effect.reason == "internal_error" for effect in turn.effects)
        if before.phone.is_locked:
            assert not _says(turn)
            assert turn.state.phone is before.phone
        if turn.state.phone is Phone.UNKNOWN:
            assert {say.response for say in _says(turn)} <= SAYABLE_UNKNOWN


def test_erasing_her_says_one_word_before_it_happens() -> None:
    turn = advance(_BOOK, State(), Event(now=_START, forget=True))
    kinds: list[type[Effect]] = [type(effect) for effect in turn.effects]
    assert kinds.index(Say) < kinds.index(Forget)


def test_while_a_psychologist_speaks_the_bot_is_silent_but_the_lock_and_danger_still_count() -> None:
    state = State(mode=Mode.HUMAN, phone=Phone.SAFE, heard_at=_START)
    heard = understand(_BOOK, "me esta tumbando la puerta", None, None)
    danger = advance(_BOOK, state, Event(now=_START, text="me esta tumbando la puerta", understanding=heard))
    assert not _says(danger)
    assert RequestHuman(reason="danger", alert=Alert.EMERGENCY) in danger.effects
    watched = advance(_BOOK, state, Event(now=_START, payload='/inform{"safe_now": "watched"}'))
    assert watched.state.phone is Phone.UNSAFE
    left = advance(_BOOK, state, Event(now=_START, text="salir"))
    assert left.state.phone is Phone.LEFT
    assert left.state.mode is Mode.HUMAN


def test_what_answers_the_psychologist_does_not_answer_the_bots_old_question() -> None:
    asked = advance(_BOOK, State(), Event(now=_START, text="hola")).state
    taken = hand(_BOOK, replace(asked, phone=Phone.SAFE), Event(now=_START), Handed.TAKEN)
    state = taken.state
    assert state.mode is Mode.HUMAN
    for text in ("3", "2", "no", "ahora no", "luego"):
        turn = advance(_BOOK, state, Event(now=_START, text=text))
        assert turn.state.phone is Phone.SAFE
        assert turn.effects == (Silence(reason="human"),)
    watched = advance(_BOOK, state, Event(now=_START, text="Me miran"))
    assert watched.state.phone is Phone.UNSAFE


def test_the_neutral_question_that_a_psychologist_has_asked_is_answered_by_her_word_alone() -> None:
    state = State(mode=Mode.HUMAN, phone=Phone.UNKNOWN, heard_at=_START)
    asked = hand(_BOOK, state, Event(now=_START), Handed.ASKED)
    assert [say.response for say in _says(asked)] == ["utter_ask_safe_now"]
    for text, phone in (("1", Phone.SAFE), ("sí", Phone.SAFE), ("2", Phone.UNSAFE), ("me miran", Phone.UNSAFE)):
        turn = advance(_BOOK, asked.state, Event(now=_START, text=text))
        assert turn.state.phone is phone
        assert turn.state.mode is Mode.HUMAN
        assert not _says(turn)
    unclear = advance(_BOOK, asked.state, Event(now=_START, text="mi marido me pega"))
    assert unclear.state.phone is Phone.UNKNOWN
