"""Runs a program as an ordinary user when we are root: PostgreSQL refuses to run as root.

Folders above the program or its data may be closed to that user (a virtual environment under
/root, a clone inside ``mktemp -d``). Their rights are not touched: the program keeps the one
capability to pass through them, and only if it really cannot do without (capabilities(7)).
"""

from __future__ import annotations

import ctypes
import os
import pwd
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

#: From linux/capability.h: pass through folders and read; the stronger also executes and writes.
_READ_SEARCH, _OVERRIDE = 2, 1
_NO_CAPABILITY = -1
#: From linux/prctl.h and linux/capability.h.
_PR_SET_KEEPCAPS, _PR_CAP_AMBIENT, _PR_CAP_AMBIENT_RAISE = 8, 47, 2
_CAPABILITY_VERSION_3 = 0x20080522
_OVERFLOW_UID = 65534


def choose_user(data: Path) -> tuple[int, int]:
    """Say as whom the owner of ``data`` runs: (uid, gid); ourselves, unless we are root."""
    if os.geteuid() != 0:
        return os.geteuid(), os.getegid()
    owner = data.stat() if data.exists() else None
    if owner is not None and owner.st_uid != 0:
        return owner.st_uid, owner.st_gid
    try:
        nobody = pwd.getpwnam("nobody")
    except KeyError:
        return _OVERFLOW_UID, _OVERFLOW_UID
    return nobody.pw_uid, nobody.pw_gid


def command_prefix(user: tuple[int, int], program: Path, folder: Path) -> list[str]:
    """Give the words to put before a command so that it runs as ``user``; none if we are it.

    The least that lets this user start ``program`` and enter ``folder`` is found by trying.
    """
    if user[0] == os.geteuid():
        return []
    for capability in (_NO_CAPABILITY, _READ_SEARCH, _OVERRIDE):
        prefix = [sys.executable, "-I", "-S", __file__, *(str(number) for number in (*user, capability))]
        probe = [*prefix, "/bin/sh", "-c", 'cd "$1" && exec "$2" --version', "sh", str(folder), str(program)]
        if subprocess.run(probe, capture_output=True, check=False).returncode == 0:  # noqa: S603 - our own file
            return prefix
    raise PermissionError(f"user {user[0]} can reach neither {program} nor {folder}")


def _become(uid: int, gid: int, capability: int, command: Sequence[str]) -> None:
    libc = ctypes.CDLL(None, use_errno=True)
    if capability != _NO_CAPABILITY:
        _check(libc.prctl(_PR_SET_KEEPCAPS, 1, 0, 0, 0))
    os.setgroups([])
    os.setgid(gid)
    os.setuid(uid)
    if capability != _NO_CAPABILITY:
        mask = 1 << capability
        header = (ctypes.c_uint32 * 2)(_CAPABILITY_VERSION_3, 0)
        sets = (ctypes.c_uint32 * 6)(mask, mask, mask, 0, 0, 0)  # effective, permitted, inheritable; twice
        _check(libc.capset(header, sets))
        _check(libc.prctl(_PR_CAP_AMBIENT, _PR_CAP_AMBIENT_RAISE, capability, 0, 0))
    os.execv(command[0], list(command))  # noqa: S606 - the command is our caller's, in the same module


def _check(result: int) -> None:
    if result != 0:
        raise OSError(ctypes.get_errno(), "the kernel refused to keep a capability")


if __name__ == "__main__":
    _become(int(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3]), sys.argv[4:])
