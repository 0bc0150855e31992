"""What she is told about the team is the truth of its shifts, on the real database."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from uuid import UUID, uuid4

import pytest

from bot.dialogue.facts import zone_of
from bot.dialogue.load import load_book
from bot.messages import Address
from tests.doubles.database import set_clock
from tests.doubles.rig import Rig, rigged

#: A Monday, ten in the morning and eleven at night in Cali.
MORNING = datetime(2026, 11, 23, 15, tzinfo=UTC)
NIGHT = datetime(2026, 11, 24, 4, tzinfo=UTC)
_ASKS = ("buenas", "1", "quiero hablar con una psicologa")
_TULUA = "76834"
ANOTHER = Address(channel="whatsapp", value="+573009998877")


async def _planned(rig: Rig, *, at: datetime, zone: str | None, on_call: bool = False, hours: int = 4) -> UUID:
    ana = uuid4()
    await rig.rows(
        "WITH ana AS (INSERT INTO staff (id, alias, login_index, login_sealed, role, zones, password_sealed,"
        " must_enrol, is_demo, created_at) VALUES (:id, md5(random()::text), decode(md5(random()::text), 'hex'), '',"
        " 'psychologist', '{}', '', false, true, now()) RETURNING id)"
        " INSERT INTO shifts (id, staff_id, zone, on_call, starts_at, ends_at)"
        " SELECT gen_random_uuid(), id, :zone, :on_call, :begins, :ends FROM ana",
        id=ana,
        zone=zone,
        on_call=on_call,
        begins=at - timedelta(hours=1),
        ends=at + timedelta(hours=hours),
    )
    return ana


async def _asks(rig: Rig, *words: str) -> str:
    for said in words or _ASKS:
        await rig.write(said)
    return "\n".join(rig.channel.texts)


async def test_in_hours_with_nobody_on_shift_she_is_told_that_nobody_is_there(database_url: str) -> None:
    async with rigged(database_url) as rig:
        await set_clock(rig.database, MORNING)
        await _planned(rig, at=MORNING - timedelta(days=1), zone=None)  # yesterday somebody was
        said = await _asks(rig)
        assert "Ahora no hay psicóloga. 123" in said
        assert "no sé a qué hora lo lee" in said
        assert "Ya avisé al equipo" not in said


async def test_with_somebody_on_shift_she_is_told_that_she_will_be_read(database_url: str) -> None:
    async with rigged(database_url) as rig:
        await set_clock(rig.database, MORNING)
        await _planned(rig, at=MORNING, zone=None)
        assert "Ya avisé al equipo" in await _asks(rig)


async def test_where_nobody_was_ever_planned_the_opening_hours_count(database_url: str) -> None:
    async with rigged(database_url) as rig:
        await set_clock(rig.database, MORNING)
        assert "Ya avisé al equipo" in await _asks(rig)


@pytest.mark.parametrize("is_hers", [True, False])
async def test_a_shift_counts_for_its_own_zone(database_url: str, *, is_hers: bool) -> None:
    facts = load_book().facts
    hers = zone_of(facts, _TULUA)
    other = next(zone for zone in sorted({one.zone for one in facts.territory.by_code.values()}) if zone != hers)
    async with rigged(database_url) as rig:
        await set_clock(rig.database, MORNING)
        await _planned(rig, at=MORNING, zone=hers if is_hers else other)
        said = await _asks(rig, "buenas", "1", "vivo en tulua", "quiero hablar con una psicologa")
        assert ("Ya avisé al equipo" in said) is is_hers
        assert ("Ahora no hay psicóloga" in said) is not is_hers


async def test_at_night_the_one_on_call_is_there_for_danger_and_for_nothing_else(database_url: str) -> None:
    async with rigged(database_url) as rig:
        await set_clock(rig.database, NIGHT)
        await _planned(rig, at=NIGHT, zone="Norte", on_call=True)
        assert "Ahora no hay psicóloga" in await _asks(rig)


async def test_in_danger_at_night_she_is_told_whether_anybody_can_call_for_her(database_url: str) -> None:
    async with rigged(database_url) as rig:
        await set_clock(rig.database, NIGHT)
        await _planned(rig, at=NIGHT - timedelta(days=1), zone=None)
        assert "nadie aquí puede llamar" in await _asks(rig, "me esta tumbando la puerta")
        await _planned(rig, at=NIGHT, zone="Norte", on_call=True)
        await rig.wait(timedelta(seconds=10))
        rig.channel.letters.clear()
        await rig.write("me esta tumbando la puerta", by=ANOTHER)
        assert "nadie aquí puede llamar" not in "".join(rig.channel.texts)
        assert "escriba 1" in "".join(rig.channel.texts)


async def test_when_her_turn_ends_with_the_shift_she_hears_it_at_her_next_word(database_url: str) -> None:
    async with rigged(database_url) as rig:
        await set_clock(rig.database, MORNING)
        await _planned(rig, at=MORNING, zone=None, hours=1)
        assert "Ya avisé al equipo" in await _asks(rig)
        await rig.wait(timedelta(minutes=90))
        rig.channel.letters.clear()
        await rig.write("sigo esperando")
        assert "Ahora no hay psicóloga" in "\n".join(rig.channel.texts)


async def test_she_is_looked_for_in_the_morning_once_somebody_is_planned_to_be_there(database_url: str) -> None:
    async with rigged(database_url) as rig:
        await set_clock(rig.database, MORNING)
        tomorrow_at_ten = MORNING + timedelta(days=1)
        await _planned(rig, at=tomorrow_at_ten + timedelta(hours=1), zone=None)
        await _asks(rig, "hola", "1", "escríbame mañana", "1")
        rows = await rig.rows("SELECT due_at FROM reminders WHERE name = 'agreed_contact' AND cancelled_at IS NULL")
        assert [abs(row.due_at - tomorrow_at_ten) < timedelta(minutes=1) for row in rows] == [True]
