"""``python3 -m setup.audit [sbom]``: known holes in what is pinned, where a registry tells; or a list of it all.

It ends with one line that says how many packages were looked at, also where none were: without a connection, or where
the registry that is reached tells nothing. That fails nothing: a check that cannot be made is not a check that failed.
"""

from __future__ import annotations

import json
import re
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from bot.progress import say
from setup.commands import SetupFailed, run
from setup.environments import ROOT, SERVICE

#: Rasa's interpreter is old and holes in it are known: it is fenced in instead (docs/operations.md), so it only counts.
_LISTS = {
    "requirements/service.txt": True,
    "requirements/dev.txt": True,
    "bot/nlu/requirements.txt": False,
}
_PIN = re.compile(r"[A-Za-z0-9][^\s=;]*==")
_UNREACHED = "no se alcanzó el registro de paquetes"
_TOOLS = SERVICE / "audit"
_WANTED = ROOT / "requirements" / "audit.txt"
#: All that a machine without a connection waits, at most, before it is told so.
_INSTALL_SECONDS, _ASK_SECONDS, _PATIENCE = 20.0, 25.0, "3"


@dataclass(frozen=True, slots=True, kw_only=True)
class Audit:
    """What was found in one list: ``holes`` as ``"name version: id"``; ``unknown`` are those nobody told about."""

    known: int
    unknown: int
    holes: tuple[str, ...]


def main(arguments: list[str]) -> int:
    """Look for known holes, 1 if what we run has one; or write the lists of parts under ``var/sbom``."""
    if arguments not in ([], ["sbom"]):
        say("No conozco eso. Hay: nada, o sbom.")
        return 2
    try:
        _set_up()
    except SetupFailed:
        if arguments:
            say("Lista de partes sin hacer: no se alcanzó el registro de paquetes.")
            return 1
        say(_summary(0, sum(_pinned(ROOT / name) for name in _LISTS), _UNREACHED))
        return 0
    return write_parts(ROOT / "var" / "sbom") if arguments else audit(_LISTS, _TOOLS / "bin" / "pip-audit")


def audit(lists: Mapping[str, bool], program: Path) -> int:
    """Ask of each list; what it names strict may have no known hole. 0, or 1 after naming the holes.

    Once one list had no answer the others are not asked: each would only wait as long.
    """
    result, looked_at, why = 0, 0, ""
    for name, is_strict in lists.items():
        try:
            found = _ask(ROOT / name, program)
        except SetupFailed:
            why = _UNREACHED
            break
        if not found.known:
            why = "el registro que se alcanza no dice nada de fallas"
            break
        looked_at += found.known
        untold = f"; de {found.unknown} no dice nada" if found.unknown else ""
        say(f"{name}: {found.known} revisadas, {len(found.holes)} fallas conocidas{untold}.")
        if found.holes and is_strict:
            say("\n".join(found.holes))
            result = 1
    say(_summary(looked_at, sum(_pinned(ROOT / name) for name in lists), why))
    return result


def read_audit(told: str) -> Audit:
    """What pip-audit's JSON says; raises ``SetupFailed`` if it is none."""
    try:
        rows = json.loads(told[told.index("{") :])["dependencies"]
        asked = [row for row in rows if "skip_reason" not in row]
        holes = [f"{row['name']} {row['version']}: {hole['id']}" for row in asked for hole in row["vulns"]]
    except (ValueError, KeyError, TypeError):
        raise SetupFailed("pip-audit no respondió") from None
    return Audit(known=len(asked), unknown=len(rows) - len(asked), holes=tuple(holes))


def write_parts(folder: Path) -> int:
    """One CycloneDX file for each list, from the pinned files alone; 0, or 1 after saying what failed."""
    folder.mkdir(parents=True, exist_ok=True)
    for name in _LISTS:
        file = folder / f"{name.removesuffix('.txt').replace('/', '-')}.cdx.json"
        command: list[str | Path] = [
            _TOOLS / "bin" / "cyclonedx-py",
            "requirements",
            ROOT / name,
            "--pyproject",
            ROOT / "pyproject.toml",
        ]
        try:
            run([*command, "--output-reproducible", "--output-file", file], seconds=120)
        except SetupFailed as failure:
            say(str(failure))
            return 1
        say(f"{file.relative_to(ROOT)}")
    return 0


def _summary(looked_at: int, pinned: int, why: str) -> str:
    if not looked_at:
        return f"Dependencias SIN REVISAR: 0 de {pinned} paquetes; {why}."
    return f"Dependencias revisadas: {looked_at} de {pinned} paquetes{f'; {why}' if why else ''}."


def _pinned(path: Path) -> int:
    """How many packages a list asks for."""
    return sum(1 for line in path.read_text().splitlines() if _PIN.match(line))


def _ask(path: Path, program: Path) -> Audit:
    command: list[str | Path] = [
        program,
        "--requirement",
        path,
        "--require-hashes",
        "--disable-pip",
        "--timeout",
        _PATIENCE,
    ]
    try:
        # One that found holes ends with 1, as one that failed does: what it wrote tells them apart.
        told = subprocess.run(
            [*command, "--format", "json", "--progress-spinner", "off"],
            stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=_ASK_SECONDS, check=False,
        )  # fmt: skip
    except (OSError, subprocess.TimeoutExpired):
        raise SetupFailed("pip-audit no respondió") from None
    return read_audit(told.stdout)


def _set_up() -> None:
    uv, python, stamp = SERVICE / "bin" / "uv", _TOOLS / "bin" / "python", _TOOLS / "installed"
    if stamp.exists() and stamp.read_text() == _WANTED.read_text():
        return
    run([uv, "venv", "--quiet", "--clear", "--python", SERVICE / "bin" / "python", _TOOLS], seconds=_INSTALL_SECONDS)
    install: list[str | Path] = [
        uv,
        "pip",
        "install",
        "--quiet",
        "--python",
        python,
        "--require-hashes",
        "--no-deps",
        "-r",
        _WANTED,
    ]
    run(install, env={"UV_HTTP_TIMEOUT": "5", "UV_HTTP_RETRIES": "0"}, seconds=_INSTALL_SECONDS)
    stamp.write_text(_WANTED.read_text())


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
