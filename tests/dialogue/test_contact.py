"""Nothing goes to her phone first but what she agreed to, and a word given in a whisper shows nothing."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, time, timedelta
from uuid import UUID
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.dialogue.agreement import Agreement, Way
from bot.dialogue.contact import Contact, may_contact, next_time
from bot.dialogue.effects import Remind, RequestHuman, Say, Silence
from bot.dialogue.engine import advance
from bot.dialogue.patterns import AGREED_CONTACT, ASK_SAFE_NOW, BORROWED, REMINDERS
from bot.dialogue.state import Event, Mode, Phone, State
from bot.dialogue.word import is_fit
from bot.messages import PersonMessage, TimerFired, Understanding
from bot.shifts import Attendance, Shift
from bot.turn import gather, take_turn
from tests.dialogue.pure import the_book, understand
from tests.doubles.rig import HER

_BOOK = the_book()
_ID = UUID(int=1)
_VALLE = ZoneInfo("America/Bogota")
#: A Monday, 9:00 in the Valle.
_NINE = datetime(2026, 11, 23, 14, tzinfo=UTC)
_MORNING = Agreement(
    way=Way.HERE,
    channel="whatsapp",
    opens=time(8),
    closes=time(12),
    agreed_at=_NINE - timedelta(hours=12),
    expires_at=_NINE + timedelta(days=14),
)


def _asked(agreement: Agreement | None = _MORNING, **more: object) -> Contact:
    given_now: dict[str, object] = {
        "phone": Phone.UNKNOWN,
        "now": _NINE,
        "channel": "whatsapp",
        "heard_at": _NINE - timedelta(hours=12),
        "timezone": _VALLE,
    }
    return may_contact(agreement, **given_now | more)  # type: ignore[arg-type]  # a table of cases


def test_within_her_hours_and_by_her_way_the_neutral_line_may_go() -> None:
    assert _asked() is Contact.ALLOWED
    assert _asked(phone=Phone.SAFE) is Contact.ALLOWED


@pytest.mark.parametrize(
    ("reason", "agreement", "more"),
    [
        (Contact.NO_AGREEMENT, None, {}),
        (Contact.LOCKED, _MORNING, {"phone": Phone.UNSAFE}),
        (Contact.LOCKED, _MORNING, {"phone": Phone.LEFT}),
        (Contact.EXPIRED, replace(_MORNING, expires_at=_NINE), {}),
        (Contact.OUTSIDE_BAND, replace(_MORNING, opens=time(10)), {}),
        (Contact.OUTSIDE_BAND, replace(_MORNING, closes=time(9)), {}),
        (Contact.UNCONFIRMED, replace(_MORNING, confirmed=False), {}),
        (Contact.A_CALL, replace(_MORNING, way=Way.CALL), {}),
        (Contact.IN_TOUCH, _MORNING, {"heard_at": _NINE - timedelta(minutes=59)}),
        (Contact.OTHER_CHANNEL, replace(_MORNING, way=Way.SMS), {}),
        (Contact.OTHER_CHANNEL, _MORNING, {"channel": "sms"}),
        (Contact.WINDOW_CLOSED, _MORNING, {"phone": Phone.SAFE, "heard_at": _NINE - timedelta(hours=23, minutes=50)}),
        (Contact.NOT_SAFE, _MORNING, {"heard_at": _NINE - timedelta(hours=62), "can_reopen": True}),
    ],
)
def test_anything_else_is_not_allowed_and_says_why(
    reason: Contact, agreement: Agreement | None, more: dict[str, object]
) -> None:
    assert _asked(agreement, **more) is reason


def test_an_sms_has_no_window_that_closes() -> None:
    by_sms = replace(_MORNING, channel="sms")
    assert _asked(by_sms, channel="sms", heard_at=_NINE - timedelta(days=3)) is Contact.ALLOWED


# Random histories: she writes, taps, agrees, leaves, is watched; every timer fires at any time, set or not.
_PAYLOADS = [
    *('/inform{"safe_now": "yes"}', '/inform{"safe_now": "yes"}', '/inform{"safe_now": "watched"}'),
    *('/inform{"contact_way": "here"}', '/inform{"contact_way": "sms"}', '/inform{"contact_way": "call"}'),
    *('/inform{"contact_way": "none"}', '/inform{"contact_band": "morning"}', '/inform{"contact_band": "evening"}'),
    '/inform{"contact_other": "hang_up"}',
]
_WORDS = [
    *("hola", "escríbame mañana", "me pueden llamar", "salir", "baja", "borrar", "psicóloga", "ya no me llamen"),
    *("mi esposo me pegó anoche", "me esta tumbando la puerta", "el esta aqui no puedo hablar", "gracias", "girasol"),
    *("soy cajera y hay una señora llorando", "no quiero vivir"),
]
_TIMERS = [*REMINDERS, AGREED_CONTACT, AGREED_CONTACT, "gone"]
_gaps = st.sampled_from([timedelta(seconds=20), timedelta(minutes=21), timedelta(hours=2), timedelta(hours=13)])
_deeds = st.one_of(
    st.tuples(_gaps, st.sampled_from(_PAYLOADS).map(lambda payload: {"payload": payload})),
    st.tuples(_gaps, st.sampled_from(_WORDS).map(lambda text: {"text": text})),
    st.tuples(_gaps, st.sampled_from(_TIMERS).map(lambda name: {"timer": name})),
)
_agreeing = [
    (timedelta(0), {"text": "hola"}),
    (timedelta(0), {"payload": '/inform{"safe_now": "yes"}'}),
    (timedelta(0), {"text": "escríbame mañana"}),
    (timedelta(0), {"payload": '/inform{"contact_band": "morning"}'}),
]
_lives = st.tuples(
    st.sampled_from([[], _agreeing]),
    st.lists(_deeds, min_size=1, max_size=12),
    st.sampled_from(["whatsapp", "sms"]),
    st.sampled_from([_NINE, _NINE + timedelta(hours=12)]),
)
Life = tuple[list[tuple[timedelta, dict[str, str]]], list[tuple[timedelta, dict[str, str]]], str, datetime]


def _event(what: dict[str, str], now: datetime, channel: str) -> Event:
    event = Event(now=now, channel=channel, **what)  # type: ignore[arg-type]  # built by the strategies above
    return replace(event, understanding=understand(_BOOK, event.text, event.payload, None)) if event.text else event


def _says(effects: object) -> list[Say]:
    assert isinstance(effects, tuple)
    return [effect for effect in effects if isinstance(effect, Say)]


@given(_lives)
def test_no_letter_is_born_from_a_timer_unless_she_agreed_to_it(life: Life) -> None:
    before, deeds, channel, now = life
    state = State()
    for gap, what in [*before, *deeds]:
        now += gap
        event = _event(what, now, channel)
        turn = advance(_BOOK, state, event)
        if event.timer is not None and _says(turn.effects):
            allowed = may_contact(
                state.agreement, state.phone, now, channel=channel, heard_at=state.heard_at, timezone=_VALLE
            )
            assert event.timer == AGREED_CONTACT
            assert AGREED_CONTACT in state.reminders
            assert allowed is Contact.ALLOWED
            assert [say.response for say in _says(turn.effects)] == [ASK_SAFE_NOW]
            assert turn.state.phone is Phone.UNKNOWN
            assert all(say.until is not None and say.until > now for say in _says(turn.effects))
        state = turn.state


@given(_lives)
def test_a_lock_ends_what_was_agreed_and_coming_back_puts_it_in_doubt(life: Life) -> None:
    before, deeds, channel, now = life
    state = State()
    for gap, what in [*before, *deeds]:
        now += gap
        event = _event(what, now, channel)
        turn = advance(_BOOK, state, event)
        if turn.state.phone.is_locked:
            assert turn.state.agreement is None
            assert AGREED_CONTACT not in turn.state.reminders
        if event.timer is None and state.phone.is_locked:
            assert turn.state.agreement is None
        slept = state.heard_at is not None and now - state.heard_at >= timedelta(hours=12)
        if event.timer is None and slept and turn.state.agreement is not None:
            assert not turn.state.agreement.confirmed
        state = turn.state


@given(_lives)
def test_what_is_agreed_has_its_hour_set_in_the_same_turn(life: Life) -> None:
    before, deeds, channel, now = life
    state = State()
    for gap, what in [*before, *deeds]:
        now += gap
        turn = advance(_BOOK, state, _event(what, now, channel))
        agreed = turn.state.agreement
        if agreed is not None and agreed.agreed_at == now:
            due = [
                effect.after for effect in turn.effects if isinstance(effect, Remind) and effect.name == AGREED_CONTACT
            ]
            assert len(due) == 1
            local = (now + due[0]).astimezone(_VALLE).time()
            assert local == agreed.opens
            assert timedelta() < due[0] <= timedelta(days=1)
        state = turn.state


def test_the_timer_of_a_turn_says_nothing_that_the_engine_should_not_have_said(monkeypatch: pytest.MonkeyPatch) -> None:
    def loose(book: object, state: State, event: Event) -> object:
        heard = replace(event, timer=None, text="hola")
        return advance(_BOOK, state, heard)

    monkeypatch.setattr("bot.turn.advance", loose)
    fired = gather([TimerFired(external_id="timer:1", conversation_id=_ID, name=BORROWED, due_at=_NINE)])
    taken = take_turn(_BOOK, State(), [(fired[0], Understanding())], channel="whatsapp", now=_NINE)
    assert taken.says == ()


def _message(text: str) -> PersonMessage:
    return PersonMessage(source="twilio", external_id=text, address=HER, text=text)


_few = st.lists(st.sampled_from(_WORDS), max_size=2)


@given(_lives, st.tuples(_few, st.just(["girasol"]), _few).map(lambda parts: [*parts[0], *parts[1], *parts[2]]))
def test_her_word_changes_nothing_that_anybody_can_see(life: Life, burst: list[str]) -> None:
    before, deeds, channel, now = life
    state = State(word="d1")
    for gap, what in [*before, *deeds]:
        now += gap
        state = advance(_BOOK, state, _event(what, now, channel)).state
    entries = [_message(text) for text in burst]
    taken = []
    for is_word in (lambda text: text == "girasol", lambda _: False):
        heard = gather(entries, is_word=is_word)
        meanings = [understand(_BOOK, one.text, None, None) for one in heard]
        taken.append(take_turn(_BOOK, state, list(zip(heard, meanings, strict=True)), channel=channel, now=now))
    given_it, not_given = taken
    assert given_it.says == not_given.says
    assert given_it.state.phone is not_given.state.phone
    assert given_it.reminders == not_given.reminders
    unmarked = replace(given_it.state, word="d1", word_given_at=not_given.state.word_given_at)
    assert unmarked == not_given.state


def test_her_word_is_spent_by_writing_it_and_the_team_is_told() -> None:
    turn = advance(_BOOK, State(word="d1"), Event(now=_NINE, text="girasol", word_given=True))
    assert turn.state.word == ""
    assert turn.state.word_given_at == _NINE
    assert any(isinstance(effect, RequestHuman) and effect.reason == "word_given" for effect in turn.effects)
    again = advance(_BOOK, turn.state, Event(now=_NINE, text="girasol", word_given=True))
    assert not any(isinstance(effect, RequestHuman) and effect.reason == "word_given" for effect in again.effects)


def test_what_her_word_opened_is_closed_when_she_leaves_or_is_long_silent() -> None:
    told = advance(_BOOK, State(word="d1"), Event(now=_NINE, text="girasol", word_given=True)).state
    assert advance(_BOOK, told, Event(now=_NINE, text="salir")).state.word_given_at is None
    assert advance(_BOOK, told, Event(now=_NINE + timedelta(hours=12), text="hola")).state.word_given_at is None


def test_a_word_agreed_by_voice_says_nothing_to_her_phone() -> None:
    for phone in Phone:
        turn = advance(_BOOK, State(phone=phone, heard_at=_NINE), Event(now=_NINE, word="d2"))
        assert turn.state == State(phone=phone, heard_at=_NINE, word="d2", version=_BOOK.version)
        assert not _says(turn.effects)


@pytest.mark.parametrize("word", ["girasol", "Café de olla", "mandarina"])
def test_a_word_that_nobody_writes_by_chance_is_fit(word: str) -> None:
    assert is_fit(_BOOK, word)


@pytest.mark.parametrize(
    "word",
    ["si", "no", "borrar", "salir", "1", "uno", "psicóloga", "buga", "cali", "por la tarde", "me miran", "a1b2c3",
     "me quiere matar", "una frase de cinco palabras", "sol", "", "  ", "❤️"],
)  # fmt: skip
def test_a_word_that_means_something_already_is_not(word: str) -> None:
    assert not is_fit(_BOOK, word)


def test_while_a_psychologist_speaks_the_hour_is_hers_to_keep() -> None:
    heard = _NINE - timedelta(hours=12)
    state = State(agreement=_MORNING, reminders=(AGREED_CONTACT,), heard_at=heard, phone=Phone.SAFE, mode=Mode.HUMAN)
    turn = advance(_BOOK, state, Event(now=_NINE, timer=AGREED_CONTACT))
    assert not _says(turn.effects)
    assert any(isinstance(effect, RequestHuman) and effect.reason == "agreed_contact" for effect in turn.effects)


def _at_the_hour(agreement: Agreement | None, **more: object) -> State:
    now = {"heard_at": _NINE - timedelta(hours=12), "phone": Phone.SAFE} | more
    return State(agreement=agreement, reminders=(AGREED_CONTACT,), **now)  # type: ignore[arg-type]  # a table of cases


@pytest.mark.parametrize(
    "state",
    [
        _at_the_hour(replace(_MORNING, confirmed=False)),
        _at_the_hour(replace(_MORNING, way=Way.CALL)),
        _at_the_hour(replace(_MORNING, way=Way.SMS)),
        _at_the_hour(_MORNING, heard_at=_NINE - timedelta(hours=23, minutes=50)),
        _at_the_hour(_MORNING, mode=Mode.WAITING),
    ],
    ids=["in doubt", "a call", "another channel", "window closed", "she waits for a person"],
)
def test_what_the_bot_may_not_say_at_the_hour_a_person_decides(state: State) -> None:
    turn = advance(_BOOK, state, Event(now=_NINE, timer=AGREED_CONTACT))
    assert not _says(turn.effects)
    assert any(isinstance(effect, RequestHuman) and effect.reason == "agreed_contact" for effect in turn.effects)


@pytest.mark.parametrize(
    "state",
    [
        _at_the_hour(None),
        _at_the_hour(_MORNING, phone=Phone.LEFT),
        _at_the_hour(replace(_MORNING, expires_at=_NINE)),
        _at_the_hour(replace(_MORNING, closes=time(9))),
        _at_the_hour(_MORNING, heard_at=_NINE - timedelta(minutes=5)),
    ],
    ids=["nothing agreed", "she left", "expired", "the hours are over", "she is here"],
)
def test_what_is_agreed_no_more_moves_nobody(state: State) -> None:
    turn = advance(_BOOK, state, Event(now=_NINE, timer=AGREED_CONTACT))
    assert turn.effects == (Silence(reason="outdated"),)


def test_coming_back_after_a_night_puts_what_was_agreed_in_doubt() -> None:
    turn = advance(_BOOK, _at_the_hour(_MORNING), Event(now=_NINE, text="hola"))
    assert turn.state.agreement == replace(_MORNING, confirmed=False)
    assert AGREED_CONTACT in turn.state.reminders


def _shift(day: int, first: int, last: int, zone: str | None = None) -> Shift:
    """So many days after this Monday, from one hour to another in the Valle."""
    midnight = datetime(2026, 11, 23, tzinfo=_VALLE) + timedelta(days=day)
    begins, ends = midnight + timedelta(hours=first), midnight + timedelta(hours=last)
    return Shift(id=_ID, staff_id=_ID, zone=zone, starts_at=begins, ends_at=ends)


@pytest.mark.parametrize(
    ("plan", "zone", "day", "hour"),
    [
        ([_shift(2, 8, 18)], None, 2, 8),
        ([_shift(1, 10, 18)], None, 1, 10),
        ([_shift(1, 14, 18), _shift(3, 8, 12)], None, 3, 8),
        ([_shift(1, 8, 12, "Sur"), _shift(2, 8, 12)], "Norte", 2, 8),
        ([_shift(1, 8, 12, "Sur")], "Sur", 1, 8),
        ([_shift(0, 8, 18)], None, 1, 8),  # nobody has planned further: the opening hours
        ([], None, 1, 8),
    ],
)
def test_she_is_looked_for_when_somebody_is_planned_to_be_there(
    plan: list[Shift], zone: str | None, day: int, hour: int
) -> None:
    attended = Attendance(plan=tuple(plan))
    found = next_time(_BOOK.facts.hours.bands["morning"], _BOOK.facts, _NINE, attended=attended, zone=zone)
    assert found == datetime(2026, 11, 23 + day, hour, tzinfo=_VALLE)
