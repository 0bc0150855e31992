"""Who did what can be said for as long as the trail names her, and no longer."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from dataclasses import replace
from datetime import timedelta

import pytest

from bot.retention import Period, keep_periods, load_periods
from bot.staff import Member, Role
from storage.audit import Act
from storage.audit_chain import chain, verify
from storage.ids import new_id
from storage.office import Office, open_office
from storage.retention import count_due
from tests.doubles.database import move_clock
from tests.doubles.rig import Rig, rigged

KEY = b"a" * 32
PERIODS = load_periods()
LONG = PERIODS["staff"].after
_CLOSED = (
    "WITH h AS (INSERT INTO handovers (id, conversation_id, reason, alert, stage, lease, owner, raised, struck,"
    " requested_at, since, closed_at) SELECT :id, id, 'asked', 0, 'taken', 1, :staff, 0, '{late}', now(), now(), now()"
    " FROM conversations RETURNING *),"
    " n AS (INSERT INTO closings (id, handover_id, conversation_id, staff_id, outcome, at)"
    " SELECT :id, id, conversation_id, :staff, 'attended', now() FROM h RETURNING *),"
    " o AS (INSERT INTO offers (id, closing_id, institution, answer) SELECT :id, id, 'comisaria', 'yes' FROM n),"
    " p AS (INSERT INTO queue_passes (handover_id, staff_id, until) SELECT id, :staff, now() FROM h)"
    " INSERT INTO alarms (id, handover_id, what, rung_at) SELECT :id, id, 'unclaimed', now() FROM h"
)
_SHIFT = (
    "INSERT INTO shifts (id, staff_id, on_call, starts_at, ends_at)"
    " VALUES (:id, :staff, false, now(), now() + interval '8 hours')"
)
_LEFT_OVER = (
    "SELECT (SELECT count(*) FROM handovers) AS handovers, (SELECT count(*) FROM closings) AS closings,"
    " (SELECT count(*) FROM offers) AS offers, (SELECT count(*) FROM alarms) AS alarms,"
    " (SELECT count(*) FROM shifts) AS shifts"
)


@pytest.fixture
async def rig(database_url: str) -> AsyncIterator[Rig]:
    async with rigged(database_url) as made:
        yield made


@pytest.fixture
def office(rig: Rig) -> Office:
    return open_office(rig.database, rig.ring, KEY)


async def _hire(office: Office, alias: str) -> Member:
    return await office.room.add(
        by=None, alias=alias, login=alias, role=Role.PSYCHOLOGIST, zones=[], password_hash="una huella"
    )


async def _attended_by(rig: Rig, staff: Member) -> None:
    """She takes a conversation on her shift and closes it."""
    await rig.write("buenas")
    await rig.rows(_CLOSED, id=new_id(), staff=staff.id)
    await rig.rows(_SHIFT, id=new_id(), staff=staff.id)


async def _years_pass(rig: Rig, office: Office, by: timedelta, periods: Mapping[str, Period] = PERIODS) -> None:
    """Time passes, something is noted and chained now and then, and what is due goes."""
    await chain(rig.database, KEY)
    await move_clock(rig.database, by)
    for _ in range(3):
        await office.trail.note(Act(act="queue.read"))
        await chain(rig.database, KEY)
        await keep_periods(rig.database, office.trail, periods)


async def test_who_left_is_named_for_five_years_and_then_nothing_of_her_is_left(rig: Rig, office: Office) -> None:
    ana, eva = await _hire(office, "Ana"), await _hire(office, "Eva")
    await _attended_by(rig, ana)
    await rig.rows(_SHIFT, id=new_id(), staff=ana.id)
    await office.room.end(by=eva.id, staff_id=ana.id)
    await _years_pass(rig, office, LONG - timedelta(days=1))
    assert [one.alias for one in await office.room.members()] == ["Eva", "Ana"]
    assert (await rig.rows(_LEFT_OVER))[0].handovers == 1
    await rig.rows(_SHIFT, id=new_id(), staff=eva.id)  # the one that stays
    await _years_pass(rig, office, timedelta(days=3))
    assert tuple((await rig.rows(_LEFT_OVER))[0]) == (0, 0, 0, 0, 1)
    assert [one.alias for one in await office.room.members()] == ["Eva"]
    assert (await verify(rig.database, KEY))[1] == []


async def test_while_the_trail_is_kept_longer_whoever_it_names_is_there_too(rig: Rig, office: Office) -> None:
    ana = await _hire(office, "Ana")
    await _attended_by(rig, ana)
    await office.room.end(by=None, staff_id=ana.id)
    longer = {**PERIODS, "audit": replace(PERIODS["audit"], after=2 * LONG)}
    await _years_pass(rig, office, LONG + timedelta(days=3), longer)
    assert [one.alias for one in await office.room.members()] == ["Ana"]
    assert (await rig.rows(_LEFT_OVER))[0].handovers == 1


async def test_who_works_here_and_who_waits_stay_whatever_their_age(rig: Rig, office: Office) -> None:
    ana = await _hire(office, "Ana")
    await _attended_by(rig, ana)
    await rig.rows("UPDATE handovers SET closed_at = NULL")
    await _years_pass(rig, office, LONG + timedelta(days=3))
    assert [one.alias for one in await office.room.members()] == ["Ana"]
    assert (await rig.rows(_LEFT_OVER))[0].handovers == 1


async def test_the_last_shift_stays_so_that_nobody_on_shift_is_not_taken_for_nobody_planned(
    rig: Rig, office: Office
) -> None:
    ana = await _hire(office, "Ana")
    await _attended_by(rig, ana)
    await move_clock(rig.database, timedelta(hours=8))
    await rig.rows(_SHIFT, id=new_id(), staff=ana.id)
    await _years_pass(rig, office, LONG + timedelta(days=3))
    assert (await rig.rows(_LEFT_OVER))[0].shifts == 1


async def test_the_operator_sees_how_much_of_the_team_is_due(rig: Rig, office: Office) -> None:
    ana = await _hire(office, "Ana")
    await _attended_by(rig, ana)
    await office.room.end(by=None, staff_id=ana.id)
    await rig.rows("UPDATE handovers SET closed_at = now() - interval '6 years'")
    due = await count_due(rig.database, {key: one.after for key, one in PERIODS.items()})
    assert (due["handovers"].waiting, due["shifts"].waiting, due["staff"].waiting) == (1, 0, 0)
