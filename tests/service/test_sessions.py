"""One session an episode, and only what may be counted."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from uuid import UUID

from bot.dialogue.effects import LogSession
from bot.messages import Address, Alert
from bot.sessions import session_after, session_at
from storage.reports import count_sessions
from storage.sessions import close_quiet
from tests.doubles.database import set_clock
from tests.doubles.rig import HER, rigged

_NOON = datetime(2026, 11, 23, 17, 0, tzinfo=UTC)
_ONE, _TWO = UUID(int=1), UUID(int=2)


def test_a_message_within_twelve_hours_belongs_to_the_same_episode_and_a_later_one_opens_a_new_one() -> None:
    first = session_at(None, now=_NOON, new_id=_ONE, by_person=True)
    same = session_at(first, now=_NOON + timedelta(hours=11, minutes=59), new_id=_TWO, by_person=True)
    new = session_at(first, now=_NOON + timedelta(hours=12), new_id=_TWO, by_person=True)
    assert (first.id, same.id, new.id) == (_ONE, _ONE, _TWO)


def test_what_follows_on_a_phone_that_was_lent_is_another_episode() -> None:
    lent = session_at(None, now=_NOON, new_id=_ONE, by_person=True)
    lent = session_after(lent, now=_NOON, by_person=False, logs=[LogSession(outcome="lent")])
    assert session_at(lent, now=_NOON + timedelta(minutes=1), new_id=_TWO, by_person=False).id == _ONE
    assert session_at(lent, now=_NOON + timedelta(minutes=1), new_id=_TWO, by_person=True).id == _TWO


def test_a_timer_opens_no_episode() -> None:
    first = session_at(None, now=_NOON, new_id=_ONE, by_person=True)
    assert session_at(first, now=_NOON + timedelta(days=2), new_id=_TWO, by_person=False).id == _ONE


def test_an_alert_is_raised_and_never_lowered_and_topics_are_kept_in_order() -> None:
    session = session_at(None, now=_NOON, new_id=_ONE, by_person=True)
    logs = [
        LogSession(topic="physical_violence", alert=Alert.URGENT),
        LogSession(topic="ask_route", alert=Alert.NONE, municipality="76111", zone="Centro"),
        LogSession(topic="physical_violence"),
    ]
    after = session_after(session, now=_NOON, by_person=True, logs=logs)
    assert (after.alert, after.topics) == (Alert.URGENT, ("physical_violence", "ask_route"))
    assert (after.municipality, after.zone, after.turns) == ("76111", "Centro", 1)


async def test_her_second_episode_is_a_second_row_of_the_same_person(database_url: str) -> None:
    async with rigged(database_url) as rig:
        await set_clock(rig.database, _NOON)
        await rig.write("buenas")
        await rig.wait(timedelta(hours=13))
        await close_quiet(rig.database)
        await rig.write("buenas")
        await rig.write("hola", by=Address(channel="sms", value=HER.value))
        rows = await rig.rows("SELECT channel, closed_at IS NULL AS open FROM sessions ORDER BY opened_at")
        assert [tuple(row) for row in rows] == [("whatsapp", False), ("whatsapp", True), ("sms", True)]
        counts = await count_sessions(rig.database, by="month", first=date(2026, 11, 1), last=date(2026, 11, 30))
        assert [(count.group, count.sessions, count.persons) for count in counts] == [("2026-11", 3, 1)]


async def test_the_day_of_a_session_is_the_departments_day(database_url: str) -> None:
    async with rigged(database_url) as rig:
        # Eleven at night of the 30th in the Valle is the 1st in Greenwich.
        await set_clock(rig.database, datetime(2026, 12, 1, 4, 0, tzinfo=UTC))
        await rig.write("buenas")
        counts = await count_sessions(rig.database, by="month", first=date(2026, 11, 30), last=date(2026, 11, 30))
        assert [(count.group, count.sessions) for count in counts] == [("2026-11", 1)]


async def test_a_machine_that_writes_from_a_short_code_is_no_session(database_url: str) -> None:
    async with rigged(database_url) as rig:
        await rig.write("Su codigo es 1234", by=Address(channel="sms", value="85432"))
        assert list(await rig.rows("SELECT 1 FROM sessions")) == []
