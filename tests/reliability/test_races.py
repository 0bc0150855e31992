"""Two things happen at once: a claim and a new message, a word and a reminder, a word and an erasure."""

from __future__ import annotations

import asyncio
import os
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from datetime import timedelta

from sqlalchemy import text

from bot.errors import SendError
from storage.claims import claim, put_back
from storage.database import Database
from storage.forgetting import forget_due
from storage.reminders import fire_due
from storage.statements import statement
from tests.doubles.database import move_clock
from tests.doubles.erasure import ask_to_forget
from tests.doubles.interrupted import InterruptedDatabase
from tests.doubles.letters import queue_letter
from tests.doubles.loops import until
from tests.doubles.rig import Rig, rigged

_HELD_UP = "SELECT count(*) > 0 FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'"
#: A repeat that raced its first: a number is missing in the inbox, and the conversation is ready for nothing.
_GAP = "UPDATE conversations SET last_in_seq = last_in_seq + 1, ready_at = now()"
_WAIT_AT_GATE = "PERFORM pg_advisory_lock_shared(77); PERFORM pg_advisory_unlock_shared(77);"


async def _is_safe(rig: Rig) -> None:
    await rig.write("buenas")
    await rig.write("1")


@asynccontextmanager
async def _closed_gate(rig: Rig) -> AsyncIterator[Callable[[], Awaitable[None]]]:
    """Whatever runs ``_WAIT_AT_GATE`` in this database stands still until what is yielded is called."""
    async with rig.database.engine.connect() as keeper:
        await keeper.execute(text("SELECT pg_advisory_lock(77)"))
        await keeper.commit()

        async def open_gate() -> None:
            await keeper.execute(text("SELECT pg_advisory_unlock(77)"))
            await keeper.commit()

        yield open_gate


@asynccontextmanager
async def _slow_eyes(rig: Rig, url: str) -> AsyncIterator[Database]:
    """Connections whose clock takes its time at the gate: what it sees is older than what it locks."""
    await rig.rows("CREATE SCHEMA slow")
    await rig.rows(
        "CREATE FUNCTION slow.now() RETURNS timestamptz LANGUAGE plpgsql AS"
        f" $$ BEGIN {_WAIT_AT_GATE} RETURN pg_catalog.now(); END $$"
    )
    slow = Database(url, connections=1)
    look_there = text("SET search_path = slow, pg_catalog, public")
    await slow.run(look_there)
    async with slow.transaction() as tx:
        await tx.execute(look_there)
    try:
        yield slow
    finally:
        await slow.close()


async def test_a_claim_that_saw_the_inbox_before_her_message_came_does_not_leave_her_unanswered(
    database_url: str,
) -> None:
    async with rigged(database_url) as rig:
        await _is_safe(rig)
        before = len(rig.channel.texts)
        async with _slow_eyes(rig, database_url) as slow, _closed_gate(rig) as open_gate:
            await rig.rows(_GAP)
            claiming = asyncio.create_task(claim(slow, rig.ring, limit=16))
            await until(rig, _HELD_UP)
            await rig.intake.accept(rig.message("me va a matar"))
            await open_gate()
            assert await claiming == []
        await rig.wait(timedelta(minutes=1))
        assert len(rig.channel.texts) == before + 1


async def test_a_message_that_comes_while_nothing_is_found_to_do_is_answered_at_once(database_url: str) -> None:
    async with rigged(database_url) as rig:
        await _is_safe(rig)
        database = InterruptedDatabase(database_url)
        database.meanwhile = lambda: rig.intake.accept(rig.message("me va a matar"))
        await rig.rows(_GAP)
        assert await claim(database, rig.ring, limit=16) == []
        await database.close()
        # Not only when the lease of that claim has run out.
        assert await rig.worker.work_once() == 1


async def test_a_worker_that_comes_back_late_does_not_take_her_from_the_one_that_holds_her_now(
    database_url: str,
) -> None:
    async with rigged(database_url) as rig:
        await rig.intake.accept(rig.message("hola"))
        [late] = await claim(rig.database, rig.ring, limit=1)
        await move_clock(rig.database, timedelta(seconds=11))
        [_] = await claim(rig.database, rig.ring, limit=1)
        await put_back(rig.database, late, after=timedelta())
        assert await claim(rig.database, rig.ring, limit=1) == []
        rows = await rig.rows("SELECT leased_until > now() AS is_held FROM conversations")
        assert [row.is_held for row in rows] == [True]


async def test_her_word_in_the_moment_of_a_reminder_is_answered_at_the_first_attempt(database_url: str) -> None:
    async with rigged(database_url) as rig:
        await rig.write("me esta tumbando la puerta")
        await move_clock(rig.database, timedelta(hours=1))
        assert len(await rig.rows("SELECT 1 FROM reminders WHERE due_at <= now()")) > 0
        await rig.rows(
            "CREATE FUNCTION stand_still() RETURNS trigger LANGUAGE plpgsql AS"
            f" $$ BEGIN {_WAIT_AT_GATE} RETURN NEW; END $$"
        )
        await rig.rows("CREATE TRIGGER slow BEFORE INSERT ON outbox FOR EACH ROW EXECUTE FUNCTION stand_still()")
        await rig.intake.accept(rig.message("sigo aqui"))
        async with _closed_gate(rig) as open_gate:
            turn = asyncio.create_task(rig.worker.work_once())
            await until(rig, _HELD_UP)
            tick = asyncio.create_task(fire_due(rig.database, rig.ring))
            await asyncio.wait([tick], timeout=0.5)
            await open_gate()
            await turn
            await tick
        rows = await rig.rows("SELECT attempts, ending IS NOT NULL AS is_handled FROM inbox WHERE kind = 'person'")
        assert [tuple(row) for row in rows] == [(1, True), (1, True)]


async def test_an_answer_to_danger_does_not_wait_for_a_letter_that_is_put_off(database_url: str) -> None:
    async with rigged(database_url) as rig:
        await _is_safe(rig)
        await queue_letter(rig, "¿Cómo sigue?")
        rig.channel.fail = [SendError("20500", retryable=True)] * 9
        for _ in range(9):
            await rig.rows("UPDATE outbox SET next_try_at = now() WHERE status = 'queued'")
            await rig.delivery.deliver_once()
        rig.channel.fail.clear()
        before = len(rig.channel.texts)
        await rig.write("me esta tumbando la puerta")
        put_off, answer = rig.channel.texts[before:]
        assert put_off == "¿Cómo sigue?"
        assert "123" in answer


async def test_a_message_that_meets_her_erasure_is_answered_as_that_of_somebody_new(database_url: str) -> None:
    async with rigged(database_url) as rig:
        await _is_safe(rig)
        before = len(rig.channel.texts)
        person = (await rig.rows("SELECT id FROM people"))[0].id
        async with rig.database.transaction() as erasing:
            await erasing.execute(statement("forget"), {"person_id": person, "nobody": os.urandom(16), "aged": False})
            writing = asyncio.create_task(rig.intake.accept(rig.message("me va a matar")))
            await until(rig, _HELD_UP)
        assert await writing is True
        await rig.settle()
        assert len(rig.channel.texts) == before + 1
        rows = await rig.rows("SELECT 1 FROM people WHERE forgotten_at IS NULL")
        assert len(rows) == 1


async def test_a_message_that_comes_as_the_erasure_has_just_looked_is_answered_first(database_url: str) -> None:
    async with rigged(database_url) as rig:
        await _is_safe(rig)
        await ask_to_forget(rig)
        await rig.settle()
        before = len(rig.channel.texts)
        async with _slow_eyes(rig, database_url) as slow, _closed_gate(rig) as open_gate:
            erasing = asyncio.create_task(forget_due(slow))
            await until(rig, _HELD_UP)
            # It has seen that nothing waits, and has erased nothing yet.
            await rig.intake.accept(rig.message("me va a matar"))
            await open_gate()
            assert await erasing == 0
        await rig.settle()
        assert len(rig.channel.texts) == before + 1
        rows = await rig.rows("SELECT ending FROM inbox WHERE kind = 'person' ORDER BY seq DESC LIMIT 1")
        assert [row.ending for row in rows] != ["forgotten"]


async def test_her_erasure_waits_for_no_turn_and_comes_with_the_next_tick(database_url: str) -> None:
    async with rigged(database_url) as rig:
        await _is_safe(rig)
        await ask_to_forget(rig)
        await rig.settle()
        async with rig.database.transaction() as turn:
            await turn.execute(text("SELECT 1 FROM conversations FOR UPDATE"))
            assert await forget_due(rig.database) == 0
        assert await forget_due(rig.database) == 1


async def test_what_she_writes_between_the_confirmation_and_her_erasure_is_answered_first(database_url: str) -> None:
    async with rigged(database_url, quiet_seconds=1.5) as rig:
        for words in ("buenas", "1"):
            await rig.write(words)
            await rig.wait(timedelta(seconds=2))
        await ask_to_forget(rig)
        await rig.settle()
        before = len(rig.channel.texts)
        # Within the quiet time of her message, the tick of erasures comes.
        await rig.intake.accept(rig.message("no se que hacer, estoy muy triste"))
        assert await forget_due(rig.database) == 0
        await rig.wait(timedelta(seconds=2))
        assert len(rig.channel.texts) > before
        assert await forget_due(rig.database) == 1
