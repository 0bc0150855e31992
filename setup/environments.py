"""The two environments: ``.venv`` for the service and its tests, ``.venv-rasa`` for Rasa.

Each is made once, and renewed when what is pinned changes.
"""

from __future__ import annotations

import hashlib
import os
import shutil
import sys
import time
from contextlib import suppress
from pathlib import Path

from bot.nlu.environment import ENVIRONMENT as RASA
from bot.nlu.environment import STAMP, rasa_python, requirements_fingerprint
from bot.progress import say, under_way
from setup.commands import SetupFailed, run
from setup.pythons import bring_python_310, find_python_310

ROOT = Path(__file__).resolve().parent.parent
SERVICE = ROOT / ".venv"
_REQUIREMENTS = ROOT / "requirements"
_PYTHON = SERVICE / "bin" / "python"
_UV = SERVICE / "bin" / "uv"
#: What ``make run`` remembers, so that it does not wait for a missing connection at every start.
_NO_RASA = SERVICE / "valle-sano-no-rasa"
_NO_RASA_SECONDS = 12 * 3600


def set_up_service(*, tests: bool) -> None:
    """Have ``.venv`` with what the service needs, and what its tests need; raises ``SetupFailed``."""
    if not _is_current("build", _REQUIREMENTS / "build.txt"):
        with under_way("preparar el entorno de Python (.venv)"):
            _make_environment()
            _pip("install", "--require-hashes", "--only-binary=:all:", "-r", _REQUIREMENTS / "build.txt")
        _stamp("build", _REQUIREMENTS / "build.txt")
    wanted = "dev" if tests else "service"
    if not (_is_current("dev", _REQUIREMENTS / "dev.txt") or _is_current(wanted, _REQUIREMENTS / f"{wanted}.txt")):
        with under_way("instalar las bibliotecas (unos 100 MB la primera vez)"):
            _install(_PYTHON, _REQUIREMENTS / f"{wanted}.txt")
        _stamp(wanted, _REQUIREMENTS / f"{wanted}.txt")
    if not _is_current("project", ROOT / "pyproject.toml", _REQUIREMENTS / "service.in"):
        with under_way("instalar la orden valle-sano"):
            _pip("install", "--no-deps", "--no-build-isolation", "--no-index", "--editable", ROOT)
        _stamp("project", ROOT / "pyproject.toml", _REQUIREMENTS / "service.in")


def set_up_rasa(*, patient: bool) -> bool:
    """Have ``.venv-rasa``; where no Python 3.10 can be had, say so in one line. Whether it is there.

    What failed lately is tried again only if ``patient``.
    """
    if rasa_python() is not None:
        return True
    if not patient and _failed_lately():
        say("Sin el entorno de Rasa (make setup lo intenta): se entiende con el modelo que viene con el programa.")
        return False
    try:
        python = find_python_310()
        if python is None:
            with under_way("traer Python 3.10 para Rasa"):
                python = bring_python_310(_UV, SERVICE / "python")
        with under_way("instalar Rasa (unos 2,5 GB la primera vez)"):
            _make_rasa(python)
    except SetupFailed as failure:
        _NO_RASA.write_text(str(failure), encoding="utf-8")
        reason = str(failure).splitlines()[0].rstrip(":")
        say(f"Sin el entorno de Rasa ({reason}): se entiende con el modelo que viene con el programa.")
        return False
    _NO_RASA.unlink(missing_ok=True)
    return True


def _make_environment() -> None:
    base = getattr(sys, "_base_executable", sys.executable)
    try:
        run([base, "-m", "venv", "--clear", SERVICE])
    except SetupFailed:
        if os.geteuid() != 0 or shutil.which("apt-get") is None:
            raise SetupFailed("Falta el módulo venv de Python: instale python3-venv y repita la orden") from None
        apt_install("python3-venv", f"python{sys.version_info[0]}.{sys.version_info[1]}-venv")
        run([base, "-m", "venv", "--clear", SERVICE])


def _make_rasa(python: Path) -> None:
    (RASA / STAMP).unlink(missing_ok=True)
    run([_UV, "venv", "--quiet", "--clear", "--no-project", "--python", python, RASA])
    # Small, and first: it shows within ten seconds whether there is a connection at all.
    _install(RASA / "bin" / "python", _REQUIREMENTS / "build-rasa.txt", seconds=9)
    _install(RASA / "bin" / "python", ROOT / "bot" / "nlu" / "requirements.txt")
    (RASA / STAMP).write_text(requirements_fingerprint(), encoding="utf-8")


def _install(python: Path, requirements: Path, *, seconds: float = 3600) -> None:
    """Install exactly these, by uv; by pip where only pip was told how to reach a registry."""
    chosen: list[str | Path] = ["--require-hashes", "--no-build-isolation", "-r", requirements]
    try:
        env = {"UV_HTTP_RETRIES": "2"}
        run(
            [_UV, "pip", "install", "--quiet", "--compile-bytecode", "--python", python, *chosen],
            env=env,
            seconds=seconds,
        )
    except SetupFailed:
        if not _pip("config", "list").strip():
            raise
        _pip("--python", python, "install", *chosen)


def _pip(*words: str | Path) -> str:
    command = [_PYTHON, "-m", "pip", "--disable-pip-version-check", "--no-input", "--quiet", *words]
    return run(command, env={"PIP_ROOT_USER_ACTION": "ignore"})


def apt_install(*packages: str) -> None:
    """Install packages of the system, as root; raises ``SetupFailed``."""
    env = {"DEBIAN_FRONTEND": "noninteractive"}
    run(["apt-get", "update", "-qq"], env=env, seconds=300)
    failure = SetupFailed("apt-get")
    for package in packages:
        try:
            run(["apt-get", "install", "-qq", "-y", "--no-install-recommends", package], env=env)
        except SetupFailed as error:
            failure = error
        else:
            return
    raise failure


def _failed_lately() -> bool:
    with suppress(OSError):
        return time.time() - _NO_RASA.stat().st_mtime < _NO_RASA_SECONDS
    return False


def _is_current(name: str, *files: Path) -> bool:
    with suppress(OSError):
        return (SERVICE / f"valle-sano-{name}").read_text(encoding="utf-8") == _fingerprint(*files)
    return False


def _stamp(name: str, *files: Path) -> None:
    (SERVICE / f"valle-sano-{name}").write_text(_fingerprint(*files), encoding="utf-8")


def _fingerprint(*files: Path) -> str:
    """Say what was installed from, and where: a moved project or another Python begins anew."""
    version = os.path.realpath(_PYTHON)
    return hashlib.sha256(
        b"\0".join([str(ROOT).encode(), version.encode(), *(f.read_bytes() for f in files)])
    ).hexdigest()
