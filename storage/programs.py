"""PostgreSQL's own programs, run on whatever database an address names; the password is in no command line."""

from __future__ import annotations

import asyncio
import os
import re
import shutil
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

from sqlalchemy import make_url, text

from bot.errors import BotError, DatabaseUnavailable
from storage.cluster import find_binaries
from storage.database import Database

_PIECE = 256 * 1024
_Stream = TypeVar("_Stream")


class ProgramFailed(BotError):
    """PostgreSQL's program did not do it; what it said is in the message."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Programs:
    """``pg_dump``, ``pg_restore`` and ``psql`` of one folder, for one database: ``environment`` says which."""

    folder: Path
    environment: Mapping[str, str]

    async def write(self, file: Path, program: str, *arguments: str) -> None:
        """Run a program whose output becomes a file of ours alone (0600); raises ``ProgramFailed``."""
        descriptor = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "wb") as out:
            process = await self._start(program, arguments, stdout=out.fileno())
            await _finish(process, program)
            os.fsync(out.fileno())

    async def check(self, program: str, *arguments: str) -> None:
        """Run a program for its answer alone; raises ``ProgramFailed``."""
        await _finish(await self._start(program, arguments, stdout=asyncio.subprocess.DEVNULL), program)

    async def play(self, parts: Sequence[str | Path]) -> None:
        """Play SQL and dumps into the database in one transaction: all of it or nothing.

        Raises ``ProgramFailed``. ``psql`` commits when its input ends, so it is killed if any part of it is cut short.
        """
        psql = await self._start(
            "psql",
            ("--no-psqlrc", "--quiet", "--single-transaction", "--set=ON_ERROR_STOP=1", "--file=-"),
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.DEVNULL,
        )
        into = _there(psql.stdin)
        heard = asyncio.create_task(_read(psql.stderr))
        try:
            for part in parts:
                async for piece in self._sql_of(part):
                    into.write(piece)
                    await into.drain()
            into.close()
        except (BrokenPipeError, ConnectionResetError):
            pass  # it has stopped, and says why
        except BaseException:
            with suppress(ProcessLookupError):
                psql.kill()
            await psql.wait()
            await heard
            raise
        said = await heard
        if await psql.wait() != 0:
            raise ProgramFailed(f"psql: {_first_error(said)}")

    async def _sql_of(self, part: str | Path) -> AsyncIterator[bytes]:
        if isinstance(part, str):
            yield part.encode()
            return
        arguments = ("--file=-", "--no-owner", "--no-privileges", "--exit-on-error", str(part))
        process = await self._start("pg_restore", arguments, stdout=asyncio.subprocess.PIPE)
        out = _there(process.stdout)
        heard = asyncio.create_task(_read(process.stderr))
        try:
            while piece := await out.read(_PIECE):
                yield piece
        finally:
            if process.returncode is None:
                with suppress(ProcessLookupError, TimeoutError):
                    await asyncio.wait_for(process.wait(), 5)
        said = await heard
        if process.returncode != 0:
            raise ProgramFailed(f"pg_restore: {_first_error(said)}")

    async def _start(
        self, program: str, arguments: Sequence[str], *, stdout: int, stdin: int = asyncio.subprocess.DEVNULL
    ) -> asyncio.subprocess.Process:
        return await asyncio.create_subprocess_exec(
            self.folder / program, *arguments,
            stdin=stdin, stdout=stdout, stderr=asyncio.subprocess.PIPE, env=dict(self.environment), cwd="/",
        )  # fmt: skip


async def find_programs(database: Database, url: str) -> Programs:
    """Those that come with the embedded PostgreSQL, or else those of PATH, not older than the server.

    Raises ``BotError`` where there are none.
    """
    server = int((await database.run(text("SELECT current_setting('server_version_num') AS n")))[0].n) // 10_000
    for folder in _folders():
        if await _version(folder) >= server:
            return Programs(folder=folder, environment=_environment(url))
    raise BotError(
        f"no hay pg_dump, pg_restore y psql de PostgreSQL {server} o más nuevos; instale postgresql-client-{server}"
    )


def _folders() -> list[Path]:
    folders = []
    with suppress(DatabaseUnavailable):
        folders.append(find_binaries())
    if (found := shutil.which("pg_dump")) is not None:
        folders.append(Path(found).parent)
    return [one for one in folders if all((one / name).exists() for name in ("pg_dump", "pg_restore", "psql"))]


async def _version(folder: Path) -> int:
    process = await asyncio.create_subprocess_exec(
        folder / "pg_dump", "--version", stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.DEVNULL
    )
    said, _ = await process.communicate()
    number = re.search(rb"(\d+)", said)
    return int(number[1]) if number else 0


def _environment(url: str) -> dict[str, str]:
    """What libpq reads: the address in pieces, so that no list of processes shows the password."""
    where = make_url(url)
    query = {name: value if isinstance(value, str) else value[0] for name, value in where.query.items()}
    pieces = {
        "PGHOST": where.host or query.get("host"),
        "PGPORT": str(where.port) if where.port else query.get("port"),
        "PGUSER": where.username,
        "PGPASSWORD": where.password,
        "PGDATABASE": where.database,
        "PGSSLMODE": query.get("sslmode") or query.get("ssl"),
    }
    kept = {name: os.environ[name] for name in ("PATH", "HOME", "PGSSLROOTCERT", "PGPASSFILE") if name in os.environ}
    return {**kept, "LC_ALL": "C", **{name: str(value) for name, value in pieces.items() if value}}


def _there(stream: _Stream | None) -> _Stream:
    if stream is None:  # it was asked for at the start
        raise ProgramFailed("a pipe of PostgreSQL's programs is missing")
    return stream


async def _finish(process: asyncio.subprocess.Process, program: str) -> None:
    said = await _read(process.stderr)
    if await process.wait() != 0:
        raise ProgramFailed(f"{program}: {_first_error(said)}")


async def _read(stream: asyncio.StreamReader | None) -> str:
    return (await stream.read()).decode(errors="replace") if stream is not None else ""


def _first_error(said: str) -> str:
    """One line of what a program said: never a row, which its DETAIL and CONTEXT may quote."""
    lines = [line.strip() for line in said.splitlines() if "error" in line.lower() or "fatal" in line.lower()]
    return (lines or said.strip().splitlines() or ["no dijo por qué"])[0][:300]
