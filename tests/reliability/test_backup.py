"""Copies: whole, of one moment, closed without their keys; what is wrong with one is said before anything moves."""

from __future__ import annotations

import asyncio
import json
import os
import shutil
from collections.abc import AsyncIterator, Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from bot.backup import MANIFEST, back_up, checksum, moment_of
from bot.errors import BotError
from bot.messages import Address
from bot.restoring import restore
from storage.audit import Act, Trail
from storage.audit_chain import chain, keep_head
from tests.doubles.copied import OTHER, World, copied_world, settings_of
from tests.doubles.database import TestDatabases
from tests.doubles.process import INDEX_KEY
from tests.doubles.rig import Rig, rigged

_AUDIT = b"a" * 32


@pytest.fixture
async def world(databases: TestDatabases, database_url: str, tmp_path: Path) -> AsyncIterator[World]:
    async with copied_world(databases, database_url, tmp_path) as made:
        yield made


async def test_a_copy_is_ours_alone_says_what_it_is_and_has_no_key_in_its_data(world: World) -> None:
    for copy, part in ((world.copied.data, "data"), (world.copied.keys, "keys")):
        files = sorted(copy.iterdir())
        assert [file.name for file in files] == [f"{part}.dump", MANIFEST]
        assert {file.stat().st_mode & 0o777 for file in files} == {0o600}
        assert {one.stat().st_mode & 0o777 for one in (copy, copy.parent)} == {0o700}
        said = json.loads((copy / MANIFEST).read_text())
        assert (said["part"], said["people"], said["sha256"]) == (part, 2, checksum(files[0]))
    wrapped = (await world.rig.rows("SELECT wrapped FROM keys.owner_keys"))[0].wrapped
    assert wrapped.hex().encode() not in (world.copied.data / "data.dump").read_bytes()
    assert "buga" not in (world.copied.data / "data.dump").read_bytes().decode(errors="ignore")


async def test_from_a_copy_on_the_operator_waits_for_the_next_and_a_copy_that_failed_counts_for_nothing(
    world: World, tmp_path: Path
) -> None:
    asked = "SELECT at FROM watermarks WHERE name = 'a whole copy'"
    (tmp_path / "full").write_text("a file where a folder should be")
    with pytest.raises(BotError):
        await back_up(world.settings, tmp_path / "full")
    assert (await world.rig.rows(asked))[0].at == moment_of(world.copied.data)
    copied = await back_up(world.settings, world.folder)
    assert (await world.rig.rows(asked))[0].at == moment_of(copied.data)


async def test_what_comes_back_is_what_was_there_and_she_is_answered(world: World) -> None:
    await world.bring_back()
    async with rigged(world.empty_url) as back:
        assert await _facts(back) == await _facts(world.rig)
        await back.write("1", by=OTHER)
        assert back.channel.letters[-1].address == OTHER


async def test_both_parts_show_one_moment_though_people_go_on_writing(
    world: World, databases: TestDatabases, tmp_path: Path
) -> None:
    stop = asyncio.Event()

    async def crowd() -> int:
        number = 0
        while not stop.is_set():
            await world.rig.write("buenas", by=Address(channel="whatsapp", value=f"+5731{number:08}"))
            number += 1
        return number

    writing = asyncio.create_task(crowd())
    await back_up(world.settings, world.folder)
    stop.set()
    assert await writing > 3
    await world.bring_back()
    async with rigged(world.empty_url) as back:
        lone = await back.rows(
            "SELECT (SELECT count(*) FROM people p WHERE NOT EXISTS (SELECT 1 FROM keys.owner_keys k"
            " WHERE k.owner_id = p.id)) + (SELECT count(*) FROM keys.owner_keys k"
            " WHERE NOT EXISTS (SELECT 1 FROM people p WHERE p.id = k.owner_id)) AS found"
        )
        assert lone[0].found == 0


async def test_the_days_that_the_copy_does_not_reach_are_put_aside_and_the_trail_verifies(world: World) -> None:
    trail = Trail(world.rig.database, _AUDIT)
    await trail.note(Act(act="queue.read"))
    await chain(world.rig.database, _AUDIT)
    await back_up(world.settings, world.folder)
    await trail.note(Act(act="queue.read"))
    head = await chain(world.rig.database, _AUDIT)
    assert head is not None
    keep_head(world.settings.audit_folder, head, datetime.now(UTC).date())
    restored = await restore(settings_of(world.empty_url, world.settings.var_dir), world.folder)
    assert (restored.audited, restored.findings, len(restored.lost_heads)) == (1, (), 1)
    async with rigged(world.empty_url) as back:
        rows = await back.rows("SELECT act FROM audit ORDER BY at")
        assert [row.act for row in rows] == ["queue.read", "database.restore"]
        for change in ("UPDATE audit SET detail = 'otra'", "DELETE FROM audit"):
            with pytest.raises(Exception, match="permission denied"):
                await back.rows(change)


def _cut(file: Path) -> None:
    os.truncate(file, file.stat().st_size - 1)


def _spoil(file: Path) -> None:
    content = bytearray(file.read_bytes())
    content[len(content) // 2] ^= 0xFF
    file.write_bytes(content)


def _change_manifest(file: Path, **changed: object) -> None:
    said = json.loads(file.with_name(MANIFEST).read_text())
    file.with_name(MANIFEST).write_text(json.dumps({**said, **changed}))


_HARM: dict[str, Callable[[Path], object]] = {
    "cortado": _cut,
    "dañado: su suma": _spoil,
    "falta: esa copia": Path.unlink,
    "manifest.json falta o está dañado": lambda file: file.with_name(MANIFEST).write_text("{"),
    "manifest.json falta": lambda file: file.with_name(MANIFEST).unlink(),
    "no es una copia de Valle Sano": lambda file: _change_manifest(file, made_by="otro"),
    "no es una copia de Valle": lambda file: _change_manifest(file, at="ayer"),
    "versión más nueva": lambda file: _change_manifest(file, shape="9999"),
}


@pytest.mark.parametrize("part", ["data", "keys"])
@pytest.mark.parametrize("words", _HARM)
async def test_a_copy_that_is_not_whole_is_refused_and_nothing_changes(world: World, part: str, words: str) -> None:
    copy = world.copied.data if part == "data" else world.copied.keys
    _HARM[words](copy / f"{part}.dump")
    with pytest.raises(BotError, match=words):
        await world.bring_back()
    assert await world.is_untouched()


async def test_a_dump_that_fails_half_way_leaves_the_database_empty(world: World) -> None:
    other = world.copied.keys / "keys.dump"
    shutil.copy(world.copied.data / "data.dump", other)  # a whole dump, but not of the keys: it makes the tables twice
    _change_manifest(other, sha256=checksum(other), size=other.stat().st_size)
    with pytest.raises(BotError, match="nada se cambió"):
        await world.bring_back()
    assert await world.is_untouched()


async def test_a_database_that_is_not_empty_is_left_as_it_is(world: World) -> None:
    before = await _facts(world.rig)
    with pytest.raises(BotError, match="no está vacía"):
        await restore(world.settings, world.folder)
    assert await _facts(world.rig) == before


async def test_keys_that_are_older_than_the_data_are_refused(world: World) -> None:
    kept = shutil.copytree(world.copied.keys, world.folder / "aparte")
    await back_up(world.settings, world.folder)
    for copy in (world.folder / "keys").glob("*Z"):
        shutil.rmtree(copy)
    shutil.copytree(kept, world.folder / "keys" / world.copied.keys.name)
    with pytest.raises(BotError, match="más viejas que los datos"):
        await world.bring_back()
    assert await world.is_untouched()
    settings = settings_of(world.empty_url, world.settings.var_dir)
    await restore(settings, world.folder, copy=world.copied.data.name)


async def test_a_copy_whose_keys_nobody_here_opens_is_refused(world: World) -> None:
    with pytest.raises(BotError, match="SECRET_KEYS no tiene la llave"):
        await world.bring_back(secret_keys=INDEX_KEY)
    assert await world.is_untouched()


async def test_copies_of_keys_live_seven_days_and_of_data_thirty_and_the_newest_always(world: World) -> None:
    for home, day in (("keys", 6), ("keys", 8), ("data", 8), ("data", 29), ("data", 31)):
        moment = datetime.now(UTC) - timedelta(days=day)
        (world.folder / home / f"{moment:%Y-%m-%dT%H%M%S.%fZ}").mkdir()
    done = await back_up(world.settings, world.folder)
    assert (done.old_data, done.old_keys) == (1, 1)
    assert len(list((world.folder / "keys").glob("*Z"))) == 3
    assert len(list((world.folder / "data").glob("*Z"))) == 4


async def test_a_backup_that_fails_half_way_leaves_nothing_that_looks_like_one(world: World, tmp_path: Path) -> None:
    before = sorted(world.folder.rglob("*"))
    await world.rig.rows("REVOKE SELECT ON inbox FROM CURRENT_USER")
    with pytest.raises(BotError, match="permission denied"):
        await back_up(world.settings, world.folder)
    (tmp_path / "archivo").touch()
    with pytest.raises(BotError, match="no se puede escribir"):
        await back_up(world.settings, tmp_path / "archivo" / "copias")
    assert sorted(world.folder.rglob("*")) == before


async def _facts(rig: Rig) -> list[tuple[object, ...]]:
    rows = await rig.rows(
        "SELECT i.external_id, i.body_sealed, i.ending, p.phone_index, k.wrapped, c.state_sealed, s.municipality"
        " FROM inbox i JOIN conversations c ON c.id = i.conversation_id JOIN people p ON p.id = c.person_id"
        " JOIN keys.owner_keys k ON k.owner_id = p.id LEFT JOIN sessions s ON s.conversation_id = c.id ORDER BY i.id"
    )
    return [tuple(row) for row in rows]
