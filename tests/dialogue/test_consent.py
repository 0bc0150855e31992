"""What she may allow and what she may say of the help: asked gently, or not at all, and never a condition."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.dialogue.effects import LogSession, NoteConsent, RequestHuman, Say
from bot.dialogue.engine import advance
from bot.dialogue.flow import Collect
from bot.dialogue.load import load_book
from bot.dialogue.patterns import ASKED_ONCE, CONSENT_TEXTS, HELPED
from bot.dialogue.review import hash_of
from bot.dialogue.state import Event, Frame, Phone, State, Turn
from bot.messages import Alert, MediaKind, Role, Understanding
from tests.dialogue.editing import edited
from tests.dialogue.pure import the_book, understand
from tests.dialogue.test_promises import Life, _live, _lives

_BOOK = the_book()
_NOW = datetime(2026, 11, 23, 15, tzinfo=UTC)
_ASKS = {"utter_ask_may_talk", "utter_ask_may_count", "utter_ask_share_wish"}
_SURVEY = "utter_ask_helped"
_WORDS = ["qué llevar", "cuánto se demora", "qué hace cada una", "si no me atienden", "terminar", "gracias", "hola",
          "quien lee esto", "mis permisos", "no me cuenten", "mi marido me quita la plata", "asdf", "."]  # fmt: skip


def _said(turn: Turn) -> list[str]:
    return [effect.response for effect in turn.effects if isinstance(effect, Say)]


def _texts(turn: Turn) -> list[str]:
    return [effect.reply.text for effect in turn.effects if isinstance(effect, Say)]


def _write(state: State, text: str = "", *, payload: str | None = None, after: int = 20) -> Turn:
    now = (state.heard_at or _NOW) + timedelta(seconds=after)
    heard = understand(_BOOK, text, payload, None)
    return advance(_BOOK, state, Event(now=now, text=text, payload=payload, understanding=heard))


def _safe(**slots: str) -> State:
    return State(phone=Phone.SAFE, heard_at=_NOW, slots=slots, version=_BOOK.version)


def _at_menu(**slots: str) -> State:
    """She was oriented about money, in Buga, and chooses what comes next."""
    known = {"situation": "economic_violence", "municipality": "76111", "municipality_kind": "valle"}
    return replace(_safe(**known, **slots), stack=(Frame(flow="what_now", step=_BOOK.flows["what_now"].first),))


def _tap(state: State, slot: str, value: str) -> Turn:
    return _write(state, payload=f'/inform{{"{slot}": "{value}"}}')


# What she answers changes nothing of the help.

_LATER = st.lists(st.sampled_from(_WORDS), min_size=1, max_size=8)
_ANSWERS = st.sampled_from(["yes", "no", "unsaid"])


@given(_ANSWERS, _ANSWERS, _LATER)
def test_whatever_she_answers_about_being_counted_the_help_is_word_for_word_the_same(
    one: str, other: str, later: Sequence[str]
) -> None:
    asked = _tap(_at_menu(), "what_now", "bring")
    assert "utter_ask_may_count" in _said(asked)
    lives = [_tap(asked.state, "may_count", answer) for answer in (one, other)]
    assert _texts(lives[0]) == _texts(lives[1])
    for text in later:
        lives = [_write(turn.state, text) for turn in lives]
        assert _texts(lives[0]) == _texts(lives[1])


@given(st.sampled_from(["yes", "no"]), _LATER)
def test_who_does_not_want_to_talk_is_helped_in_the_same_words_afterwards(answer: str, later: Sequence[str]) -> None:
    refused, other = (_tap(_write(_at_menu(), "quien lee esto").state, "may_talk", one) for one in ("no", answer))
    assert _texts(refused)[1:] == _texts(other)[1:]
    for text in later:
        refused, other = _write(refused.state, text), _write(other.state, text)
        assert _texts(refused) == _texts(other)


@given(st.sampled_from(["given", "taken back", "never asked"]))
def test_her_permissions_look_the_same_whatever_she_allowed_before(before: str) -> None:
    state = _at_menu()
    if before != "never asked":
        state = _tap(_tap(state, "what_now", "bring").state, "may_count", "yes").state
    if before == "taken back":
        state = _write(state, "no me sumen").state
    asked = _write(replace(state, stack=_at_menu().stack), "mis permisos")
    assert _texts(asked) == _texts(_write(_at_menu(), "mis permisos"))


# When nothing is asked.


@given(_lives)
def test_no_permission_is_asked_for_before_the_phone_is_safe_or_in_something_grave(life: Life) -> None:
    for before, _, turn in _live(life):
        asked = _ASKS & set(_said(turn))
        if asked:
            assert turn.state.phone is Phone.SAFE
            assert max(before.alert, turn.state.alert) < Alert.URGENT
            assert turn.state.role is Role.WOMAN


#: She can write, and what happens then ends in thanks, again and again.
_THANKS = {"text": "gracias", "understanding": Understanding(intent="thank", confidence=1.0, by="screen")}
_PARTINGS = st.lists(
    st.sampled_from(
        [
            *({"text": text} for text in ("quiero hablar con una psicologa", "mi esposo me pegó anoche, vivo en buga")),
            *(
                {"text": text}
                for text in ("tengo 13", "no quiero vivir", "me esta tumbando la puerta", "si", "no", "2")
            ),
            *({"text": text} for text in ("soy cajera y hay una señora llorando", "salir", "hola", "quien lee esto")),
            {"media": (MediaKind.IMAGE,)},
            {"failed": "30003"},
            {"timer": "urgent_silence"},
            _THANKS,
        ]
    ),
    max_size=6,
)
_ENDINGS = st.tuples(
    _PARTINGS.map(
        lambda deeds: [
            (timedelta(seconds=20), deed)
            for deed in ({"text": "hola"}, {"text": "si"}, *(one for deed in deeds for one in (deed, _THANKS)))
        ]
    ),
    st.just("whatsapp"),
    st.sampled_from([_NOW, _NOW + timedelta(hours=12)]),
)


@given(st.one_of(_lives, _ENDINGS))
def test_the_survey_is_only_said_on_a_safe_phone_after_an_episode_that_was_not_grave(life: Life) -> None:
    was_grave = person_asked = False
    for before, event, turn in _live(life):
        if before.phone.is_locked or not before.slots:
            was_grave = person_asked = False
        was_grave |= turn.state.alert >= Alert.URGENT
        person_asked |= any(isinstance(effect, RequestHuman) for effect in turn.effects)
        if _SURVEY in _said(turn):
            assert turn.state.phone is Phone.SAFE
            assert not was_grave
            assert not person_asked
            assert turn.state.slots.get("child_who") != "self"
            assert turn.state.role is Role.WOMAN
            # Only ever part of a reply to her own message.
            assert (event.timer, event.failed, event.forget) == (None, None, False)
            assert "utter_close" in _said(turn)


@given(_lives)
def test_what_is_asked_once_is_said_at_most_once_an_episode(life: Life) -> None:
    said: set[str] = set()
    for before, event, turn in _live(life):
        if not turn.state.slots or before.phone.is_locked or turn.state.phone is Phone.UNKNOWN:
            said.clear()
        now = (_ASKS | {_SURVEY}) & set(_said(turn))
        assert not now & said, (event, now)
        said |= now


@pytest.mark.parametrize(
    "state",
    [
        replace(_safe(), alert=Alert.URGENT),
        _safe(team_asked="yes"),
        _safe(child_who="self"),
        _safe(lent="yes"),
        _safe(helped="unsaid"),
        replace(_safe(), role=Role.BRIGADE),
    ],
    ids=["grave", "a person was asked for", "a minor", "a lent phone", "asked already", "a shop"],
)
def test_who_is_not_asked_whether_it_helped(state: State) -> None:
    heard = Understanding(intent="thank", confidence=1.0, by="screen")
    turn = advance(_BOOK, state, Event(now=_NOW, text="muchas gracias", understanding=heard))
    assert _SURVEY not in _said(turn)
    assert _said(turn)


def test_whoever_says_goodbye_calmly_is_asked_whether_it_helped() -> None:
    heard = Understanding(intent="thank", confidence=1.0, by="screen")
    turn = advance(_BOOK, _safe(), Event(now=_NOW, text="muchas gracias", understanding=heard))
    assert _said(turn) == ["utter_close", _SURVEY]


_OTHER = st.one_of(
    st.sampled_from(_WORDS).map(lambda text: {"text": text}),
    st.text(min_size=1, max_size=30).map(lambda text: {"text": text}),
    st.sampled_from(sorted({b.payload for r in _BOOK.responses.values() for v in r.variants for b in v.buttons})).map(
        lambda payload: {"payload": payload}
    ),
)


@given(st.lists(_OTHER, min_size=1, max_size=6))
def test_a_survey_that_she_leaves_is_never_said_again_in_its_episode(deeds: list[dict[str, str]]) -> None:
    state = _safe()
    heard = Understanding(intent="thank", confidence=1.0, by="screen")
    state = advance(_BOOK, state, Event(now=_NOW, text="gracias", understanding=heard)).state
    for deed in deeds:
        turn = _write(state, deed.get("text", ""), payload=deed.get("payload"))
        assert _SURVEY not in _said(turn)
        state = turn.state


# What is noted.


def test_what_she_allows_is_noted_with_the_version_of_the_text_that_she_answered() -> None:
    asked = _tap(_at_menu(), "what_now", "bring")
    turn = _tap(asked.state, "may_count", "no")
    notes = [effect for effect in turn.effects if isinstance(effect, NoteConsent)]
    version = hash_of(_BOOK.responses["utter_ask_may_count"], _BOOK.facts)
    assert notes == [NoteConsent(layer="count", answer="refused", text="utter_ask_may_count", version=version)]


def test_another_wording_is_another_version(tmp_path: object) -> None:
    book = load_book(edited(tmp_path, "consent.yml", "¿Podemos sumar esta?", "¿La sumamos?"))  # type: ignore[arg-type]
    before, after = (hash_of(one.responses["utter_ask_may_count"], one.facts) for one in (_BOOK, book))
    assert before != after


@given(_lives)
def test_every_permission_that_is_noted_names_its_text_and_an_institution_of_the_directory(life: Life) -> None:
    for _, _, turn in _live(life):
        for note in (effect for effect in turn.effects if isinstance(effect, NoteConsent)):
            assert note.version == hash_of(_BOOK.responses[note.text], _BOOK.facts)
            assert note.institution is None or note.institution in _BOOK.facts.directory.services
            # Nobody agrees to everybody.
            assert note.layer != "share" or note.institution is not None or note.answer != "given"


def test_whom_she_may_name_stands_in_the_directory() -> None:
    for slot in ("share_with", "veto"):
        assert set(_BOOK.slots[slot].values) - {"none", "all"} <= set(_BOOK.facts.directory.services)


def test_every_text_whose_version_is_noted_exists_and_what_is_asked_once_is_asked_in_one_place() -> None:
    assert set(CONSENT_TEXTS) <= set(_BOOK.responses)
    asked = [s.slot for f in _BOOK.flows.values() for s in f.steps.values() if isinstance(s, Collect)]
    assert all(asked.count(slot) == 1 for slot in ASKED_ONCE)


@given(st.sampled_from(["no me cuenten", "ya no quiero que compartan", "quito mi permiso"]),
       st.sampled_from([State(), _safe(), _at_menu(), replace(_safe(), alert=Alert.EMERGENCY)]))  # fmt: skip
def test_what_she_takes_back_is_noted_wherever_she_stands(words: str, state: State) -> None:
    notes = [effect for effect in _write(state, words).effects if isinstance(effect, NoteConsent)]
    assert {note.answer for note in notes} == {"withdrawn"}


@given(_lives)
def test_only_an_answer_to_the_survey_is_kept_as_one(life: Life) -> None:
    for before, _, turn in _live(life):
        for log in (effect for effect in turn.effects if isinstance(effect, LogSession) and effect.helped):
            assert log.helped in _BOOK.slots[HELPED].values
            assert before.stack[-1].flow == "survey" or turn.state.slots.get(HELPED) == log.helped
