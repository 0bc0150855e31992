"""What a server is set up with is what its programs accept, and the old interpreter is fenced in.

Debian brings systemd-analyze with systemd, and ``apt-get install caddy`` brings Caddy. Where a machine lacks one, its
test says so as a skipped test with the reason; what does not need the program is tested everywhere.
"""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from bot.settings import Settings
from bot.troubles import Trouble

ROOT = Path(__file__).resolve().parents[2]
UNITS = sorted((ROOT / "docker" / "systemd").glob("*.service"))
TIMERS = sorted((ROOT / "docker" / "systemd").glob("*.timer"))
#: Units that run as another's user: the copy reads what the service keeps.
_USERS = {"valle-sano-backup": "valle-sano"}
OPERATIONS = ROOT / "docs" / "operations.md"


def _set(unit: Path, name: str) -> list[str]:
    return re.findall(rf"^{name}=(.*)$", unit.read_text().replace("\\\n", " "), re.MULTILINE)


@pytest.mark.skipif(shutil.which("systemd-analyze") is None, reason="this machine has no systemd-analyze (systemd)")
def test_systemd_takes_the_units(tmp_path: Path) -> None:
    for name in (".venv/bin/valle-sano", ".venv-rasa/bin/python"):
        program = tmp_path / "opt" / name
        program.parent.mkdir(parents=True)
        program.write_text("#!/bin/sh\n")
        program.chmod(0o755)
    copies = []
    for unit in (*UNITS, *TIMERS):
        copy = tmp_path / unit.name
        copy.write_text(unit.read_text().replace("/opt/valle-sano", str(tmp_path / "opt")))
        copies.append(copy)
    done = subprocess.run(
        ["systemd-analyze", "verify", "--man=no", *copies], capture_output=True, text=True, check=False
    )
    ours = [line for line in (done.stdout + done.stderr).splitlines() if "valle-sano" in line]
    assert (done.returncode, ours) == (0, [])


@pytest.mark.skipif(shutil.which("caddy") is None, reason="this machine has no caddy (apt-get install caddy)")
def test_caddy_takes_its_file() -> None:
    done = subprocess.run(
        ["caddy", "validate", "--adapter", "caddyfile", "--config", ROOT / "docker" / "Caddyfile"],
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr


def test_what_only_this_machine_may_see_is_closed_at_the_proxy() -> None:
    assert re.search(r"^\t@inside path .*?/metrics", (ROOT / "docker" / "Caddyfile").read_text(), re.MULTILINE)


@pytest.mark.parametrize("unit", UNITS, ids=lambda unit: unit.stem)
def test_a_unit_is_nobody_who_may_anything(unit: Path) -> None:
    assert _set(unit, "NoNewPrivileges") == ["yes"]
    assert _set(unit, "ProtectSystem") == ["strict"]
    assert _set(unit, "CapabilityBoundingSet") == [""]
    assert _set(unit, "User") == [_USERS.get(unit.stem, unit.stem)]
    assert _set(unit, "StateDirectoryMode") == ["0700"]


def test_the_old_interpreter_is_fenced_in() -> None:
    rasa = ROOT / "docker" / "systemd" / "valle-sano-rasa.service"
    assert (_set(rasa, "IPAddressDeny"), _set(rasa, "IPAddressAllow")) == (["any"], ["localhost"])
    (start,) = _set(rasa, "ExecStart")
    assert "--interface 127.0.0.1" in start
    assert "/etc/valle-sano/env" not in "".join(_set(rasa, "EnvironmentFile"))
    assert "/etc/valle-sano/env" in "".join(_set(rasa, "InaccessiblePaths"))


def test_the_nightly_copy_keeps_the_keys_in_another_place_than_the_data_and_may_write_there_alone() -> None:
    (timer,) = TIMERS
    unit = timer.with_suffix(".service")
    (start,) = _set(unit, "ExecStart")
    found = re.search(r"backup (\S+) --keys (\S+)$", start)
    assert found is not None
    data, keys = found.groups()
    assert not Path(keys).is_relative_to(data)
    assert _set(unit, "ReadWritePaths") == [f"{data} {keys}"]
    assert _set(timer, "Persistent") == ["true"]
    # The service notes there who was erased, once there is such a folder.
    assert _set(timer.with_name("valle-sano.service"), "ReadWritePaths") == [f"-{data} -{keys}"]


def test_an_order_runs_as_the_service_does() -> None:
    words = (ROOT / "docker" / "valle-sano").read_text()
    unit = ROOT / "docker" / "systemd" / "valle-sano.service"
    (user,), (secrets,), (folder,), (var,) = (
        _set(unit, name) for name in ("User", "EnvironmentFile", "WorkingDirectory", "Environment")
    )
    for needed in (f"--uid={user} ", f"EnvironmentFile={secrets} ", f"WorkingDirectory={folder} ", f"--setenv={var} "):
        assert needed in words
    assert f'{_set(unit, "ExecStart")[0].removesuffix(" serve")} "$@"' in words


@pytest.mark.skipif(shutil.which("systemd-run") is None, reason="this machine has no systemd-run (systemd)")
def test_systemd_knows_the_options_of_an_order() -> None:
    given = set(re.findall(r" (--[a-z-]+)=?", (ROOT / "docker" / "valle-sano").read_text()))
    done = subprocess.run(["systemd-run", "--help"], capture_output=True, text=True, check=True)
    assert given - set(re.findall(r"--[a-z-]+", done.stdout)) == set()


def test_the_manual_names_no_setting_or_command_that_there_is_not_and_every_trouble() -> None:
    manual = OPERATIONS.read_text()
    settings = {name.upper() for name in Settings.model_fields}
    named = set(re.findall(r"`([A-Z]+(?:_[A-Z]+)+)[=`]", manual))
    assert named - settings == set()
    commands = set(re.findall(r"valle-sano ([a-z][a-z-]+)", manual)) - {"rasa"}
    known = subprocess.run(
        [sys.executable, "-m", "bot", "--help"], cwd=ROOT, capture_output=True, text=True, check=True
    ).stdout
    assert [command for command in commands if command not in known] == []
    assert [trouble for trouble in Trouble if f"**`{trouble}`**" not in manual] == []
