"""An erasure holds: after an old dump is restored, and in what is counted."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from bot.messages import Address
from storage.forgetting import forget_due, forget_restored
from tests.doubles.database import TestDatabases
from tests.doubles.dumps import dump, restore
from tests.doubles.erasure import ask_to_forget
from tests.doubles.letters import queue_letter
from tests.doubles.loops import at_work, until
from tests.doubles.rig import HER, Rig, rigged

_OTHER = Address(channel="whatsapp", value="+573009998877")


@pytest.fixture
async def restored(databases: TestDatabases, database_url: str, tmp_path: Path) -> AsyncIterator[Rig]:
    """A dump from before her erasure with the keys from after it; in it, a letter waits for her and for another."""
    async with rigged(database_url) as rig:
        await rig.write("buenas", by=HER)
        await rig.write("buenas", by=_OTHER)
        await queue_letter(rig, "Hola, soy Ana.")
        await dump(database_url, file=tmp_path / "datos.sql", without="keys")
        await ask_to_forget(rig)
        await rig.settle()
        await forget_due(rig.database)
        await dump(database_url, file=tmp_path / "llaves.sql", schemas="keys")
    name = await databases.make_empty()
    for file in ("datos.sql", "llaves.sql"):
        await restore(databases.url(name), tmp_path / file)
    async with rigged(databases.url(name)) as rig:
        yield rig
    await databases.drop(name)


async def test_her_lost_key_does_not_keep_the_others_letters_from_going(restored: Rig) -> None:
    async with at_work(restored):
        await until(restored, "SELECT count(*) = 0 FROM outbox WHERE status IN ('queued', 'leased')")
    sent = [(letter.address, letter.reply.text) for letter in restored.channel.letters]
    assert sent == [(_OTHER, "Hola, soy Ana.")]


async def test_when_she_writes_again_she_is_heard_and_begins_anew(restored: Rig) -> None:
    assert await restored.intake.accept(restored.message("me esta tumbando la puerta")) is True
    await restored.settle()
    answers = [letter.reply.text for letter in restored.channel.letters if letter.address == HER]
    assert len(answers) == 1
    assert "123" in answers[0]
    people = await restored.rows("SELECT 1 FROM people WHERE phone_index IS NOT NULL")
    assert len(people) == 2


async def test_what_the_dump_brought_back_of_her_is_erased_again(restored: Rig) -> None:
    assert await forget_restored(restored.database) == 1
    assert await forget_restored(restored.database) == 0
    left = await restored.rows(
        "SELECT c.person_id FROM conversations c JOIN inbox i ON i.conversation_id = c.id"
        " JOIN outbox o ON o.conversation_id = c.id LEFT JOIN keys.owner_keys k ON k.owner_id = c.person_id"
        " WHERE k.id IS NULL AND (c.state_sealed IS NOT NULL OR i.body_sealed IS NOT NULL OR o.body_sealed IS NOT NULL)"
    )
    assert list(left) == []
    rows = await restored.rows("SELECT phone_index, phone_sealed FROM people WHERE forgotten_at IS NOT NULL")
    assert [tuple(row) for row in rows] == [(None, None)]


async def test_nothing_ties_what_is_counted_to_the_messages_of_somebody_who_was_erased(database_url: str) -> None:
    async with rigged(database_url) as rig:
        await rig.write("buenas")
        await rig.write("1")
        await ask_to_forget(rig)
        await rig.settle()
        assert await forget_due(rig.database) == 1
        assert len(await rig.rows("SELECT 1 FROM sessions")) == 1
        tied = await rig.rows("SELECT 1 FROM sessions s JOIN people p USING (pseudonym)")
        assert list(tied) == []
