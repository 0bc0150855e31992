"""The service as it really runs: a process of its own, that can be stopped and killed."""

from __future__ import annotations

import asyncio
import base64
import os
import signal
import socket
import sys
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager, suppress
from pathlib import Path

import aiohttp

from tests.doubles.twilio import ACCOUNT_SID, AUTH_TOKEN, SMS_NUMBER, WHATSAPP_NUMBER

WRAPPING_KEY = base64.b64encode(b"w" * 32).decode()
INDEX_KEY = base64.b64encode(b"i" * 32).decode()
AUDIT_KEY = base64.b64encode(b"a" * 32).decode()


def free_port() -> int:
    """A port that nobody listens on just now."""
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        port: int = found.getsockname()[1]
        return port


class ServiceProcess:
    """``valle-sano serve`` in earnest (no DEMO), with the doubles in place of the world."""

    #: What Python runs; a benchmark wraps the service in something that watches it from within.
    program: tuple[str, ...] = ("-m", "bot", "serve")

    def __init__(self, var_dir: Path, **environment: str) -> None:
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self.log_file = var_dir / "service.log"
        self.environment: Mapping[str, str] = {
            "PATH": os.environ["PATH"],
            "HOST": "127.0.0.1",
            "PORT": str(self.port),
            "PUBLIC_URL": self.url,
            "VAR_DIR": str(var_dir),
            "TWILIO_ACCOUNT_SID": ACCOUNT_SID,
            "TWILIO_AUTH_TOKEN": AUTH_TOKEN,
            "TWILIO_WHATSAPP_FROM": WHATSAPP_NUMBER,
            "TWILIO_SMS_FROM": SMS_NUMBER,
            "SMS_TESTS": "Prueba=2026-11-01",
            # The double has no limit, and a test no time.
            "TWILIO_WHATSAPP_PER_SECOND": "10000",
            "TWILIO_SMS_PER_SECOND": "10000",
            "SECRET_KEYS": WRAPPING_KEY,
            "INDEX_KEY": INDEX_KEY,
            "AUDIT_KEY": AUDIT_KEY,
            "QUIET_SECONDS": "0",
            **environment,
        }
        self.process: asyncio.subprocess.Process | None = None

    async def start(self) -> None:
        """Start it and wait until it answers."""
        with self.log_file.open("ab") as log:
            self.process = await asyncio.create_subprocess_exec(
                sys.executable, *self.program, env=self.environment, stdout=log, stderr=log
            )
        async with asyncio.timeout(30), aiohttp.ClientSession() as session:
            while True:
                with suppress(aiohttp.ClientError):
                    async with session.get(f"{self.url}/health") as answer:
                        if answer.status == 200:
                            return
                if self.process.returncode is not None:
                    raise AssertionError(f"the service ended at once:\n{self.log_file.read_text()[-2000:]}")
                await asyncio.sleep(0.05)

    async def kill(self) -> None:
        """SIGKILL: no goodbye."""
        await self._end(signal.SIGKILL)

    async def stop(self) -> None:
        """SIGTERM: it drains."""
        await self._end(signal.SIGTERM)

    def pause(self) -> None:
        """SIGSTOP: time passes it by."""
        assert self.process is not None
        self.process.send_signal(signal.SIGSTOP)

    def resume(self) -> None:
        """SIGCONT: it goes on as if nothing had been."""
        assert self.process is not None
        self.process.send_signal(signal.SIGCONT)

    async def _end(self, how: signal.Signals) -> None:
        if self.process is not None:
            with suppress(ProcessLookupError):
                self.process.send_signal(how)
            await self.process.wait()
            self.process = None


@asynccontextmanager
async def service(var_dir: Path, **environment: str) -> AsyncIterator[ServiceProcess]:
    """A started service; killed at the end whatever happened."""
    process = ServiceProcess(var_dir, **environment)
    try:
        await process.start()
        yield process
    finally:
        await process.kill()
