"""What a killed run left is found and stopped, and nothing else is ever touched."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import sys
import time
from pathlib import Path

import psutil

from bot.children import Child, last_lines, open_log
from tests.setup.conftest import StartOwner

OWNER = """
import pathlib, sys
from bot.children import Child
child = Child("sleeper", var_dir=pathlib.Path(sys.argv[1]))
child.start([sys.executable, "-c", "import time; time.sleep(600)"], env={}, cwd=pathlib.Path("/"))
print(child._process.pid, flush=True)
sys.stdin.read()
"""
SLEEP = [sys.executable, "-c", "import time; time.sleep(600)"]
#: Does not end when asked to, and has a child of its own.
STUBBORN = """
import signal, subprocess, sys, time
signal.signal(signal.SIGTERM, signal.SIG_IGN)
print(subprocess.Popen([sys.executable, "-c", "import time; time.sleep(600)"]).pid, flush=True)
time.sleep(600)
"""


def is_gone(pid: int) -> bool:
    """Whether it ended; one that nobody has buried yet counts as ended."""
    try:
        return psutil.Process(pid).status() == psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return True


async def test_the_program_of_a_killed_run_is_stopped_before_the_next_one_starts(
    tmp_path: Path, start_owner: StartOwner
) -> None:
    killed = start_owner(OWNER, tmp_path)
    killed.kill()
    orphan = int(killed.said[0])
    assert not is_gone(orphan)
    child = Child("sleeper", var_dir=tmp_path)
    await asyncio.to_thread(child.start, SLEEP, env={}, cwd=tmp_path)
    assert is_gone(orphan)
    await child.stop()
    assert list((tmp_path / "run").glob("*.json")) == []


async def test_the_program_of_a_living_process_is_left_alone(tmp_path: Path, start_owner: StartOwner) -> None:
    living = start_owner(OWNER, tmp_path)
    child = Child("sleeper", var_dir=tmp_path)
    await asyncio.to_thread(child.start, SLEEP, env={}, cwd=tmp_path)
    assert not is_gone(int(living.said[0]))
    await child.stop()
    os.killpg(int(living.said[0]), signal.SIGKILL)


async def test_a_stranger_who_has_the_number_by_now_is_left_alone(tmp_path: Path, start_owner: StartOwner) -> None:
    stranger = start_owner("import os, sys; print(os.getpid(), flush=True); sys.stdin.read()")
    (tmp_path / "run").mkdir()
    record = {"pid": int(stranger.said[0]), "created": time.time() - 86_400}
    (tmp_path / "run" / "sleeper-1-0.json").write_text(json.dumps(record))
    child = Child("sleeper", var_dir=tmp_path)
    await asyncio.to_thread(child.start, SLEEP, env={}, cwd=tmp_path)
    assert not is_gone(int(stranger.said[0]))
    await child.stop()


async def test_a_program_that_does_not_listen_is_ended_with_all_that_it_started(tmp_path: Path) -> None:
    child = Child("stubborn", var_dir=tmp_path)
    child.start([sys.executable, "-c", STUBBORN], env={}, cwd=tmp_path)
    async with asyncio.timeout(10):
        while not (grandchild := child.log_file.read_text().strip()):
            await asyncio.sleep(0.05)
    await child.stop(grace=0.2)
    assert is_gone(int(grandchild))
    assert not child.is_running


async def test_it_gets_no_secret_of_ours(tmp_path: Path) -> None:
    child = Child("env", var_dir=tmp_path)
    child.start([sys.executable, "-c", "import os; print(sorted(os.environ))"], env={"A": "1"}, cwd=tmp_path)
    assert await child.wait() == 0
    assert "SECRET" not in child.log_file.read_text()
    assert "'A'" in child.log_file.read_text()
    await child.stop()


def test_a_log_that_has_grown_is_put_aside(tmp_path: Path) -> None:
    path = tmp_path / "log" / "rasa.log"
    path.parent.mkdir()
    path.write_bytes(b"x" * 5_000_001)
    with open_log(path) as log:
        log.write(b"new\n")
    assert (last_lines(path), path.with_name("rasa.log.1").stat().st_size) == ("new", 5_000_001)
