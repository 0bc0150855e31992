"""After WhatsApp's 24 hours the neutral question alone goes, as a template, to a phone last known as hers, as agreed.

What is allowed is written out here once more, by what she did, and held against every way by which it could go.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import UTC, datetime, time, timedelta
from uuid import UUID
from zoneinfo import ZoneInfo

from hypothesis import given
from hypothesis import strategies as st

from bot.care import Care, Scene, act
from bot.dialogue.agreement import Agreement, Way
from bot.dialogue.effects import RequestHuman, Say
from bot.dialogue.engine import advance
from bot.dialogue.patterns import AGREED_CONTACT, ASK_SAFE_NOW
from bot.dialogue.state import Event, Mode, Phone, State
from bot.messages import Alert, StaffAction, StaffDeed
from bot.takeover import Handover, Stage, load_clocks
from bot.turn import Heard
from tests.dialogue.pure import the_book, understand

_BOOK = the_book()
_VALLE = ZoneInfo("America/Bogota")
_ANA, _ID = UUID(int=7), UUID(int=1)
#: A Monday, 9:00 in the Valle: within the morning.
_NINE = datetime(2026, 11, 23, 14, tzinfo=UTC)
_MORNING = Agreement(
    way=Way.HERE,
    channel="whatsapp",
    opens=time(8),
    closes=time(12),
    agreed_at=_NINE - timedelta(days=3),
    expires_at=_NINE + timedelta(days=12),
)
_HANDOVER = Handover(id=_ID, reason="asked", alert=Alert.ATTENTION, since=_NINE, stage=Stage.HELD, owner=_ANA, lease=1)

_HELLO = {"text": "hola"}
_YES = {"payload": '/inform{"safe_now": "yes"}'}
_WRITE_ME = {"text": "escríbame mañana"}
_IN_THE_MORNING = {"payload": '/inform{"contact_band": "morning"}'}
_DEEDS = [
    *(_HELLO, _YES, _YES, _WRITE_ME, _IN_THE_MORNING, _IN_THE_MORNING),
    *({"payload": '/inform{"safe_now": "watched"}'}, {"text": "salir"}, {"text": "borrar"}, {"text": "baja"}),
    *({"text": "el esta aqui no puedo hablar"}, {"text": "me esta tumbando la puerta"}, {"text": "me pueden llamar"}),
    *({"payload": '/inform{"contact_way": "call"}'}, {"payload": '/inform{"contact_way": "sms"}'}),
    *({"timer": AGREED_CONTACT}, {"timer": AGREED_CONTACT}, {"timer": "crisis_silence"}, {"timer": "urgent_silence"}),
    *({"staff": "ask"}, {"staff": "ask"}, {"staff": "say"}),
]
_GAPS = [timedelta(seconds=20), timedelta(minutes=30), timedelta(hours=3), timedelta(hours=24), timedelta(days=3)]
_lives = st.tuples(
    st.booleans(), st.lists(st.tuples(st.sampled_from(_GAPS), st.sampled_from(_DEEDS)), min_size=2, max_size=12)
)


@dataclass
class Seen:
    """What somebody who watches her phone all along knows of it."""

    is_hers: bool = False
    templates: int = 0

    def note(self, phone: Phone) -> None:
        if phone is not Phone.UNKNOWN:
            self.is_hers = phone is Phone.SAFE


def _act(state: State, deed: StaffDeed, now: datetime, *, can_reopen: bool = True) -> Care:
    scene = Scene(book=_BOOK, clocks=load_clocks(), channel="whatsapp", now=now, can_reopen=can_reopen)
    wanted = StaffAction(
        external_id="staff:1", conversation_id=_ID, staff_id=_ANA, deed=deed, lease=1, text="Hola, soy Ana."
    )
    return act(scene, state, replace(_HANDOVER, since=now), Heard(entries=1, staff=wanted))


def _play(state: State, what: dict[str, str], now: datetime) -> tuple[State, tuple[Say, ...]]:
    if "staff" in what:
        taken = _act(state, StaffDeed.ASK_SAFE if what["staff"] == "ask" else StaffDeed.SAY, now).taken
        return taken.state, taken.says
    event = Event(now=now, can_reopen=True, **what)  # type: ignore[arg-type]  # one of the deeds above
    if event.text:
        event = replace(event, understanding=understand(_BOOK, event.text, None, None))
    turn = advance(_BOOK, state, event)
    return turn.state, tuple(effect for effect in turn.effects if isinstance(effect, Say))


@given(_lives)
def test_it_goes_once_at_her_hour_by_her_way_and_only_if_her_phone_was_last_her_own(
    life: tuple[bool, list[tuple[timedelta, dict[str, str]]]],
) -> None:
    agrees, deeds = life
    first = [(timedelta(minutes=1), one) for one in (_HELLO, _YES, _WRITE_ME, _IN_THE_MORNING)] if agrees else []
    state, seen, now = State(), Seen(), _NINE - timedelta(days=3)
    for gap, what in [*first, *deeds]:
        now += gap
        before = state
        state, says = _play(before, what, now)
        is_hers = "text" in what or "payload" in what
        seen.templates = 0 if is_hers else seen.templates
        is_over = before.heard_at is not None and now - before.heard_at >= timedelta(hours=23, minutes=50)
        if says and is_over and not is_hers:
            agreed = before.agreement
            assert agreed is not None
            assert agreed.confirmed
            assert (agreed.way, agreed.channel) == (Way.HERE, "whatsapp")
            assert agreed.agreed_at <= now < agreed.expires_at
            assert agreed.opens <= now.astimezone(_VALLE).time() < agreed.closes
            assert seen.is_hers
            assert [(say.response, say.reopens, say.reply.content) for say in says] == [
                (ASK_SAFE_NOW, True, ASK_SAFE_NOW)
            ]
            assert all(say.until is not None and now < say.until <= now + timedelta(hours=4) for say in says)
            seen.templates += 1
            assert seen.templates == 1
        else:
            assert not any(say.reopens for say in says)
        seen.note(state.phone)


_agreements = st.builds(
    lambda way, channel, opens, confirmed, days: replace(
        _MORNING,
        way=way,
        channel=channel,
        opens=time(opens),
        closes=time(opens + 4),
        confirmed=confirmed,
        expires_at=_NINE + timedelta(days=days),
    ),
    st.sampled_from([Way.HERE, Way.HERE, Way.HERE, Way.CALL, Way.SMS]),
    st.sampled_from(["whatsapp", "whatsapp", "sms"]),
    st.sampled_from([8, 8, 8, 14]),
    st.sampled_from([True, True, False]),
    st.sampled_from([12, 12, -1]),
)


@given(
    st.one_of(st.none(), _agreements),
    st.sampled_from([Phone.SAFE, Phone.SAFE, *Phone]),
    st.sampled_from([23, 24, 70]),
    st.booleans(),
)
def test_a_psychologist_who_asks_late_says_the_question_as_agreed_or_hears_why_not(
    agreement: Agreement | None, phone: Phone, hours: int, can_reopen: bool
) -> None:
    state = State(phone=phone, mode=Mode.HUMAN, agreement=agreement, heard_at=_NINE - timedelta(hours=hours))
    care = _act(state, StaffDeed.ASK_SAFE, _NINE, can_reopen=can_reopen)
    if hours < 24:
        assert not any(say.reopens for say in care.taken.says)
        return
    may = agreement is not None and agreement == replace(_MORNING, expires_at=agreement.expires_at)
    may = may and agreement is not None and agreement.expires_at > _NINE and phone is Phone.SAFE and can_reopen
    assert bool(care.taken.says) is may
    assert (care.taken.ending == "done") is may
    assert all(say.reopens for say in care.taken.says)
    if may:
        assert _act(care.taken.state, StaffDeed.ASK_SAFE, _NINE).taken.says == ()
    assert _act(state, StaffDeed.SAY, _NINE).taken.says == ()


def test_where_no_template_is_approved_a_person_decides_and_nothing_goes() -> None:
    state = State(
        phone=Phone.SAFE, agreement=_MORNING, reminders=(AGREED_CONTACT,), heard_at=_NINE - timedelta(hours=62)
    )
    turn = advance(_BOOK, state, Event(now=_NINE, timer=AGREED_CONTACT))
    assert not any(isinstance(effect, Say) for effect in turn.effects)
    assert [one.reason for one in turn.effects if isinstance(one, RequestHuman)] == ["agreed_contact"]
