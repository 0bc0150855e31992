"""Rasa's own world: its Python 3.10, and the model that its data and configuration ask for.

Only the standard library is used: setting up runs this before anything is installed.
"""

from __future__ import annotations

import fcntl
import hashlib
import os
import re
import shutil
import subprocess
import tarfile
import threading
from contextlib import suppress
from pathlib import Path
from typing import BinaryIO

from bot.errors import BotError
from bot.progress import say, under_way

PROJECT = Path(__file__).resolve().parent
ENVIRONMENT = PROJECT.parent.parent / ".venv-rasa"
#: Written last by the set-up; holds the fingerprint of what is installed.
STAMP = "valle-sano-complete"
_INGREDIENTS = ("config.yml", "domain.yml", "requirements.txt", "data/**/*", "components/**/*.py", "concepts.*",
                "features.py", "linear.py")  # fmt: skip
#: The component learns from what these find in a text; they stand beside Rasa's project.
_BESIDE = ("spelling.py", "safety/pattern.py", "safety/screen.py", "safety/lexicon.py", "safety/lexicon/*.yml")
_KEPT_MODELS = 3
_COMPONENT = re.compile(r"Starting to train component '(\w+)'")


class NoRasa(BotError):
    """Rasa's environment is missing; run make setup."""


class TrainingFailed(BotError):
    """Rasa could not train; read the end of its words."""


def rasa_python(environment: Path = ENVIRONMENT) -> Path | None:
    """Find Rasa's Python; None where its environment is missing, half-made or out of date."""
    python = environment / "bin" / "python"
    with suppress(OSError):
        if (environment / STAMP).read_text(encoding="utf-8") == requirements_fingerprint() and python.exists():
            return python
    return None


def requirements_fingerprint(project: Path = PROJECT) -> str:
    """Give what an installed environment is compared with."""
    return hashlib.sha256((project / "requirements.txt").read_bytes()).hexdigest()


def fingerprint(project: Path = PROJECT) -> str:
    """Give 16 hexadecimal digits that change with whatever a model is made from."""
    mixed = hashlib.sha256()
    for folder, patterns in ((project, _INGREDIENTS), (project.parent, _BESIDE if project == PROJECT else ())):
        for path in (path for pattern in patterns for path in sorted(folder.glob(pattern))):
            if path.is_file() and "__pycache__" not in path.parts:
                mixed.update(f"{path.relative_to(folder)}\0".encode() + path.read_bytes() + b"\0")
    return mixed.hexdigest()[:16]


def model_path(var_dir: Path, *, project: Path = PROJECT) -> Path:
    """Give the path of the model that this data and configuration make; it may not exist yet."""
    return var_dir.resolve() / "models" / f"{fingerprint(project)}.tar.gz"


def linear_within(model: Path) -> bytes:
    """Take the linear model's file out of the archive that Rasa made; raises ``TrainingFailed`` if it has none."""
    with tarfile.open(model) as archive:
        for member in archive:
            if member.name.endswith("/model.bin") and (file := archive.extractfile(member)) is not None:
                return file.read()
    raise TrainingFailed(f"{model.name} holds no linear model")


def needs_training(var_dir: Path, *, project: Path = PROJECT) -> bool:
    """Whether data, configuration or components changed since the last training."""
    return not model_path(var_dir, project=project).exists()


def rasa_variables(var_dir: Path) -> dict[str, str]:
    """Give the whole environment that Rasa runs in: none of our secrets, nothing left in the home folder."""
    home = var_dir.resolve() / "rasa"
    home.mkdir(parents=True, exist_ok=True)
    return {
        "CUDA_VISIBLE_DEVICES": "-1",
        "HOME": str(home),
        "LANG": "C.UTF-8",
        "MPLCONFIGDIR": str(home),
        "OMP_NUM_THREADS": "1",
        "PATH": os.defpath,
        "PYTHONHASHSEED": "0",  # the same data gives the same model
        "PYTHONPATH": str(PROJECT.parent.parent),  # our component reads texts with the service's own code
        "RASA_CACHE_DIRECTORY": str(home / "cache"),
        "RASA_TELEMETRY_ENABLED": "false",
        "SQLALCHEMY_SILENCE_UBER_WARNING": "1",
        "TF_CPP_MIN_LOG_LEVEL": "3",
    }


def train(
    var_dir: Path, *, project: Path = PROJECT, python: Path | None = None, stop: threading.Event | None = None
) -> Path:
    """Train if needed, with progress on standard error; the model's path.

    Raises ``NoRasa`` without an environment; ``TrainingFailed`` with the end of Rasa's words, or
    soon after ``stop`` was set. Blocks for as long as the training takes.
    """
    python, stop = python or rasa_python(), stop or threading.Event()
    if python is None:
        raise NoRasa("Rasa's environment is missing; run make setup")
    model = model_path(var_dir, project=project)
    model.parent.mkdir(parents=True, exist_ok=True)
    with (model.parent / "training.lock").open("ab") as lock:
        _wait_for(lock, stop)
        if not model.exists():
            with under_way("entrenar la comprensión del lenguaje"):
                _train(python, var_dir, project, model, stop)
            _forget_old_models(model.parent)
    return model


def _train(python: Path, var_dir: Path, project: Path, model: Path, stop: threading.Event) -> None:
    partial, log = model.parent / "partial", var_dir.resolve() / "log" / "training.log"
    shutil.rmtree(partial, ignore_errors=True)
    log.parent.mkdir(parents=True, exist_ok=True)
    command = [
        str(python), "-m", "components.launch", "train", "nlu", "--config", "config.yml", "--nlu", "data",
        "--domain", "domain.yml", "--out", str(partial), "--fixed-model-name", "model",
    ]  # fmt: skip
    variables = {**rasa_variables(var_dir), "VALLE_SANO_FINGERPRINT": fingerprint(project)}
    # Rasa's cache knows data and configuration, not the words that our component reads beside them.
    shutil.rmtree(variables["RASA_CACHE_DIRECTORY"], ignore_errors=True)
    with log.open("wb") as words, log.open(encoding="utf-8", errors="replace") as heard:
        process = subprocess.Popen(  # noqa: S603 - the Python and the project are ours
            command, env=variables, cwd=project, stdin=subprocess.DEVNULL, stdout=words, stderr=words,
            start_new_session=True,
        )  # fmt: skip
        try:
            while process.poll() is None and not stop.wait(0.2):
                for component in _COMPONENT.findall(heard.read()):
                    say(f"  … {component}")
        finally:
            process.kill()
            process.wait()
    if stop.is_set() or not (partial / "model.tar.gz").exists():
        end = log.read_text(encoding="utf-8", errors="replace")[-2000:]
        raise TrainingFailed("The training was stopped" if stop.is_set() else f"Rasa could not train: {end}")
    (partial / "model.tar.gz").replace(model)
    partial.rmdir()


def _wait_for(lock: BinaryIO, stop: threading.Event) -> None:
    while True:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            if stop.wait(0.2):
                raise TrainingFailed("The training was stopped") from None
        else:
            return


def _forget_old_models(folder: Path) -> None:
    models = sorted(folder.glob("*.tar.gz"), key=lambda path: path.stat().st_mtime, reverse=True)
    for old in models[_KEPT_MODELS:]:
        old.unlink(missing_ok=True)
