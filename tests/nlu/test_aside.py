"""The second reader's process: it knows none of our secrets, comes back when it dies, and ends with the service."""

from __future__ import annotations

import asyncio
import os
import signal
import sys
from collections.abc import AsyncIterator
from pathlib import Path

import psutil
import pytest

from bot.nlu.aside import ReaderAside
from bot.nlu.reader import open_reader

_SAID = "se metió a mi whatsapp y lee todo lo que escribo"


@pytest.fixture
async def aside() -> AsyncIterator[ReaderAside]:
    found = ReaderAside()
    await found.start()
    if found.pid is None and not os.environ.get("CI"):
        pytest.skip("the second reader's library has no wheel for this machine")
    assert found.pid is not None
    yield found
    await found.close()


async def test_what_it_says_is_what_the_reader_says(aside: ReaderAside) -> None:
    reader, said = open_reader(), await aside.read(_SAID)
    assert reader is not None
    assert said == reader.read(_SAID)


async def test_many_are_read_at_once_and_each_gets_her_own(aside: ReaderAside) -> None:
    texts = ["hola", _SAID, "línea\ncon \x00 y \ud800", "me pegó anoche"]
    alone = [await aside.read(text) for text in texts]
    assert list(await asyncio.gather(*map(aside.read, texts))) == alone
    assert None not in alone


async def test_it_is_given_none_of_our_secrets(aside: ReaderAside, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SECRET_KEYS", "a-key-that-nobody-may-see")
    other = ReaderAside()
    await other.start()
    try:
        assert set(psutil.Process(other.pid).environ()) <= {"LANG", "LC_CTYPE"}
    finally:
        await other.close()


async def test_when_it_dies_she_is_read_by_the_first_alone_until_it_is_back(aside: ReaderAside) -> None:
    psutil.Process(aside.pid).kill()
    async with asyncio.timeout(20):
        while await aside.read(_SAID) is not None:
            await asyncio.sleep(0.01)
        assert not aside.is_reading
        while await aside.read(_SAID) is None:
            await asyncio.sleep(0.05)
    assert aside.is_reading


async def test_one_that_is_there_and_answers_nothing_counts_as_away_until_it_answers(aside: ReaderAside) -> None:
    process = psutil.Process(aside.pid)
    process.suspend()
    assert await asyncio.gather(*(aside.read(_SAID) for _ in range(3))) == [None, None, None]
    assert (aside.is_reading, aside.pid) == (False, process.pid)
    process.resume()
    assert await aside.read(_SAID) is not None
    assert aside.is_reading


async def test_closed_it_leaves_no_process_behind(aside: ReaderAside) -> None:
    pid = aside.pid
    assert pid is not None
    await aside.close()
    assert not psutil.pid_exists(pid)
    assert await aside.read(_SAID) is None


async def test_it_ends_when_the_service_is_killed(project: Path, aside: ReaderAside) -> None:
    service = await asyncio.create_subprocess_exec(
        sys.executable, "-c",
        "import asyncio\nfrom bot.nlu.aside import ReaderAside\n"
        "async def main():\n a = ReaderAside(); await a.start(); print(a.pid, flush=True); await asyncio.sleep(60)\n"
        "asyncio.run(main())",
        cwd=project, stdout=-1,
    )  # fmt: skip
    assert service.stdout is not None
    pid = int(await service.stdout.readline())
    service.send_signal(signal.SIGKILL)
    await service.wait()
    async with asyncio.timeout(20):
        while psutil.pid_exists(pid):
            await asyncio.sleep(0.05)
