"""Whoever steals the database, a backup or the logs reads nothing; whoever is forgotten stays so."""

from __future__ import annotations

import logging
from datetime import timedelta
from pathlib import Path

import pytest

from bot.errors import KeyMissing
from bot.messages import Address, ForgetAsked, Location, Media, MediaKind, Reply
from bot.observe import set_up_logging
from storage.codec import REPLY
from storage.forgetting import find_conversation, forget_due, is_forgotten
from storage.inbox import add_entry
from storage.keys import KeyRing
from storage.rotation import rotate_keys
from tests.doubles.database import TestDatabases
from tests.doubles.dumps import dump, restore
from tests.doubles.rig import HER, INDEX_KEY, WRAPPING_KEY, Rig, rigged

_OTHER = Address(channel="whatsapp", value="+573009998877")
_SAID = ["mi esposo Ramiro me pego anoche con la correa", "vivo en buga por la galeria", "me llamo Yurani"]
_SECRET = ["Ramiro", "Yurani", "correa", "galeria", "3001112233", "300111", "secreto.example", "Parque Cabal"]


async def _whole_conversation(rig: Rig) -> None:
    await rig.write("buenas")
    await rig.write("1")
    for words in _SAID:
        await rig.write(words)
    photo = Media(url="https://secreto.example/foto.jpg", content_type="image/jpeg", kind=MediaKind.IMAGE)
    await rig.write("", media=(photo,))
    await rig.write("", location=Location(latitude=3.9, longitude=-76.3, label="Parque Cabal"))
    rig.interpreter.broken = ValueError("quoting: " + _SAID[0])
    await rig.write(_SAID[0])
    rig.interpreter.broken = None
    await rig.wait(timedelta(minutes=2))


async def test_after_a_whole_conversation_nothing_of_it_is_found_in_a_dump_or_a_log(
    database_url: str, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    set_up_logging("DEBUG")
    with caplog.at_level(logging.DEBUG):
        async with rigged(database_url) as rig:
            await _whole_conversation(rig)
            assert len(rig.channel.letters) > 4
            said = [word for text in rig.channel.texts for word in text.split() if len(word) > 7]
    dumped = await dump(database_url, file=tmp_path / "todo.sql")
    assert b"COPY public.inbox" in dumped
    for word in [*_SECRET, *_SAID, *said]:
        for form in (word.encode(), word.encode().hex().encode()):
            assert form.lower() not in dumped.lower(), word
    for word in [*_SECRET, *_SAID]:
        assert word not in caplog.text


async def test_after_rotating_the_keys_she_is_the_same_person_and_the_old_key_opens_nothing(database_url: str) -> None:
    async with rigged(database_url) as rig:
        await rig.write("buenas")
        newest = b"n" * 32
        assert await rotate_keys(rig.database, KeyRing([newest, WRAPPING_KEY], INDEX_KEY)) == 1
        assert await rotate_keys(rig.database, KeyRing([newest, WRAPPING_KEY], INDEX_KEY)) == 0
    async with rigged(database_url) as rig:
        with pytest.raises(KeyMissing, match="SECRET_KEYS"):
            await rig.write("otra vez yo")
    async with rigged(database_url, ring=KeyRing([newest], INDEX_KEY)) as rig:
        await rig.wait(timedelta(seconds=30))
        await rig.write("sigo aquí")
        found = await rig.rows("SELECT (SELECT count(*) FROM people), (SELECT count(*) FROM conversations)")
        assert tuple(found[0]) == (1, 1)


async def _forget(rig: Rig, who: Address) -> None:
    conversation = await find_conversation(rig.database, rig.ring, [who])
    assert conversation is not None
    async with rig.database.transaction() as tx:
        await add_entry(tx, rig.ring, ForgetAsked(external_id="forget:1", conversation_id=conversation))
    await rig.settle()
    await forget_due(rig.database)
    assert await is_forgotten(rig.database, conversation)


async def test_she_is_told_first_and_then_her_key_is_destroyed(database_url: str) -> None:
    async with rigged(database_url) as rig:
        await rig.write("buenas")
        await rig.write("1")
        before = len(rig.channel.letters)
        await _forget(rig, HER)
        assert len(rig.channel.letters) == before + 1
        keys = await rig.rows("SELECT 1 FROM keys.owner_keys")
        left = await rig.rows(
            "SELECT 1 FROM inbox WHERE body_sealed IS NOT NULL"
            " UNION ALL SELECT 1 FROM outbox WHERE body_sealed IS NOT NULL"
            " UNION ALL SELECT 1 FROM people WHERE phone_index IS NOT NULL OR phone_sealed IS NOT NULL"
            " UNION ALL SELECT 1 FROM conversations WHERE state_sealed IS NOT NULL"
        )
        assert (list(keys), list(left)) == ([], [])
        assert len(await rig.rows("SELECT 1 FROM sessions WHERE conversation_id IS NULL")) == 1


async def test_a_repeated_old_webhook_does_not_bring_her_back_but_a_new_message_begins_anew(database_url: str) -> None:
    async with rigged(database_url) as rig:
        old = rig.message("buenas")
        await rig.intake.accept(old)
        await rig.settle()
        await _forget(rig, HER)
        assert await rig.intake.accept(old) is False
        await rig.settle()
        assert len(await rig.rows("SELECT 1 FROM people WHERE phone_index IS NOT NULL")) == 0
        await rig.write("buenas")
        assert len(await rig.rows("SELECT 1 FROM people WHERE phone_index IS NOT NULL")) == 1
        assert rig.channel.texts[-1] == rig.channel.texts[0]


async def test_an_old_dump_with_the_newest_keys_leaves_her_illegible_and_everybody_else_legible(
    databases: TestDatabases, database_url: str, tmp_path: Path
) -> None:
    async with rigged(database_url) as rig:
        await rig.write("buenas", by=HER)
        await rig.write("buenas", by=_OTHER)
        await dump(database_url, file=tmp_path / "datos.sql", without="keys")
        await _forget(rig, HER)
        await dump(database_url, file=tmp_path / "llaves.sql", schemas="keys")
    restored = await databases.make_empty()
    await restore(databases.url(restored), tmp_path / "datos.sql")
    await restore(databases.url(restored), tmp_path / "llaves.sql")
    async with rigged(databases.url(restored)) as rig:
        rows = await rig.rows(
            "SELECT o.id, o.body_sealed, k.id AS key_id, k.owner_id, k.wrapped FROM outbox o"
            " JOIN conversations c ON c.id = o.conversation_id"
            " LEFT JOIN keys.owner_keys k ON k.owner_id = c.person_id ORDER BY k.id NULLS FIRST"
        )
        assert [row.key_id is None for row in rows] == [True, False]
        hers, other = rows
        key = rig.ring.unwrap(key_id=other.key_id, owner_id=other.owner_id, wrapped=other.wrapped)
        read = key.unseal(other.body_sealed, table="outbox", row=other.id, column="body")
        assert isinstance(REPLY.validate_json(read), Reply)
        with pytest.raises(KeyMissing):
            key.unseal(hers.body_sealed, table="outbox", row=hers.id, column="body")
    await databases.drop(restored)


async def test_sealed_bytes_moved_to_another_row_do_not_open(database_url: str) -> None:
    async with rigged(database_url) as rig:
        await rig.write("buenas")
        await rig.write("1")
        rows = await rig.rows(
            "SELECT o.id, o.body_sealed, k.id AS key_id, k.owner_id, k.wrapped FROM outbox o, keys.owner_keys k"
        )
        one, two = rows[:2]
        key = rig.ring.unwrap(key_id=one.key_id, owner_id=one.owner_id, wrapped=one.wrapped)
        with pytest.raises(KeyMissing):
            key.unseal(one.body_sealed, table="outbox", row=two.id, column="body")


async def test_her_erasure_waits_while_a_crisis_is_open_and_happens_when_a_person_has_closed_it(
    database_url: str,
) -> None:
    async with rigged(database_url) as rig:
        for words in ("buenas", "1", "borrar"):
            await rig.write(words)
        await rig.wait(timedelta(days=2))
        await rig.write("me esta tumbando la puerta ayudaaa")
        await rig.wait(timedelta(days=14))
        assert await forget_due(rig.database) == 0
        await rig.rows("UPDATE handovers SET closed_at = now()")
        assert await forget_due(rig.database) == 1
        assert list(await rig.rows("SELECT 1 FROM keys.owner_keys")) == []


async def test_without_a_crisis_her_erasure_happens_after_fifteen_days(database_url: str) -> None:
    async with rigged(database_url) as rig:
        for words in ("buenas", "1", "borrar"):
            await rig.write(words)
        await rig.wait(timedelta(days=14, hours=23))
        assert await forget_due(rig.database) == 0
        await rig.wait(timedelta(hours=2))
        assert await forget_due(rig.database) == 1
