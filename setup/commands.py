"""How the set-up runs programs: quietly, with progress, and with an end to every wait."""

from __future__ import annotations

import os
import subprocess
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

_TAIL = 1500


class SetupFailed(Exception):
    """Something could not be set up; the message, in Spanish, says what to do."""


def run(command: Sequence[str | Path], *, env: Mapping[str, str] | None = None, seconds: float = 1800) -> str:
    """Run a command to its end; its words. Raises ``SetupFailed`` with the end of them."""
    return run_while(command, env=env, goes_on=lambda waited: waited < seconds)


def run_while(
    command: Sequence[str | Path], *, goes_on: Callable[[float], bool], env: Mapping[str, str] | None = None
) -> str:
    """Run a command for as long as ``goes_on(seconds waited)`` says so; its words.

    Raises ``SetupFailed`` with the end of its words if it fails or is given up.
    """
    words = [str(word) for word in command]
    began = time.monotonic()
    with subprocess.Popen(
        words, env={**os.environ, **(env or {})}, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT, text=True, errors="replace",
    ) as process:  # fmt: skip
        while True:
            try:
                said, _ = process.communicate(timeout=0.25)
            except subprocess.TimeoutExpired:
                if goes_on(time.monotonic() - began):
                    continue
                process.kill()
                raise SetupFailed(f"{Path(words[0]).name} no respondió a tiempo") from None
            break
    if process.returncode != 0:
        raise SetupFailed(f"{Path(words[0]).name} {words[1]} falló:\n{said[-_TAIL:]}")
    return said
