"""Dumps of a test database, as an operator makes them and as a thief would read them."""

from __future__ import annotations

import asyncio
from pathlib import Path

from sqlalchemy import make_url

from storage.embedded import EmbeddedPostgres


async def dump(url: str, *, file: Path, schemas: str = "*", without: str = "") -> bytes:
    """Everything in a database as SQL text; ``schemas`` and ``without`` are pg_dump's patterns."""
    choice = [f"--schema={schemas}"] if schemas != "*" else []
    choice += [f"--exclude-schema={without}"] if without else []
    await _run("pg_dump", f"--dbname={_libpq(url)}", f"--file={file}", "--no-owner", *choice)
    return file.read_bytes()


async def restore(url: str, file: Path) -> None:
    """Play a dump into a database; an error ends it."""
    await _run("psql", f"--dbname={_libpq(url)}", "--quiet", "--set=ON_ERROR_STOP=1", f"--file={file}")


async def _run(program: str, *arguments: str) -> None:
    command = EmbeddedPostgres(Path()).binaries / program
    process = await asyncio.create_subprocess_exec(
        command, *arguments, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.STDOUT
    )
    words, _ = await process.communicate()
    assert process.returncode == 0, words.decode()


def _libpq(url: str) -> str:
    return make_url(url).set(drivername="postgresql").render_as_string(hide_password=False)
