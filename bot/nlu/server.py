"""Rasa as a child of the service: on loopback, behind a token, started again when it dies."""

from __future__ import annotations

import asyncio
import logging
import secrets
import socket
import threading
import time
from contextlib import suppress
from pathlib import Path

from bot.children import Child
from bot.nlu.environment import PROJECT, TrainingFailed, rasa_variables, train

log = logging.getLogger(__name__)
_LONGEST_PAUSE = 60.0
_LIVED_LONG = 120.0
_PORTS = range(20_000, 32_000)


class RasaServer:
    """``server = RasaServer(python=..., var_dir=...)``; ``server.start()`` returns before Rasa listens.

    It trains first if data or configuration changed. ``url`` and ``token`` hold for the object's
    whole life, through restarts.
    """

    def __init__(
        self, *, python: Path, var_dir: Path, project: Path = PROJECT, port: int = 0, log_level: str = "INFO"
    ) -> None:
        self.token = secrets.token_urlsafe(32)
        self._python, self._var_dir, self._project = python, var_dir, project
        self._log_level = log_level
        self._port = port or _free_port()
        self._child = Child("rasa", var_dir=var_dir)
        self._stopping = threading.Event()
        self._keeper: asyncio.Task[None] | None = None

    @property
    def url(self) -> str:
        """Where Rasa listens, or will."""
        return f"http://127.0.0.1:{self._port}"

    @property
    def is_running(self) -> bool:
        """Whether the process lives; it may still be loading."""
        return self._child.is_running

    def start(self) -> None:
        """Begin to train, if needed, and to serve; needs a running event loop."""
        if self._keeper is None:
            self._keeper = asyncio.create_task(self._keep())

    async def stop(self) -> None:
        """Stop training and serving; nothing of Rasa runs afterwards."""
        self._stopping.set()
        if self._keeper is not None:
            await self._keeper
            self._keeper = None
        await self._child.stop()

    async def _keep(self) -> None:
        pause = 0.0
        while not self._stopping.is_set():
            began = time.monotonic()
            try:
                await asyncio.to_thread(self._train_and_launch)
            except TrainingFailed:
                if not self._stopping.is_set():
                    log.exception("Rasa could not be trained; the bot runs by words and buttons")
                return
            except OSError:
                log.exception("Rasa could not be started; it is tried again")
            while self._child.is_running and not self._stopping.is_set():
                await asyncio.sleep(0.2)
            pause = 0.0 if time.monotonic() - began > _LIVED_LONG else min(pause * 2 + 1.0, _LONGEST_PAUSE)
            if not self._stopping.is_set():
                log.warning("Rasa ended; it is started again in %.0f s", pause)
            for _ in range(int(pause * 10)):
                if self._stopping.is_set():
                    return
                await asyncio.sleep(0.1)

    def _train_and_launch(self) -> None:
        model = train(self._var_dir, project=self._project, python=self._python, stop=self._stopping)
        command = [
            str(self._python), "-m", "components.launch", "run", "--enable-api", "--interface", "127.0.0.1",
            "--port", str(self._port), "--model", str(model),
        ]  # fmt: skip
        variables = {**rasa_variables(self._var_dir), "RASA_TOKEN": self.token, "LOG_LEVEL": self._log_level}
        self._child.start(command, env=variables, cwd=self._project)


def _free_port() -> int:
    """Find a port that nobody listens on, outside the range that outgoing connections take theirs from."""
    while True:
        port = secrets.choice(_PORTS)
        with socket.socket() as probe, suppress(OSError):
            probe.bind(("127.0.0.1", port))
            return port
