"""The command line as an operator runs it: a process of its own, its exit code and its words."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Said:
    """What a command answered: ``out`` is its result, ``err`` what it said meanwhile or what is wrong."""

    code: int
    out: str
    err: str


async def order(environment: Mapping[str, str], *words: str) -> Said:
    """Run ``valle-sano`` with these words in this environment."""
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "bot", *words,
        env=dict(environment), stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE,
    )  # fmt: skip
    out, err = await process.communicate()
    return Said(code=process.returncode or 0, out=out.decode(), err=err.decode())
