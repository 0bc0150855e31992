"""Finds Python 3.10 for Rasa, or brings it."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path

from setup.commands import SetupFailed, run_while

_WITHOUT_CONNECTION = 9.0
_LONGEST_DOWNLOAD = 600.0


def find_python_310() -> Path | None:
    """Find a Python 3.10 that really runs: on PATH, in pyenv, or in the usual folders."""
    return next((path for path in _candidates() if _is_310(path)), None)


def bring_python_310(uv: Path, folder: Path) -> Path:
    """Have uv download Python 3.10 into ``folder``; without a connection it is given up within 10 s.

    Raises ``SetupFailed``.
    """
    env = {"UV_PYTHON_INSTALL_DIR": str(folder), "UV_HTTP_RETRIES": "1", "UV_HTTP_TIMEOUT": "8"}
    try:
        run_while([uv, "python", "install", "--quiet", "3.10"], env=env, goes_on=_while_bytes_arrive(folder))
    except SetupFailed:
        raise SetupFailed("no hay Python 3.10 en esta máquina, ni conexión para traerlo") from None
    for path in sorted(folder.glob("*/bin/python3.10")):
        if _is_310(path):
            return path
    raise SetupFailed("uv no trajo un Python 3.10 que funcione")


def _candidates() -> Iterator[Path]:
    pyenv = Path(os.environ.get("PYENV_ROOT") or Path.home() / ".pyenv")
    if on_path := shutil.which("python3.10"):
        yield Path(on_path)
    yield from sorted(pyenv.glob("versions/3.10*/bin/python3.10"), reverse=True)
    for folder in ("/usr/bin", "/usr/local/bin", "/opt/homebrew/bin", "/opt/python3.10/bin"):
        yield Path(folder) / "python3.10"


def _is_310(path: Path) -> bool:
    """Ask it: pyenv's shims stand on PATH even where nothing is behind them."""
    question = "import sys, ssl, sqlite3, ctypes; print(sys.version_info[:2] == (3, 10))"
    try:
        answer = subprocess.run([path, "-c", question], capture_output=True, text=True, timeout=10, check=False)
    except (OSError, subprocess.TimeoutExpired):
        return False
    return answer.stdout.strip() == "True"


def _while_bytes_arrive(folder: Path) -> Callable[[float], bool]:
    """Go on for nine seconds, and for longer as long as something more is written under ``folder``."""
    size, grew = 0, 0.0

    def goes_on(waited: float) -> bool:
        nonlocal size, grew
        if (now := _size(folder)) > size:
            size, grew = now, waited
        return waited - grew < _WITHOUT_CONNECTION and waited < _LONGEST_DOWNLOAD

    return goes_on


def _size(folder: Path) -> int:
    total = 0
    for path in folder.rglob("*"):
        with suppress(OSError):  # it may be gone by now
            total += path.lstat().st_size
    return total
