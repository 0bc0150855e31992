"""A PostgreSQL as an operator installs one: its own cluster, and each change of it kept apart as it comes."""

from __future__ import annotations

import asyncio
import os
import shutil
import signal
from pathlib import Path

from storage.cluster import ENVIRONMENT, find_binaries
from storage.ordinary_user import choose_user, command_prefix

ROLE, PASSWORD, DATABASE = "valle_sano", "clave", "valle_sano"


class ArchivedPostgres:
    """``data``, ``socket`` and ``archive`` (of changes) under ``home``, all of the ordinary user that it runs as."""

    def __init__(self, home: Path, socket: Path) -> None:
        self.home, self.socket = home, socket
        self.data, self.archive = home / "data", home / "wal"
        self._user = choose_user(home / "nothing")
        self._server: asyncio.subprocess.Process | None = None

    @property
    def url(self) -> str:
        """What DATABASE_URL says."""
        return f"postgresql+asyncpg://{ROLE}:{PASSWORD}@/{DATABASE}?host={self.socket}"

    async def make(self, settings: str) -> None:
        """Initialise it with lines of ``postgresql.conf``, start it, and make the service's role and database."""
        for folder in (self.home, self.archive):
            self.give(folder)
        await self.run(
            "initdb", f"--pgdata={self.data}", "--username=postgres", "--auth=trust", "--encoding=UTF8", "--no-sync"
        )
        self.configure(settings)
        await self.start()
        await self.ask(f"CREATE ROLE {ROLE} LOGIN PASSWORD '{PASSWORD}'", f"CREATE DATABASE {DATABASE} OWNER {ROLE}")

    def configure(self, settings: str) -> None:
        """Add lines to ``postgresql.conf``."""
        with (self.data / "postgresql.conf").open("a", encoding="utf-8") as file:
            file.write(f"\nlisten_addresses = ''\nfsync = off\nunix_socket_directories = '{self.socket}'\n{settings}\n")

    def give(self, folder: Path) -> None:
        """A folder of the server's own."""
        folder.mkdir(exist_ok=True, mode=0o700)
        os.chown(folder, *self._user)

    async def start(self) -> None:
        """Start it and wait until it takes what is written, after whatever recovery it was told to do."""
        self.give(self.socket)
        log = (self.home / "log").open("ab")
        self._server = await asyncio.create_subprocess_exec(
            *self._command("postgres"), "-D", str(self.data),
            stdin=asyncio.subprocess.DEVNULL, stdout=log, stderr=log, cwd="/", env=ENVIRONMENT, start_new_session=True,
        )  # fmt: skip
        log.close()
        async with asyncio.timeout(60):
            while True:
                assert self._server.returncode is None, (self.home / "log").read_text()[-2000:]
                try:
                    if "f" in (await self.ask("SELECT pg_is_in_recovery()")).split():
                        return
                except AssertionError:
                    pass
                await asyncio.sleep(0.1)

    async def ask(self, *statements: str, database: str = "postgres") -> str:
        """What ``psql`` prints, as the superuser."""
        commands = [word for one in statements for word in ("--command", one)]
        words = await self.run(
            "psql", f"--host={self.socket}", "--username=postgres", f"--dbname={database}", "--quiet",
            "--tuples-only", "--no-align", *commands,
        )  # fmt: skip
        return words.strip()

    def bring_back(self, base: Path) -> None:
        """Put a base backup where the data was, of the server's own user, and tell it to go on from the archive."""
        shutil.copytree(base, self.data)
        (self.data / "recovery.signal").touch()
        for one in (self.data, *self.data.rglob("*")):
            os.chown(one, *self._user)

    async def run(self, program: str, *arguments: str) -> str:
        """Run one of PostgreSQL's programs as the server's user; what it printed."""
        process = await asyncio.create_subprocess_exec(
            *self._command(program), *arguments,
            stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.STDOUT, cwd="/", env=ENVIRONMENT,
        )  # fmt: skip
        words, _ = await process.communicate()
        assert process.returncode == 0, words.decode()
        return words.decode()

    async def lose(self) -> None:
        """The server dies at once, and its disk with it."""
        await self.kill()
        shutil.rmtree(self.data)

    async def kill(self) -> None:
        """SIGQUIT: it and all its children end without a goodbye."""
        if self._server is not None:
            self._server.send_signal(signal.SIGQUIT)
            await self._server.wait()
            self._server = None

    def _command(self, program: str) -> list[str]:
        path = find_binaries() / program
        return [*command_prefix(self._user, path, self.home), str(path)]
