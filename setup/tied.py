"""``python3 -m setup.tied PROGRAM ...``: becomes a program that is asked to end when whoever started it is gone.

``make`` may be killed without a chance to pass that on; on Linux the kernel does it (prctl(2), PR_SET_PDEATHSIG).
"""

from __future__ import annotations

import ctypes
import os
import signal
import sys

_PR_SET_PDEATHSIG = 1


def main(command: list[str]) -> None:
    """Tie ourselves to our parent, and become the program."""
    if sys.platform == "linux":
        parent = os.getppid()
        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGTERM, 0, 0, 0)
        if os.getppid() != parent:  # it went in between
            sys.exit(1)
    os.execv(command[0], command)  # noqa: S606 - the Makefile's own words


if __name__ == "__main__":
    main(sys.argv[1:])
