"""A psychologist ends a conversation: the session's row is completed in the same commit, and her word binds."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Any
from uuid import UUID, uuid4

from bot.closing import Closing, NextContact, Offer
from bot.messages import StaffAction, StaffDeed
from storage.closings import note_of
from storage.consents import consents_of
from storage.contacts import read_agreement
from storage.forgetting import forget_due
from tests.doubles.rig import Rig, rigged

ANA = uuid4()
NOTE = "vive con la suegra"


@dataclass
class Case:
    """One conversation that Ana holds."""

    conversation: UUID
    handover: UUID


async def _held_by_ana(rig: Rig) -> Case:
    for words in ("buenas", "1", "quiero hablar con una psicologa"):
        await rig.write(words)
    row = (await rig.rows("SELECT id, conversation_id FROM handovers"))[0]
    case = Case(conversation=row.conversation_id, handover=row.id)
    assert await _does(rig, case, StaffDeed.CLAIM) == "done"
    return case


async def _does(rig: Rig, case: Case, deed: StaffDeed, **more: Any) -> str:
    lease = (await rig.rows("SELECT lease FROM handovers WHERE id = :id", id=case.handover))[0].lease
    action = StaffAction(
        external_id=f"staff:{uuid4()}", conversation_id=case.conversation, staff_id=ANA, deed=deed, lease=lease, **more
    )
    await rig.act(action)
    return str((await rig.rows("SELECT ending FROM inbox WHERE external_id = :id", id=action.external_id))[0].ending)


async def test_the_sessions_row_says_where_what_and_how_it_ended(database_url: str) -> None:
    async with rigged(database_url) as rig:
        case = await _held_by_ana(rig)
        closing = Closing(
            outcome="referred",
            municipality="76111",
            violence="physical_assault",
            traits=("age=from_18",),
            offers=(Offer(institution="comisaria", answer="accepted"),),
            psychiatry_on=date(2026, 12, 1),
            note=NOTE,
        )
        assert await _does(rig, case, StaffDeed.CLOSE, closing=closing) == "done"
        session = (await rig.rows("SELECT * FROM sessions"))[0]
        assert (session.municipality, session.zone, session.outcome) == ("76111", "Centro", "referred")
        assert (session.violence, session.traits, session.closed_at is not None) == (
            "physical_assault",
            ["age=from_18"],
            True,
        )
        kept = (await rig.rows("SELECT * FROM closings"))[0]
        assert (kept.handover_id, kept.session_id, kept.staff_id) == (case.handover, session.id, ANA)
        assert kept.psychiatry_on == date(2026, 12, 1)
        assert [(one.institution, one.answer) for one in await rig.rows("SELECT * FROM offers")] == [
            ("comisaria", "accepted")
        ]
        assert await rig.rows("SELECT 1 FROM handovers WHERE closed_at IS NULL") == []


async def test_what_was_written_by_hand_is_sealed_and_ends_with_her_key(database_url: str) -> None:
    async with rigged(database_url) as rig:
        case = await _held_by_ana(rig)
        more = {"traits": ("age=from_18",), "psychiatry_on": date(2026, 12, 1)}
        await _does(rig, case, StaffDeed.CLOSE, closing=Closing(outcome="oriented", note=NOTE, **more))  # type: ignore[arg-type]
        assert await note_of(rig.database, rig.ring, case.handover) == NOTE
        for table in ("closings", "inbox", "sessions", "handovers"):
            assert NOTE not in str(await rig.rows(f"SELECT * FROM {table}"))  # noqa: S608 - four constants
        await rig.rows("UPDATE people SET forget_at = now(), forget_decided = true")
        await forget_due(rig.database)
        assert await note_of(rig.database, rig.ring, case.handover) == ""
        left = (await rig.rows("SELECT * FROM closings"))[0]
        assert (left.conversation_id, left.session_id, left.psychiatry_on, left.note_sealed) == (None,) * 4
        session = (await rig.rows("SELECT * FROM sessions"))[0]
        assert (session.outcome, session.traits) == ("oriented", [])


async def test_a_stale_page_closes_nothing_and_notes_nothing(database_url: str) -> None:
    async with rigged(database_url) as rig:
        case = await _held_by_ana(rig)
        stale = StaffAction(
            external_id="staff:old",
            conversation_id=case.conversation,
            staff_id=ANA,
            deed=StaffDeed.CLOSE,
            lease=0,
            closing=Closing(outcome="oriented", note=NOTE),
        )
        await rig.act(stale)
        assert await rig.rows("SELECT 1 FROM closings") == []
        assert (await rig.rows("SELECT outcome FROM sessions"))[0].outcome != "oriented"
        assert len(await rig.rows("SELECT 1 FROM handovers WHERE closed_at IS NULL")) == 1


async def test_a_veto_that_she_spoke_while_the_form_was_filled_stops_it(database_url: str) -> None:
    async with rigged(database_url) as rig:
        case = await _held_by_ana(rig)
        await rig.rows(
            "INSERT INTO consents (id, conversation_id, layer, institution, answer, text_version, channel, at)"
            " VALUES (gen_random_uuid(), :id, 'share', 'policia', 'refused', '1', 'whatsapp', now())",
            id=case.conversation,
        )
        against = Closing(outcome="referred", offers=(Offer(institution="policia", answer="accepted"),))
        assert await _does(rig, case, StaffDeed.CLOSE, closing=against) == "vetoed"
        assert await rig.rows("SELECT 1 FROM closings") == []
        again = Closing(outcome="referred", offers=(Offer(institution="policia", answer="vetoed"),))
        assert await _does(rig, case, StaffDeed.CLOSE, closing=again) == "done"


async def test_a_veto_noted_at_the_end_holds_from_then_on(database_url: str) -> None:
    async with rigged(database_url) as rig:
        case = await _held_by_ana(rig)
        closing = Closing(outcome="oriented", offers=(Offer(institution="fiscalia", answer="vetoed"),))
        assert await _does(rig, case, StaffDeed.CLOSE, closing=closing) == "done"
        allowed = await consents_of(rig.database, case.conversation)
        assert allowed.vetoes() == ("fiscalia",)
        assert allowed.forbids("fiscalia")


async def test_how_she_may_be_looked_for_is_agreed_as_if_she_had_told_the_program(database_url: str) -> None:
    async with rigged(database_url) as rig:
        case = await _held_by_ana(rig)
        wish = NextContact(way="call", band="morning", if_other="hang_up")
        await _does(rig, case, StaffDeed.CLOSE, closing=Closing(outcome="will_return", contact=wish))
        person = (await rig.rows("SELECT person_id FROM conversations WHERE id = :id", id=case.conversation))[0]
        agreed = await read_agreement(rig.database, rig.ring, person_id=person.person_id)
        assert agreed is not None
        assert (agreed.way, agreed.if_other, agreed.confirmed) == ("call", "hang_up", True)
        planned = await rig.rows("SELECT name FROM reminders WHERE fired_at IS NULL AND cancelled_at IS NULL")
        assert [row.name for row in planned] == ["agreed_contact"]
