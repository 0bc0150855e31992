"""A worker of a shop and the woman that she is are two conversations, and no word of one is in the other."""

from __future__ import annotations

import asyncio
import random
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

from bot.dialogue.effects import SpeakAs
from bot.dialogue.state import Mode
from bot.messages import Address, Alert, DeliveryFailed, Media, MediaKind, PersonMessage, Reply, Role, TimerFired
from bot.sessions import Session
from storage.claims import claim
from storage.codec import STATE
from storage.ids import new_id
from storage.inbox import add_entry
from storage.turns import _speak_as, commit
from storage.written import OutgoingReply, Written
from tests.doubles.database import set_clock
from tests.doubles.rig import HER, Rig, rigged

_NOON = datetime(2026, 11, 23, 17, 0, tzinfo=UTC)
_CODE = "soy cajera, tienda 12"
_PHOTO = Media(url="https://api.twilio.com/x", content_type="image/jpeg", kind=MediaKind.IMAGE)
_HERSELF = "la que necesita ayuda soy yo, mi esposo me pegó anoche"
_LEFT = "Gracias por decirlo. Esto es solo para usted.\n\n¿Puede escribir con calma?"


async def test_the_worker_who_needs_help_herself_leaves_the_shops_record(database_url: str) -> None:
    async with rigged(database_url) as rig:
        await set_clock(rig.database, _NOON)
        first, second = rig.message(_CODE), rig.message(_HERSELF)
        for message in (first, second):
            for _ in range(2):
                await rig.intake.accept(message)
                await rig.settle()
        assert rig.channel.texts == ["¿Alguien corre peligro ya?", _LEFT]
        assert await _heard(rig, "brigade") == [first.external_id]
        assert await _heard(rig, "woman") == [second.external_id]
        brigade, woman = await rig.rows("SELECT * FROM sessions ORDER BY opened_at")
        assert (brigade.role, brigade.outcome, brigade.closed_at is None) == ("brigade", "role_left", False)
        assert (brigade.municipality, brigade.zone, brigade.topics) == ("76111", "Centro", ["brigade_help"])
        assert (woman.role, woman.closed_at, woman.municipality, woman.turns) == ("woman", None, None, 1)
        assert (woman.topics, woman.alert) == (["physical_violence"], int(Alert.URGENT))
        found = await _conversations(rig)
        assert (found["brigade"].state_sealed, found["brigade"].heard_at) == (None, None)


async def test_what_she_sent_in_the_burst_in_which_she_says_it_is_for_herself_goes_with_her(database_url: str) -> None:
    async with rigged(database_url) as rig:
        await set_clock(rig.database, _NOON)
        await rig.write(_CODE)
        where = replace(rig.message(""), media=(_PHOTO,))
        said = rig.message(_HERSELF)
        for message in (where, said):
            await rig.intake.accept(message)
        await rig.settle()
        assert sorted(await _heard(rig, "woman")) == sorted([where.external_id, said.external_id])
        assert len(await _heard(rig, "brigade")) == 1


async def test_what_she_says_afterwards_is_hers_alone(database_url: str) -> None:
    async with rigged(database_url) as rig:
        await set_clock(rig.database, _NOON)
        for words in (_CODE, _HERSELF, "si", "es mío", "sí estoy a salvo"):
            await rig.write(words)
        assert len(await _heard(rig, "brigade")) == 1
        assert len(await _heard(rig, "woman")) == 4
        rows = await rig.rows("SELECT s.role, s.topics, s.turns FROM sessions s ORDER BY opened_at")
        assert [tuple(row) for row in rows] == [("brigade", ["brigade_help"], 1), ("woman", ["physical_violence"], 4)]
        spoken = await rig.rows(
            "SELECT c.role, count(*) AS much FROM outbox o JOIN conversations c ON c.id = o.conversation_id"
            " GROUP BY c.role ORDER BY c.role"
        )
        assert [tuple(row) for row in spoken] == [("brigade", 1), ("woman", 4)]


async def test_a_first_message_of_the_brigade_leaves_no_session_of_a_woman(database_url: str) -> None:
    async with rigged(database_url) as rig:
        await rig.write(_CODE)
        assert [row.role for row in await rig.rows("SELECT role FROM sessions")] == ["brigade"]
        assert await _heard(rig, "woman") == []


async def test_a_womans_urgent_conversation_that_turns_into_a_workers_is_told_to_a_person(database_url: str) -> None:
    async with rigged(database_url) as rig:
        await rig.write("me violaron anoche")
        await rig.write("si")
        await rig.write("no era eso, es que soy cajera y hay una clienta asustada, tienda 7")
        assert rig.channel.texts[-1] == "¿Alguien corre peligro ya?"
        rows = await rig.rows(
            "SELECT c.role, h.reason FROM handovers h JOIN conversations c ON c.id = h.conversation_id"
        )
        assert {row.role for row in rows} == {"woman"}
        sessions = await rig.rows("SELECT role, municipality, closed_at IS NULL FROM sessions ORDER BY opened_at")
        assert [tuple(row) for row in sessions] == [("woman", None, False), ("brigade", "76834", True)]


async def test_words_that_were_queued_in_the_role_that_she_left_are_not_sent(database_url: str) -> None:
    async with rigged(database_url, channels={"sms": _Nobody()}) as rig:
        await rig.intake.accept(rig.message(_CODE))
        await rig.worker.work_once()
        await rig.intake.accept(rig.message(_HERSELF))
        await rig.worker.work_once()
        rows = await rig.rows(
            "SELECT c.role, o.status, o.code FROM outbox o JOIN conversations c ON c.id = o.conversation_id"
            " ORDER BY o.created_at"
        )
        assert [tuple(row) for row in rows] == [("brigade", "withdrawn", "role_left"), ("woman", "queued", None)]


async def test_a_letter_that_comes_into_the_left_conversation_later_does_not_leave(database_url: str) -> None:
    async with rigged(database_url) as rig:
        await rig.write(_CODE)
        left = (await _conversations(rig))["brigade"].id
        await rig.write(_HERSELF)
        await rig.rows(
            "UPDATE outbox SET status = 'queued', sent_at = NULL, next_try_at = now() WHERE conversation_id = :id",
            id=left,
        )
        await rig.settle()
        assert rig.channel.texts[-1] == _LEFT
        rows = await rig.rows("SELECT status, code FROM outbox WHERE conversation_id = :id", id=left)
        assert [tuple(row) for row in rows] == [("withdrawn", "role_left")]


async def test_a_timer_that_fires_in_the_left_conversation_says_nothing_and_counts_nothing(database_url: str) -> None:
    async with rigged(database_url) as rig:
        await rig.write(_CODE)
        left = (await _conversations(rig))["brigade"].id
        await rig.write(_HERSELF)
        counted = "SELECT id, role, outcome, topics, closed_at IS NULL FROM sessions ORDER BY id"
        sessions = await rig.rows(counted)
        async with rig.database.transaction() as tx:
            late = TimerFired(external_id="timer:late", conversation_id=left, name="urgent_silence", due_at=_NOON)
            await add_entry(tx, rig.ring, late)
            failed = DeliveryFailed(external_id="delivery:late", conversation_id=left, code="30003")
            await add_entry(tx, rig.ring, failed)
        await rig.settle()
        assert len(rig.channel.letters) == 2
        assert await rig.rows(counted) == sessions
        await rig.write("si")
        assert "suyo o de la tienda" in rig.channel.texts[-1]


async def test_a_lent_phone_is_locked_after_fifteen_minutes_whatever_was_said(database_url: str) -> None:
    async with rigged(database_url) as rig:
        await set_clock(rig.database, _NOON)
        for words in (_CODE, _HERSELF, "si", "de la tienda"):
            await rig.write(words)
        await rig.wait(timedelta(minutes=10))
        await rig.write("si")
        said = len(rig.channel.letters)
        await rig.wait(timedelta(minutes=4, seconds=50))
        assert (await _conversations(rig))["woman"].phone == "safe"
        await rig.wait(timedelta(seconds=20))
        assert (await _conversations(rig))["woman"].phone == "unsafe"
        await rig.wait(timedelta(days=1))
        assert len(rig.channel.letters) == said


async def test_a_reminder_that_waits_comes_along_into_the_other_role(database_url: str) -> None:
    async with rigged(database_url) as rig:
        await set_clock(rig.database, _NOON)
        for words in (_CODE, _HERSELF, "si", "de la tienda", "soy cajera y hay una clienta asustada, tienda 12"):
            await rig.write(words)
        live = await rig.rows(
            "SELECT c.role, r.name FROM reminders r JOIN conversations c ON c.id = r.conversation_id"
            " WHERE r.fired_at IS NULL AND r.cancelled_at IS NULL AND r.name = 'borrowed'"
        )
        assert [tuple(row) for row in live] == [("brigade", "borrowed")]
        await rig.wait(timedelta(minutes=15))
        assert (await _conversations(rig))["brigade"].phone == "unsafe"


async def test_a_switch_that_comes_after_other_words_of_the_same_moment_begins_a_turn_of_its_own(
    database_url: str,
) -> None:
    async with rigged(database_url) as rig:
        await rig.write(_CODE)
        await rig.intake.accept(rig.message("No", payload='/inform{"anyone_in_danger": "no"}'))
        await rig.intake.accept(rig.message(_HERSELF))
        await rig.intake.accept(rig.message("salir"))
        await rig.settle()
        assert len(await _heard(rig, "brigade")) == 2
        assert len(await _heard(rig, "woman")) == 2
        assert (await _conversations(rig))["woman"].phone == "left"
        attempts = await rig.rows("SELECT max(attempts) AS most FROM inbox")
        assert attempts[0].most == 1


async def test_where_a_psychologist_speaks_only_the_message_goes_and_the_bot_stays_silent(database_url: str) -> None:
    async with rigged(database_url) as rig:
        await rig.write("hola")
        await rig.write(_CODE)
        await _hand_to_a_human(rig, "woman")
        said = len(rig.channel.letters)
        await rig.write(_HERSELF)
        assert len(rig.channel.letters) == said
        found = await _conversations(rig)
        assert (found["woman"].mode, found["brigade"].heard_at) == ("human", None)
        assert len(await _heard(rig, "woman")) == 2
        assert len(await _heard(rig, "brigade")) == 1


async def test_a_message_that_races_the_switch_goes_where_she_is_now(database_url: str) -> None:
    async with rigged(database_url) as rig:
        await rig.write(_CODE)
        await rig.intake.accept(rig.message(_HERSELF))
        claimed = (await claim(rig.database, rig.ring, limit=1))[0]
        raced = rig.message("no puedo más")
        await rig.intake.accept(raced)  # while the turn that switches is being thought
        taken = _turn_into(claimed.state, Role.WOMAN)
        done = await commit(rig.database, claimed, taken, can_send=False, lease=claimed.conversation_id)
        assert done is not None
        await rig.settle()
        assert raced.external_id in await _heard(rig, "woman")
        assert len(await _heard(rig, "brigade")) == 1


async def test_a_message_that_waits_for_the_switch_to_be_written_is_taken_there(database_url: str) -> None:
    async with rigged(database_url) as rig:
        await rig.write(_CODE)
        await rig.intake.accept(rig.message(_HERSELF))
        claimed = (await claim(rig.database, rig.ring, limit=1))[0]
        raced = rig.message("no puedo más")
        async with rig.database.transaction() as tx:
            await _speak_as(tx, claimed, SpeakAs(role=Role.WOMAN))
            accepting = asyncio.create_task(rig.intake.accept(raced))
            await asyncio.sleep(0.3)
            assert not accepting.done()  # it stands before the row that the switch has locked
        assert await accepting is True
        await rig.settle()
        assert (await _heard(rig, "woman"))[-1] == raced.external_id
        assert len(await _heard(rig, "brigade")) == 1


async def test_a_turn_that_lost_its_lease_cannot_switch(database_url: str) -> None:
    async with rigged(database_url) as rig:
        await rig.write(_CODE)
        await rig.intake.accept(rig.message(_HERSELF))
        slept = (await claim(rig.database, rig.ring, limit=1))[0]
        await rig.wait(timedelta(minutes=1))
        taken = _turn_into(slept.state, Role.WOMAN)
        assert await commit(rig.database, slept, taken, can_send=False, lease=slept.conversation_id) is None
        assert rig.channel.texts.count(_LEFT) == 1


async def test_roles_that_change_in_every_message_lose_nothing_and_answer_each_once(database_url: str) -> None:
    async with rigged(database_url) as one, rigged(database_url) as two:
        phones = [Address(channel="whatsapp", value=f"+5730000001{n:02}") for n in range(4)]
        messages: list[PersonMessage] = []
        for n in range(6):
            words = _HERSELF if n % 2 else f"{_CODE}, hay una clienta asustada"
            messages += [one.message(words, by=phone) for phone in phones]
        loops = [asyncio.create_task(part.run()) for rig in (one, two) for part in (rig.worker, rig.delivery)]
        order = random.Random(5)
        for message in messages:
            twice = [(one if order.random() < 0.5 else two).intake.accept(message) for _ in range(2)]
            assert sorted(await asyncio.gather(*twice)) == [False, True]
        async with asyncio.timeout(60):
            while await _waits(one):
                await asyncio.sleep(0.1)
        for rig in (one, two):
            await rig.worker.stop()
            await rig.delivery.stop()
        await asyncio.gather(*loops)
        rows = await one.rows("SELECT ending, attempts FROM inbox")
        assert len(rows) == len(messages)
        assert all(row.ending for row in rows)
        current = await one.rows(
            "SELECT count(*) FILTER (WHERE heard_at IS NOT NULL) AS current FROM conversations GROUP BY person_id"
        )
        assert [row.current for row in current] == [1] * len(phones)
        places = await one.rows("SELECT conversation_id, seq FROM inbox")
        assert len(set(map(tuple, places))) == len(messages)


class _Nobody:
    """No channel of hers is served by this process: what is said stays queued."""

    def lay_out(self, reply: Any) -> Any:
        return (reply,)

    async def send(self, letter: Any) -> str:
        raise AssertionError("nothing is sent here")

    async def find(self, letter: Any, *, known: Any = frozenset()) -> str | None:
        return None


async def _conversations(rig: Rig) -> dict[str, Any]:
    rows = await rig.rows(
        "SELECT c.* FROM conversations c JOIN people p ON p.id = c.person_id WHERE p.phone_index = :index",
        index=rig.ring.phone_index(HER),
    )
    return {row.role: row for row in rows}


async def _heard(rig: Rig, role: str) -> list[str]:
    """What she wrote in a role, in order; every word of it has had its turn."""
    where = (await _conversations(rig))[role].id
    rows = await rig.rows(
        "SELECT external_id, ending FROM inbox WHERE conversation_id = :id AND kind = 'person' ORDER BY seq", id=where
    )
    assert all(row.ending for row in rows)
    return [row.external_id for row in rows]


async def _waits(rig: Rig) -> bool:
    rows = await rig.rows(
        "SELECT (SELECT count(*) FROM inbox WHERE turn_id IS NULL)"
        " + (SELECT count(*) FROM outbox WHERE status IN ('queued', 'leased')) AS waiting"
    )
    return bool(rows[0].waiting)


async def _hand_to_a_human(rig: Rig, role: str) -> None:
    """As when a psychologist has claimed it."""
    row = (await _conversations(rig))[role]
    keys = await rig.rows("SELECT id, wrapped FROM keys.owner_keys WHERE owner_id = :id", id=row.person_id)
    key = rig.ring.unwrap(key_id=keys[0].id, owner_id=row.person_id, wrapped=keys[0].wrapped)
    state = replace(STATE.validate_json(b"{}"), role=Role(role), mode=Mode.HUMAN)
    sealed = key.seal(STATE.dump_json(state), table="conversations", row=row.id, column="state")
    change = "UPDATE conversations SET mode = 'human', state_sealed = :state WHERE id = :id"
    await rig.rows(change, state=sealed, id=row.id)


def _turn_into(state: Any, role: Role) -> Written:
    return Written(
        state=replace(state, role=role, stack=(), slots={}),
        session=Session(id=new_id(), opened_at=_NOON, last_at=_NOON),
        ending="reply",
        by_person=True,
        replies=(OutgoingReply(reply=Reply(text="¿Puede escribir con calma?")),),
        understandings=(None,),
        speaks_as=SpeakAs(role=role),
    )
