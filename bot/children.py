"""Programs that we start: each in its own process group, found again after we were killed, stopped."""

from __future__ import annotations

import asyncio
import fcntl
import itertools
import json
import os
import signal
import subprocess
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import BinaryIO, TextIO

import psutil

_LOG_BYTES = 5_000_000
_GRACE_SECONDS = 10.0
_numbers = itertools.count()


class Child:
    """One program at a time: ``child.start([...], env=...)``, ``await child.stop()``.

    ``VAR_DIR/run/<name>-<our pid>-<n>.json`` says what we started and is locked while we live. A file
    that nobody holds was left by a killed run: its program is stopped before ours starts.
    """

    def __init__(self, name: str, *, var_dir: Path) -> None:
        self.name = name
        self.log_file = var_dir.resolve() / "log" / f"{name}.log"
        self._folder = var_dir.resolve() / "run"
        self._process: subprocess.Popen[bytes] | None = None
        self._record: TextIO | None = None

    @property
    def is_running(self) -> bool:
        """Whether the program was started and has not ended."""
        return self._process is not None and self._process.poll() is None

    def start(self, command: Sequence[str], *, env: Mapping[str, str], cwd: Path) -> None:
        """Start the program with exactly this environment, its words going to ``log_file``.

        Blocks while an orphan of an earlier run is stopped (seconds, at worst).
        """
        if self._record is None:
            self._record = self._claim()
        with open_log(self.log_file) as log:
            self._process = subprocess.Popen(  # noqa: S603 - the command is our caller's
                list(command), env=dict(env), cwd=cwd, stdin=subprocess.DEVNULL, stdout=log, stderr=log,
                start_new_session=True,
            )  # fmt: skip
        with suppress(psutil.NoSuchProcess):
            _write(self._record, self._process.pid, psutil.Process(self._process.pid).create_time())

    async def wait(self) -> int:
        """Wait until the program ends; its exit code."""
        while self.is_running:
            await asyncio.sleep(0.1)
        return self._process.returncode if self._process is not None else 0

    async def stop(self, *, grace: float = _GRACE_SECONDS) -> None:
        """Ask the program's whole group to end, and end it after ``grace`` seconds."""
        if self._process is not None:
            await asyncio.to_thread(_stop_group, self._process, grace)
            self._process = None
        if self._record is not None:
            Path(self._record.name).unlink(missing_ok=True)
            self._record.close()
            self._record = None

    def _claim(self) -> TextIO:
        self._folder.mkdir(parents=True, exist_ok=True)
        with (self._folder / "lock").open("ab") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            for path in self._folder.glob(f"{self.name}-*.json"):
                _stop_orphan(path)
            record = (self._folder / f"{self.name}-{os.getpid()}-{next(_numbers)}.json").open("w", encoding="utf-8")
            fcntl.flock(record, fcntl.LOCK_EX)
        return record


@contextmanager
def open_log(path: Path) -> Iterator[BinaryIO]:
    """Open a log that only we may read, at its end; one that has grown past 5 MB is put aside first."""
    path.parent.mkdir(parents=True, exist_ok=True)
    if path.exists() and path.stat().st_size > _LOG_BYTES:
        path.replace(path.with_suffix(path.suffix + ".1"))
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
    with os.fdopen(descriptor, "ab") as log:
        yield log


def last_lines(path: Path, *, count: int = 5) -> str:
    """Give the end of a log, to be shown with an error; empty if there is none."""
    with suppress(OSError):
        return "\n".join(path.read_text(encoding="utf-8", errors="replace").splitlines()[-count:])
    return ""


def _stop_orphan(path: Path) -> None:
    with path.open("r+", encoding="utf-8") as record:
        try:
            fcntl.flock(record, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return  # its owner lives
        with suppress(ValueError, KeyError, psutil.Error):
            left = json.load(record)
            process = psutil.Process(left["pid"])
            if abs(process.create_time() - left["created"]) < 1.0:  # else the number belongs to somebody else by now
                _stop_group(process, _GRACE_SECONDS)
        path.unlink(missing_ok=True)


def _stop_group(process: subprocess.Popen[bytes] | psutil.Process, grace: float) -> None:
    for how, seconds in ((signal.SIGTERM, grace), (signal.SIGKILL, 5.0)):
        with suppress(ProcessLookupError, PermissionError):
            os.killpg(process.pid, how)
        with suppress(subprocess.TimeoutExpired, psutil.TimeoutExpired, psutil.NoSuchProcess):
            process.wait(seconds)
            break
    with suppress(ProcessLookupError, PermissionError):
        os.killpg(process.pid, signal.SIGKILL)  # whatever it had started itself


def _write(record: TextIO, pid: int, created: float) -> None:
    record.seek(0)
    record.truncate()
    json.dump({"pid": pid, "created": created}, record)
    record.flush()
