"""What a benchmark saw, and the page where it is kept: one section a benchmark, each replaced by its own command."""

from __future__ import annotations

import platform
import re
import subprocess
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

import psutil

PAGE = Path(__file__).parent.parent.parent / "docs" / "benchmarks.md"
_HEAD = """# What it carries

Measured figures, each section written whole by the command it names. They are of one machine on one day: what is
compared is within a run. No test asserts a time.
"""


def quantile(values: Sequence[float], part: float) -> float:
    """The smallest value that at least this part of them does not exceed; raises ``ValueError`` if there are none."""
    if not values:
        raise ValueError("nothing was measured")
    ordered = sorted(values)
    return ordered[max(0, -(-len(ordered) * round(part * 1000) // 1000) - 1)]


def spread(name: str, milliseconds: Sequence[float], target: float | None = None) -> str:
    """A row of a table: count, p50, p95, p99 and the greatest, in ms; the target is for the p95."""
    if not milliseconds:
        return f"| {name} | 0 | | | | | |"
    found = [quantile(milliseconds, part) for part in (0.5, 0.95, 0.99)]
    cells = " | ".join(f"{one:.0f}" for one in (*found, max(milliseconds)))
    verdict = "" if target is None else f"{'met' if found[1] < target else '**missed**'} (< {target:.0f})"
    return f"| {name} | {len(milliseconds)} | {cells} | {verdict} |"


def where_and_when(project: Path) -> str:
    """One line: the day (UTC), the commit, the machine."""
    asked = [
        ["git", "rev-parse", "--short", "HEAD"],
        ["git", "status", "--porcelain", "--", "bot", "channels", "storage"],
    ]
    commit, changed = (
        subprocess.run(one, cwd=project, capture_output=True, text=True, check=False).stdout.strip() for one in asked
    )
    memory = psutil.virtual_memory().total / 2**30
    machine = f"{psutil.cpu_count()} × {_processor()}, {memory:.0f} GiB"
    python = f"Python {platform.python_version()}, {platform.system()}"
    return (
        f"{datetime.now(UTC):%Y-%m-%d %H:%M} UTC, commit {commit or 'unknown'}"
        f"{' with changes' if changed else ''}, {machine}, {python}."
    )


def write_section(page: Path, name: str, body: str) -> None:
    """Put a benchmark's section in its place, or at the end if it is new; the others stay as they are."""
    known = page.read_text(encoding="utf-8") if page.exists() else _HEAD
    begin, end = f"<!-- {name} begins -->", f"<!-- {name} ends -->"
    section = f"{begin}\n{body.strip()}\n{end}"
    place = re.compile(f"{re.escape(begin)}.*?{re.escape(end)}", re.DOTALL)
    fresh = place.sub(lambda _: section, known) if place.search(known) else f"{known.rstrip()}\n\n{section}\n"
    page.write_text(fresh, encoding="utf-8")


def _processor() -> str:
    cpuinfo = Path("/proc/cpuinfo")
    found = re.search(r"model name\s*: (.+)", cpuinfo.read_text()) if cpuinfo.exists() else None
    return found[1].strip() if found else platform.machine()
