"""Plain lines for a person who waits: what is being done, how far it is, how long it takes."""

from __future__ import annotations

import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

_EVERY_SECONDS = 5.0


def say(line: str) -> None:
    """Print one line to standard error at once; standard output belongs to results."""
    print(line, file=sys.stderr, flush=True)


@contextmanager
def under_way(what: str) -> Iterator[None]:
    """Say that ``what`` began, every five seconds that it goes on, and how long it took."""
    began, done = time.monotonic(), threading.Event()

    def remind() -> None:
        while not done.wait(_EVERY_SECONDS):
            say(f"  … {what}: van {time.monotonic() - began:.0f} s")

    say(f"· {what}")
    reminder = threading.Thread(target=remind, name="progress", daemon=True)
    reminder.start()
    try:
        yield
    finally:
        done.set()
        reminder.join()
    say(f"  listo: {what} ({time.monotonic() - began:.1f} s)")
