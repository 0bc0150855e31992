"""Other processes that own a database or a program, to be killed."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Protocol

import pytest

ROOT = Path(__file__).resolve().parents[2]


class Owner:
    """A process of ours that ran ``code`` and said one line; it lives until it is killed or told to go on."""

    def __init__(self, code: str, *arguments: str | Path) -> None:
        command = [sys.executable, "-c", code, *map(str, arguments)]
        env = {**os.environ, "PYTHONPATH": str(ROOT)}
        self._process = subprocess.Popen(command, env=env, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        assert self._process.stdout is not None
        self.said = self._process.stdout.readline().split()

    def kill(self) -> None:
        """End it as the kernel does when memory runs out."""
        self._process.send_signal(signal.SIGKILL)
        self.close()

    def go_on(self) -> None:
        """Let it finish by itself."""
        assert self._process.stdin is not None
        self._process.stdin.close()
        assert self._process.wait(60) == 0
        self.close()

    def close(self) -> None:
        """Leave nothing open."""
        if self._process.poll() is None:
            self._process.kill()
        self._process.wait()
        for pipe in (self._process.stdin, self._process.stdout):
            if pipe is not None:
                pipe.close()


class StartOwner(Protocol):
    """Starts an owner: its code, and the code's arguments."""

    def __call__(self, code: str, *arguments: str | Path) -> Owner: ...


@pytest.fixture
def start_owner() -> Iterator[StartOwner]:
    """Start owners; whatever they leave of themselves is ended with the test."""
    owners: list[Owner] = []

    def start(code: str, *arguments: str | Path) -> Owner:
        owners.append(Owner(code, *arguments))
        return owners[-1]

    yield start
    for owner in owners:
        owner.close()
