"""The service with a wall clock that jumps: the hours in the file that ``JUMP_FILE`` names are added to what it reads.

Python's monotonic clock goes on as a machine's does when somebody sets its time. The database is another process, and
its clock stays.
"""

from __future__ import annotations

import os
import sys
import time
from datetime import datetime, timedelta, tzinfo
from pathlib import Path
from typing import Any, Self

_FILE = Path(os.environ["JUMP_FILE"])
_PARTS = ("bot", "storage", "channels", "apscheduler")
_seconds, _nanoseconds = time.time, time.time_ns


def _jump() -> timedelta:
    return timedelta(hours=float(_FILE.read_text()))


class _AnyMoment(type):
    def __instancecheck__(cls, one: object) -> bool:
        return isinstance(one, datetime)


class _Jumping(datetime, metaclass=_AnyMoment):
    """What the service takes for ``datetime``: the same, at another hour."""

    @classmethod
    def now(cls, tz: tzinfo | None = None) -> Self:
        moment: Any = datetime.now(tz) + _jump()
        return moment  # type: ignore[no-any-return]


def main() -> int:
    """Run the command line with that clock."""
    # All of it before its clock is changed, also what the scheduler would load by name later on.
    import apscheduler.triggers.interval  # noqa: F401, PLC0415

    from bot.__main__ import main as valle_sano  # noqa: PLC0415

    def jumped() -> float:
        return _seconds() + _jump().total_seconds()

    time.time = jumped
    time.time_ns = lambda: _nanoseconds() + int(_jump().total_seconds()) * 10**9
    for name, module in list(sys.modules.items()):
        if name.partition(".")[0] not in _PARTS:
            continue
        if getattr(module, "datetime", None) is datetime:
            module.datetime = _Jumping  # type: ignore[attr-defined]
        if getattr(module, "time", None) is _seconds:
            module.time = jumped  # type: ignore[attr-defined]
    return valle_sano(["serve"])


if __name__ == "__main__":
    sys.exit(main())
