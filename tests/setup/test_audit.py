"""Known holes in what is pinned are named; a machine that cannot ask says so and fails nothing."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

from setup import audit as auditing
from setup.audit import audit, main, read_audit
from setup.commands import SetupFailed
from setup.environments import ROOT
from tests.setup.test_set_up import write_program

_SOUND = {"name": "aiohttp", "version": "1.0", "vulns": []}
_HOLED = {"name": "yarl", "version": "2.0", "vulns": [{"id": "PYSEC-1"}]}
_UNTOLD = {"name": "tzdata", "skip_reason": "Dependency not found"}
_RASA = "bot-nlu-requirements"
_SERVICE_PINS = sum(line[:1].isalnum() for line in (ROOT / "requirements" / "service.txt").read_text().splitlines())
_LISTS = {"requirements/service.txt": True, "bot/nlu/requirements.txt": False}


def _auditor(folder: Path, *rows: object, code: int = 0) -> Path:
    told = json.dumps({"dependencies": rows})
    return write_program(folder / "pip-audit", f"echo WARNING >&2\necho '{told}'\nexit {code}")


def test_a_known_hole_fails_the_check_and_is_named(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert audit(_LISTS, _auditor(tmp_path, _SOUND, _HOLED, _UNTOLD, code=1)) == 1
    said = "".join(capsys.readouterr())
    assert "yarl 2.0: PYSEC-1" in said
    assert "2 revisadas, 1 fallas conocidas; de 1 no dice nada" in said


def test_how_many_were_looked_at_of_how_many_is_its_last_line(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    audit({"requirements/service.txt": True}, _auditor(tmp_path, _SOUND, _UNTOLD))
    assert "".join(capsys.readouterr()).splitlines()[-1] == f"Dependencias revisadas: 1 de {_SERVICE_PINS} paquetes."


def test_where_one_list_had_no_answer_what_was_looked_at_before_is_still_said(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    told = json.dumps({"dependencies": [_SOUND, _HOLED]})
    program = write_program(tmp_path / "pip-audit", f"case \"$*\" in *service.txt*) echo '{told}';; *) exit 1;; esac")
    assert audit(_LISTS, program) == 1
    said = "".join(capsys.readouterr()).splitlines()[-1]
    assert said.startswith("Dependencias revisadas: 2 de ")
    assert said.endswith("no se alcanzó el registro de paquetes.")


def test_a_hole_in_the_fenced_interpreter_is_counted_and_fails_nothing(tmp_path: Path) -> None:
    assert audit({"bot/nlu/requirements.txt": False}, _auditor(tmp_path, _HOLED, code=1)) == 0


def test_what_nobody_tells_about_is_not_called_sound(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert audit(_LISTS, _auditor(tmp_path, _UNTOLD)) == 0
    said = "".join(capsys.readouterr()).strip()
    assert said.startswith("Dependencias SIN REVISAR: 0 de ")
    assert len(said.splitlines()) == 1


@pytest.mark.parametrize("script", ["echo no connection >&2; exit 1", "sleep 60"])
def test_without_a_connection_it_says_so_in_one_line_and_does_not_wait(
    tmp_path: Path, script: str, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(auditing, "_ASK_SECONDS", 0.5)
    assert audit(_LISTS, write_program(tmp_path / "pip-audit", f"exec 2>&1\n{script}")) == 0
    said = "".join(capsys.readouterr()).strip()
    assert said.startswith("Dependencias SIN REVISAR: 0 de ")
    assert said.endswith("no se alcanzó el registro de paquetes.")
    assert len(said.splitlines()) == 1


def test_where_the_tools_cannot_be_brought_none_were_looked_at_and_it_says_so(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(auditing, "SERVICE", tmp_path)  # there is no uv here
    monkeypatch.setattr(auditing, "_TOOLS", tmp_path / "audit")
    write_program(tmp_path / "bin" / "uv", "exit 1")
    assert main([]) == 0
    assert "".join(capsys.readouterr()).startswith("Dependencias SIN REVISAR: 0 de ")
    assert main(["sbom"]) == 1
    assert "".join(capsys.readouterr()) == "Lista de partes sin hacer: no se alcanzó el registro de paquetes.\n"


def test_the_parts_are_listed_one_file_for_each_list(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    _write_parts_with(tmp_path, monkeypatch, 'for last; do :; done; echo "{\\"of\\": \\"$2\\"}" > "$last"')
    assert main(["sbom"]) == 0
    said = "".join(capsys.readouterr()).splitlines()
    assert said == [f"var/sbom/{name}.cdx.json" for name in ("requirements-service", "requirements-dev", _RASA)]
    of = [json.loads((tmp_path / line).read_text())["of"] for line in said]
    assert of == [str(tmp_path / name) for name in auditing._LISTS]


def test_a_list_that_cannot_be_made_fails_and_says_why(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    _write_parts_with(tmp_path, monkeypatch, "echo no such file; exit 3")
    assert main(["sbom"]) == 1
    assert "no such file" in "".join(capsys.readouterr())


def test_every_package_that_the_service_runs_with_is_in_its_list_of_parts(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    if not (auditing._TOOLS / "installed").exists():
        pytest.skip("what makes the list is not there (make sbom, where a registry is reached)")
    monkeypatch.setattr(auditing, "_LISTS", {"requirements/service.txt": True})
    folder = ROOT / "var" / "sbom"
    assert auditing.write_parts(folder) == 0
    made = json.loads((folder / "requirements-service.cdx.json").read_text())
    assert (made["bomFormat"], len(made["components"])) == ("CycloneDX", _SERVICE_PINS)
    assert all(part["purl"].startswith("pkg:pypi/") and part["version"] for part in made["components"])


def _write_parts_with(folder: Path, monkeypatch: pytest.MonkeyPatch, script: str) -> None:
    """The project's own lists, and in place of what makes a list of parts a script."""
    for name in (*auditing._LISTS, "requirements/audit.txt", "pyproject.toml"):
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(ROOT / name, folder / name)
    write_program(folder / "audit" / "bin" / "cyclonedx-py", script)
    shutil.copy(folder / "requirements" / "audit.txt", folder / "audit" / "installed")
    monkeypatch.setattr(auditing, "ROOT", folder)
    monkeypatch.setattr(auditing, "_TOOLS", folder / "audit")


def test_nonsense_is_no_answer() -> None:
    for told in ("", "{}", '{"dependencies": [{"name": "a"}]}', "Traceback"):
        with pytest.raises(SetupFailed):
            read_audit(told)
