"""Known holes in what is pinned are named; a machine that cannot ask says so and fails nothing."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from setup import audit as auditing
from setup.audit import audit, read_audit
from setup.commands import SetupFailed
from tests.setup.test_set_up import write_program

_SOUND = {"name": "aiohttp", "version": "1.0", "vulns": []}
_HOLED = {"name": "yarl", "version": "2.0", "vulns": [{"id": "PYSEC-1"}]}
_UNTOLD = {"name": "tzdata", "skip_reason": "Dependency not found"}
_LISTS = {"requirements/service.txt": True, "bot/nlu/requirements.txt": False}


def _auditor(folder: Path, *rows: object, code: int = 0) -> Path:
    told = json.dumps({"dependencies": rows})
    return write_program(folder / "pip-audit", f"echo WARNING >&2\necho '{told}'\nexit {code}")


def test_a_known_hole_fails_the_check_and_is_named(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert audit(_LISTS, _auditor(tmp_path, _SOUND, _HOLED, _UNTOLD, code=1)) == 1
    said = "".join(capsys.readouterr())
    assert "yarl 2.0: PYSEC-1" in said
    assert "2 revisadas, 1 fallas conocidas; de 1 no dice nada" in said


def test_a_hole_in_the_fenced_interpreter_is_counted_and_fails_nothing(tmp_path: Path) -> None:
    assert audit({"bot/nlu/requirements.txt": False}, _auditor(tmp_path, _HOLED, code=1)) == 0


def test_what_nobody_tells_about_is_not_called_sound(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert audit(_LISTS, _auditor(tmp_path, _UNTOLD)) == 0
    said = "".join(capsys.readouterr()).strip()
    assert "sin revisar" in said
    assert len(said.splitlines()) == 1


@pytest.mark.parametrize("script", ["echo no connection >&2; exit 1", "sleep 60"])
def test_without_a_connection_it_says_so_in_one_line_and_does_not_wait(
    tmp_path: Path, script: str, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(auditing, "_ASK_SECONDS", 0.5)
    assert audit(_LISTS, write_program(tmp_path / "pip-audit", f"exec 2>&1\n{script}")) == 0
    said = "".join(capsys.readouterr()).strip()
    assert said.endswith("no se alcanzó el registro de paquetes.")
    assert len(said.splitlines()) == 1


def test_nonsense_is_no_answer() -> None:
    for told in ("", "{}", '{"dependencies": [{"name": "a"}]}', "Traceback"):
        with pytest.raises(SetupFailed):
            read_audit(told)
