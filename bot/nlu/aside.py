"""The second reader in a process of its own: another's native code stays away from the keys and from the turns.

``python -m bot.nlu.aside`` is that process: JSON lines ``{"n", "text"}`` in, ``{"n", "ranking", "urgent"}`` out. It
ends when nobody writes to it any more, also after a SIGKILL of the service.
"""

from __future__ import annotations

import asyncio
import json
import logging
import sys
from contextlib import suppress
from itertools import count
from pathlib import Path
from typing import Any

from bot.nlu.linear import Scores
from bot.nlu.reader import open_reader

#: It answers in milliseconds; later than this, or behind so many, a text is read by the first reader alone.
_ANSWER_SECONDS, _MOST_WAITING = 1.0, 64
_READY_SECONDS = 10.0
#: So many texts in a row without an answer: its process is there and reads nothing.
_SILENT_AFTER = 3
_LONGEST_PAUSE = 60.0
_PROJECT = Path(__file__).parent.parent.parent

log = logging.getLogger(__name__)


class ReaderAside:
    """``aside = ReaderAside(); await aside.start(); await aside.read("me pega")``; started again when it ends."""

    def __init__(self) -> None:
        self._process: asyncio.subprocess.Process | None = None
        self._waiting: dict[int, asyncio.Future[Scores | None]] = {}
        self._numbers = count()
        self._heard = asyncio.Event()
        self._keeper: asyncio.Task[None] | None = None
        self._unanswered = 0

    @property
    def pid(self) -> int | None:
        """The process that reads, if one does."""
        return self._process.pid if self._process is not None else None

    @property
    def is_reading(self) -> bool:
        """Whether it is there and answered one of the last texts in time."""
        return self._process is not None and self._unanswered < _SILENT_AFTER

    async def start(self) -> None:
        """Start it and wait until it reads, or says that it cannot; never an error."""
        self._keeper = asyncio.create_task(self._keep())
        with suppress(TimeoutError):
            async with asyncio.timeout(_READY_SECONDS):
                await self._heard.wait()

    async def close(self) -> None:
        """End the process; who waits for it gets None."""
        if self._keeper is not None:
            self._keeper.cancel()
            with suppress(asyncio.CancelledError):
                await self._keeper

    async def read(self, text: str) -> Scores | None:
        """What the second reader says of a text; None, and never an error, where it says nothing in time."""
        process = self._process
        if process is None or process.stdin is None or len(self._waiting) >= _MOST_WAITING:
            return None
        answer: asyncio.Future[Scores | None] = asyncio.get_running_loop().create_future()
        number = next(self._numbers)
        self._waiting[number] = answer
        try:
            process.stdin.write(json.dumps({"n": number, "text": text}).encode() + b"\n")
            async with asyncio.timeout(_ANSWER_SECONDS):
                return await answer
        except (TimeoutError, OSError):
            self._unanswered += 1
            return None
        finally:
            self._waiting.pop(number, None)

    async def _keep(self) -> None:
        pause = 1.0
        while await self._listen():
            log.warning("the second reader ended; it is started again in %.0f s", pause)
            await asyncio.sleep(pause)
            pause = min(pause * 2, _LONGEST_PAUSE)

    async def _listen(self) -> bool:
        """Start the process and hear it until it ends; whether another may do better."""
        process = await asyncio.create_subprocess_exec(
            sys.executable, "-m", __name__, cwd=_PROJECT, stdin=-1, stdout=-1,
            # None of our secrets, and no Ctrl-C of the terminal: it ends with its input.
            env={"LANG": "C.UTF-8"}, start_new_session=True,
        )  # fmt: skip
        assert process.stdout is not None  # noqa: S101 - asked for above
        try:
            is_there = bool(await process.stdout.readline() == b"ready\n")
            self._process = process if is_there else None
            self._unanswered = 0
            self._heard.set()
            while is_there and (line := await process.stdout.readline()):
                self._take(json.loads(line))
            return is_there
        finally:
            self._process = None
            for answer in self._waiting.values():
                if not answer.done():
                    answer.set_result(None)
            with suppress(ProcessLookupError):
                process.kill()
            await process.wait()

    def _take(self, said: dict[str, Any]) -> None:
        self._unanswered = 0
        answer = self._waiting.get(said["n"])
        if answer is not None and not answer.done():
            ranking = tuple((name, share) for name, share in said["ranking"] or ())
            answer.set_result(Scores(ranking=ranking, urgent=said["urgent"]) if ranking else None)


def main() -> int:
    """Read what comes in until nothing comes any more."""
    reader = open_reader()
    if reader is None:
        return 1
    sys.stdout.write("ready\n")
    sys.stdout.flush()
    for line in sys.stdin:
        asked = json.loads(line)
        scores = reader.read(asked["text"])
        ranking, urgent = (scores.ranking, scores.urgent) if scores is not None else ((), 0.0)
        sys.stdout.write(json.dumps({"n": asked["n"], "ranking": ranking, "urgent": urgent}) + "\n")
        sys.stdout.flush()
    return 0


if __name__ == "__main__":
    sys.exit(main())
