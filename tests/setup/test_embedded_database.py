"""PostgreSQL beside the service: hers is the only copy, so it is found, kept and stopped with care."""

from __future__ import annotations

import asyncio
import os
import signal
import stat
import tempfile
from collections.abc import AsyncIterator, Callable, Iterator
from pathlib import Path
from typing import Any

import asyncpg
import psutil
import pytest
from sqlalchemy import make_url

from bot.errors import DatabaseUnavailable
from storage import cluster
from storage.embedded import EmbeddedPostgres
from tests.setup.conftest import StartOwner

OWNER = """
import asyncio, pathlib, sys
from storage.embedded import EmbeddedPostgres
async def main():
    server = EmbeddedPostgres(pathlib.Path(sys.argv[1]), durable=False)
    await server.start()
    print(server.pid or 0, int(server.owns), flush=True)
    await asyncio.to_thread(sys.stdin.read)
    await server.stop()
asyncio.run(main())
"""


@pytest.fixture
def var_dir() -> Iterator[Path]:
    """A folder that nobody else may enter, as a clone inside ``mktemp -d`` is."""
    with tempfile.TemporaryDirectory(dir="/tmp") as folder:
        yield Path(folder) / "var"


@pytest.fixture
async def server(var_dir: Path) -> AsyncIterator[EmbeddedPostgres]:
    """A server that is stopped after the test."""
    server = EmbeddedPostgres(var_dir, durable=False)
    yield server
    await server.stop()


async def ask(server: EmbeddedPostgres, question: str) -> Any:
    """Ask one thing of the database."""
    connection = await asyncpg.connect(server.libpq_url)
    try:
        return await connection.fetchval(question)
    finally:
        await connection.close()


async def until(condition: Callable[[], bool]) -> None:
    """Wait for something that changes by itself."""
    while not condition():
        await asyncio.sleep(0.05)


async def wait_until_answers(server: EmbeddedPostgres, *, not_by: int) -> int:
    """Wait until a server with another process number answers; that number."""
    async with asyncio.timeout(30):
        while True:
            if server.pid not in (None, not_by):
                try:
                    await ask(server, "SELECT 1")
                except (OSError, asyncpg.PostgresError, asyncpg.InterfaceError):
                    pass
                else:
                    return server.pid or 0
            await asyncio.sleep(0.05)


async def test_it_starts_under_a_folder_that_is_closed_to_others(server: EmbeddedPostgres, var_dir: Path) -> None:
    before = stat.S_IMODE(var_dir.parent.stat().st_mode)
    assert (await server.start()).startswith("postgresql+asyncpg://")
    assert await ask(server, "SHOW server_version_num") >= "180000"
    assert before == stat.S_IMODE(var_dir.parent.stat().st_mode) == 0o700
    assert server.pid is not None
    assert psutil.Process(server.pid).uids().real != 0


async def test_nobody_else_on_the_machine_gets_in(server: EmbeddedPostgres, var_dir: Path) -> None:
    await server.start()
    modes = {
        name: stat.S_IMODE((var_dir / "postgres" / name).stat().st_mode) for name in ("data", "socket", "password")
    }
    assert modes == {"data": 0o700, "socket": 0o700, "password": 0o600}
    assert await ask(server, "SHOW listen_addresses") == ""
    assert await ask(server, "SHOW data_checksums") == "on"
    with pytest.raises(asyncpg.InvalidPasswordError):
        await asyncpg.connect(server.libpq_url, password="guess")
    with pytest.raises(asyncpg.InvalidAuthorizationSpecificationError):
        await asyncpg.connect(server.libpq_url, user="postgres")


async def test_stopping_leaves_no_process_and_keeps_what_was_committed(server: EmbeddedPostgres) -> None:
    await server.start()
    await ask(server, "CREATE TABLE kept AS SELECT 7 AS number")
    pid = server.pid or 0
    await server.stop()
    assert not psutil.pid_exists(pid)
    await server.start()
    assert await ask(server, "SELECT number FROM kept") == 7


async def test_the_server_that_a_killed_run_left_is_adopted_and_stopped(
    server: EmbeddedPostgres, var_dir: Path, start_owner: StartOwner
) -> None:
    killed = start_owner(OWNER, var_dir)
    killed.kill()
    await server.start()
    assert (server.owns, server.pid) == (True, int(killed.said[0]))
    await server.stop()
    assert not psutil.pid_exists(int(killed.said[0]))


async def test_a_second_process_connects_and_does_not_stop_what_is_not_its_own(
    server: EmbeddedPostgres, var_dir: Path, start_owner: StartOwner
) -> None:
    await server.start()
    second = start_owner(OWNER, var_dir)
    assert second.said == ["0", "0"]
    second.go_on()
    assert await ask(server, "SELECT 1") == 1


async def test_when_its_owner_is_killed_the_other_process_inherits_the_server(
    server: EmbeddedPostgres, var_dir: Path, start_owner: StartOwner
) -> None:
    owner = start_owner(OWNER, var_dir)
    await server.start()
    assert not server.owns
    owner.kill()
    await asyncio.wait_for(until(lambda: server.owns), 10)
    assert await ask(server, "SELECT 1") == 1


async def test_a_server_that_dies_is_started_again(server: EmbeddedPostgres) -> None:
    await server.start()
    await ask(server, "CREATE TABLE kept AS SELECT 7 AS number")
    first = server.pid or 0
    os.kill(first, signal.SIGKILL)
    await wait_until_answers(server, not_by=first)
    assert await ask(server, "SELECT number FROM kept") == 7


async def test_a_pid_file_whose_number_belongs_to_another_program_does_not_hold_up_the_start(
    server: EmbeddedPostgres, var_dir: Path, start_owner: StartOwner
) -> None:
    owner = start_owner(OWNER, var_dir)
    owner.go_on()
    stranger = start_owner("import sys; print('here', flush=True); sys.stdin.read()")
    pid = stranger._process.pid
    (var_dir / "postgres" / "data" / "postmaster.pid").write_text(f"{pid}\n{var_dir}\n")
    await server.start()
    assert server.pid != pid
    assert psutil.pid_exists(pid)


async def test_a_half_made_cluster_is_made_anew(server: EmbeddedPostgres, var_dir: Path) -> None:
    (var_dir / "postgres" / "data.new").mkdir(parents=True)
    (var_dir / "postgres" / "data.new" / "PG_VERSION").write_text("18")
    await server.start()
    assert await ask(server, "SELECT 1") == 1


async def test_a_folder_too_deep_for_a_socket_gets_a_private_one_that_is_removed(var_dir: Path) -> None:
    server = EmbeddedPostgres(var_dir / ("deep" * 25), durable=False)
    await server.start()
    folder = Path(make_url(server.url).query["host"])  # type: ignore[arg-type]  # one host is one text
    mode = stat.S_IMODE(folder.stat().st_mode)
    await server.stop()
    assert (mode, folder.exists(), var_dir in folder.parents) == (0o700, False, False)


async def test_a_folder_too_deep_for_a_socket_can_be_started_a_second_time(var_dir: Path) -> None:
    for _ in range(2):
        server = EmbeddedPostgres(var_dir / ("deep" * 25), durable=False)
        await server.start()
        try:
            assert await ask(server, "SELECT 1") == 1
        finally:
            await server.stop()


async def test_no_word_of_a_statement_reaches_the_log(server: EmbeddedPostgres, var_dir: Path) -> None:
    await server.start()
    await ask(server, "CREATE TABLE once (word text UNIQUE)")
    await ask(server, "INSERT INTO once VALUES ('susurro')")
    for wrong in ("INSERT INTO once VALUES ('susurro')", "SELECT 'susurro'::uuid", "SELECT susurro", "susurro"):
        with pytest.raises(asyncpg.PostgresError):
            await ask(server, wrong)
    assert "susurro" not in (var_dir / "log" / "postgres.log").read_text()
    assert stat.S_IMODE((var_dir / "log" / "postgres.log").stat().st_mode) == 0o600


async def test_in_earnest_a_commit_waits_for_the_disk(var_dir: Path) -> None:
    server = EmbeddedPostgres(var_dir)
    await server.start()
    asked = [await ask(server, f"SHOW {name}") for name in ("fsync", "full_page_writes", "synchronous_commit")]
    await server.stop()
    assert asked == ["on", "on", "on"]


async def test_a_server_that_cannot_start_says_why(server: EmbeddedPostgres, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(cluster._CONFIGURATION, "shared_buffers", "nonsense")
    monkeypatch.setattr("storage.embedded._START_SECONDS", 2.0)
    with pytest.raises(DatabaseUnavailable, match="shared_buffers"):
        await server.start()
    assert not server.owns
