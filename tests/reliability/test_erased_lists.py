"""Who was erased stays erased, whichever disk is lost; and where nobody can know, that is said aloud."""

from __future__ import annotations

import shutil
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from uuid import UUID, uuid4

import pytest

from bot.clock import Clock, Tick, add_office_ticks
from bot.errors import BotError
from bot.keeping import tell_of_lists
from bot.restoring import restore
from storage.erased import Erased, erased_lately, keep_erased, keep_erased_beside, read_erased
from storage.forgetting import forget_due
from storage.office import open_office
from tests.doubles.copied import World, copied_world, settings_of
from tests.doubles.database import TestDatabases
from tests.doubles.erasure import ask_to_forget
from tests.doubles.rig import rigged


@pytest.fixture
async def world(databases: TestDatabases, database_url: str, tmp_path: Path) -> AsyncIterator[World]:
    async with copied_world(databases, database_url, tmp_path) as made:
        yield made


async def test_whoever_was_erased_after_the_copy_is_erased_again(world: World) -> None:
    await ask_to_forget(world.rig)
    await world.rig.settle()
    assert await forget_due(world.rig.database) == 1
    keep_erased(world.settings.erased_file, await erased_lately(world.rig.database))
    await world.bring_back()
    async with rigged(world.empty_url) as back:
        rows = await back.rows(
            "SELECT p.forgotten_at IS NOT NULL AS gone, p.phone_index IS NULL AS unknown,"
            " EXISTS (SELECT 1 FROM keys.owner_keys k WHERE k.owner_id = p.id) AS key,"
            " EXISTS (SELECT 1 FROM inbox i JOIN conversations c ON c.id = i.conversation_id"
            "         WHERE c.person_id = p.id AND i.body_sealed IS NOT NULL) AS words FROM people p ORDER BY p.id"
        )
        assert [tuple(row) for row in rows] == [(True, True, False, False), (False, False, True, True)]


async def test_the_list_of_the_erased_outlives_an_empty_database_and_forgets_after_thirty_days(tmp_path: Path) -> None:
    file, now = tmp_path / "erased.txt", datetime.now(UTC)
    old, late, today = uuid4(), uuid4(), uuid4()
    keep_erased(file, Erased(people={old: now - timedelta(days=60), late: now - timedelta(days=20)}))
    keep_erased(file, Erased())
    assert set(_known(file)) == {late}
    keep_erased(file, Erased(until=now, people={today: now}))
    assert set(_known(file)) == {late, today}
    assert file.stat().st_mode & 0o777 == 0o600


async def test_a_list_without_a_first_line_is_read_and_one_that_is_none_is_refused(tmp_path: Path) -> None:
    (file := tmp_path / "erased.txt").write_text(f"{(who := uuid4())} 2026-11-30T10:00:00+00:00\n")
    assert _known(file) == {who: datetime(2026, 11, 30, 10, tzinfo=UTC)}
    file.write_text("otra cosa que no es una lista\n")
    with pytest.raises(BotError, match="no es la lista"):
        read_erased(file)


async def test_a_server_that_is_lost_whole_leaves_its_list_beside_the_copies(world: World, tmp_path: Path) -> None:
    await ask_to_forget(world.rig)
    await world.rig.settle()
    assert await forget_due(world.rig.database) == 1
    # What the service's tick does; VAR_DIR is lost with the server.
    assert keep_erased_beside(world.settings.copies_file, await erased_lately(world.rig.database)) == []
    elsewhere = settings_of(world.empty_url, tmp_path / "otra")
    restored = await restore(elsewhere, world.folder)
    assert restored.erased == 1
    missing = [place for place, found in restored.lists.items() if found is None]
    assert missing == [elsewhere.erased_file]
    assert restored.erased_until is not None
    assert restored.erased_until > restored.data.at
    assert set(_known(elsewhere.erased_file)) == set(_known(world.folder / "erased.txt"))


class _Ticks(Clock):
    """Ticks that a test calls by their names."""

    def __init__(self) -> None:
        super().__init__()
        self.named: dict[str, Tick] = {}

    def every(self, seconds: float, tick: Tick, *, name: str) -> None:
        self.named[name] = tick


async def test_the_running_service_keeps_the_list_beside_the_copies_and_says_once_where_it_cannot(
    world: World, caplog: pytest.LogCaptureFixture
) -> None:
    ticks, database = _Ticks(), world.rig.database
    add_office_ticks(ticks, database, open_office(database, world.rig.ring, b"a" * 32), world.settings)
    await ask_to_forget(world.rig)
    await world.rig.settle()
    shutil.rmtree(world.folder / "keys")
    (world.folder / "keys").touch()  # that disk is away
    for _ in range(3):
        await ticks.named["erasures"]()
        await ticks.named["erasures noted beside the copies"]()
    assert set(_known(world.folder / "erased.txt")) == set(_known(world.settings.erased_file))
    assert len(_known(world.folder / "erased.txt")) == 1
    assert caplog.text.count("who is erased cannot be noted there") == 1


async def test_it_is_said_aloud_when_no_list_reaches_beyond_the_copy(
    world: World, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    for place in (world.folder, world.folder / "keys"):
        (place / "erased.txt").unlink()
    restored = await restore(settings_of(world.empty_url, tmp_path / "otra"), world.folder)
    assert restored.erased_until is None
    tell_of_lists(restored, UTC)
    said = capsys.readouterr().out
    assert said.count("falta la lista de borrados") == 3
    assert f"quien se borró después de {restored.data.at:%Y-%m-%d %H:%M:%S} ha vuelto" in said


async def test_a_disk_of_the_copies_that_is_away_is_named_and_holds_nothing_up(world: World) -> None:
    shutil.rmtree(world.folder)
    world.folder.touch()  # nothing can be written below it
    failed = keep_erased_beside(world.settings.copies_file, await erased_lately(world.rig.database))
    assert [file.parent for file in failed] == [world.folder, world.folder / "keys"]


def _known(file: Path) -> dict[UUID, datetime]:
    found = read_erased(file)
    assert found is not None
    return dict(found.people)
