"""A fresh machine, a machine without Python 3.10, and one without a connection."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
import time
from pathlib import Path

import psutil
import pytest

from bot.nlu.environment import TrainingFailed, model_path, needs_training, train
from setup import environments, pythons
from setup.browser import find_chromium
from setup.commands import SetupFailed, run
from setup.pythons import bring_python_310, find_python_310
from tests.setup.conftest import StartOwner

ROOT = Path(__file__).resolve().parents[2]


def write_program(path: Path, text: str) -> Path:
    """A small program in the shell's language."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(f"#!/bin/sh\n{text}\n")
    path.chmod(0o755)
    return path


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """A Rasa project as far as training is concerned."""
    (tmp_path / "project" / "data").mkdir(parents=True)
    for name in ("config.yml", "domain.yml", "requirements.txt", "data/nlu.yml"):
        (tmp_path / "project" / name).write_text(name)
    return tmp_path / "project"


def test_the_python_that_sets_up_is_new_enough() -> None:
    found = subprocess.run([ROOT / "setup" / "python"], capture_output=True, text=True, check=True).stdout.strip()
    version = run([found, "-c", "import sys; print(sys.version_info >= (3, 11))"])
    assert version.strip() == "True"


def test_where_no_python_is_new_enough_it_says_so(tmp_path: Path) -> None:
    write_program(tmp_path / "setup" / "python", (ROOT / "setup" / "python").read_text().split("\n", 1)[1])
    for name in ("python3", "python"):
        write_program(tmp_path / "bin" / name, "exit 1")
    text = (tmp_path / "setup" / "python").read_text()
    (tmp_path / "setup" / "python").write_text(text.replace("/usr/bin/python3 /usr/local/bin/python3", ""))
    env = {"PATH": f"{tmp_path / 'bin'}", "HOME": str(tmp_path)}
    command = ["/bin/sh", str(tmp_path / "setup" / "python")]
    done = subprocess.run(command, env=env, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout) == (1, "")
    assert "Python 3.11" in done.stderr


def test_a_shim_with_nothing_behind_it_does_not_count_as_python(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write_program(tmp_path / "bin" / "python3.10", "echo 'pyenv: python3.10: command not found' >&2; exit 127")
    real = write_program(tmp_path / "versions" / "3.10.9" / "bin" / "python3.10", "echo True")
    monkeypatch.setenv("PATH", str(tmp_path / "bin"))
    monkeypatch.setenv("PYENV_ROOT", str(tmp_path))
    assert find_python_310() == real


def test_without_a_connection_python_is_given_up_in_time(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert pythons._WITHOUT_CONNECTION < 10
    monkeypatch.setattr(pythons, "_WITHOUT_CONNECTION", 0.5)
    began = time.monotonic()
    with pytest.raises(SetupFailed, match="conexión"):
        bring_python_310(write_program(tmp_path / "uv", "exec sleep 30"), tmp_path / "python")
    assert time.monotonic() - began < 5


def test_a_slow_connection_is_not_given_up(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pythons, "_WITHOUT_CONNECTION", 0.8)
    drip = "d=$UV_PYTHON_INSTALL_DIR; for i in 1 2 3 4 5 6; do mkdir -p $d; echo x >>$d/part; sleep 0.3; done"
    put = 'mkdir -p $d/cpython/bin; printf "#!/bin/sh\\necho True\\n" >$d/cpython/bin/python3.10; chmod +x $d/*/bin/*'
    found = bring_python_310(write_program(tmp_path / "uv", f"{drip}; {put}"), tmp_path / "python")
    assert found == tmp_path / "python" / "cpython" / "bin" / "python3.10"


def test_where_rasa_cannot_be_had_one_line_says_so_and_the_rest_goes_on(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(environments, "rasa_python", lambda: None)
    monkeypatch.setattr(environments, "find_python_310", lambda: None)
    monkeypatch.setattr(environments, "_NO_RASA", tmp_path / "no-rasa")
    monkeypatch.setattr(environments, "_UV", write_program(tmp_path / "uv", "exit 2"))
    assert not environments.set_up_rasa(patient=False)
    said = capsys.readouterr().err.splitlines()
    assert [line for line in said if "el modelo que viene con el programa" in line] == said[-1:]
    assert not environments.set_up_rasa(patient=False)
    assert len(capsys.readouterr().err.splitlines()) == 1


def test_setting_up_again_is_quick() -> None:
    if not (ROOT / ".venv" / "valle-sano-dev").exists():
        pytest.skip("this environment was not made by make setup")
    began = time.monotonic()
    run([sys.executable, "-m", "setup", "service", "tests"], env={"PYTHONPATH": str(ROOT)})
    assert time.monotonic() - began < 2


@pytest.mark.skipif(sys.platform != "linux", reason="the kernel's own means, there alone")
def test_what_make_started_ends_when_make_is_killed(start_owner: StartOwner) -> None:
    starts = "import subprocess, sys; p = subprocess.Popen(sys.argv[1:]); print(p.pid, flush=True); sys.stdin.read()"
    make = start_owner(starts, sys.executable, "-m", "setup.tied", "/bin/sleep", "600")
    service = psutil.Process(int(make.said[0]))
    deadline = time.monotonic() + 10
    while service.name() != "sleep" and time.monotonic() < deadline:
        time.sleep(0.05)
    make.kill()
    assert psutil.wait_procs([service], timeout=5)[1] == []


def test_the_browser_is_found_where_it_is_said_to_be(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CHROMIUM_PATH", str(write_program(tmp_path / "my browser", "exit 0")))
    assert find_chromium() == tmp_path / "my browser"


@pytest.mark.parametrize("changed", ["config.yml", "domain.yml", "requirements.txt", "data/nlu.yml", "data/new.yml"])
def test_a_model_is_trained_anew_when_what_it_is_made_of_changes(project: Path, tmp_path: Path, changed: str) -> None:
    before = model_path(tmp_path, project=project)
    before.parent.mkdir()
    before.touch()
    assert not needs_training(tmp_path, project=project)
    (project / changed).write_text("new")
    assert needs_training(tmp_path, project=project)


def test_a_training_that_fails_says_why_and_leaves_no_model(project: Path, tmp_path: Path) -> None:
    python = write_program(tmp_path / "python", "echo 'config.yml: unknown component'; exit 1")
    with pytest.raises(TrainingFailed, match="unknown component"):
        train(tmp_path, project=project, python=python)
    assert needs_training(tmp_path, project=project)


def test_a_training_stops_when_the_service_does(project: Path, tmp_path: Path) -> None:
    python, stop = write_program(tmp_path / "python", "echo $$ >pid; exec sleep 60"), threading.Event()
    threading.Timer(1.0, stop.set).start()
    with pytest.raises(TrainingFailed, match="stopped"):
        train(tmp_path, project=project, python=python, stop=stop)
    with pytest.raises(ProcessLookupError):
        os.kill(int((project / "pid").read_text()), 0)
