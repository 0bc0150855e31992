"""How long the tick of the periods takes in a database of many people, and how much of that in one transaction.

``python -m tests.bench.kept [PEOPLE]`` fills one, measures each kind twice, with nothing due and with portions due, and
writes what it saw into ``docs/benchmarks.md``.
"""

from __future__ import annotations

import asyncio
import sys
import time
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory

from sqlalchemy import make_url, text
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.messages import Address
from bot.retention import PEOPLE_AT_ONCE, ROWS_AT_ONCE, load_periods
from storage.audit import Trail
from storage.database import Database
from storage.departed import remove_handovers, remove_shifts, remove_staff
from storage.embedded import EmbeddedPostgres
from storage.migrate import migrate
from storage.retention import (
    count_due,
    expire_people,
    remove_drafts,
    remove_files,
    remove_remains,
    remove_traces,
    trim_audit,
)
from tests.bench.figures import PAGE, where_and_when, write_section
from tests.bench.whole.fill import fill
from tests.doubles.rig import rigged

_TIMES = 5
_ORIGINALS = 20
_SAID = ("buenas", "1", "mi esposo me pegó anoche, vivo en buga", "1", "2")
_RECENT = timedelta(days=20)
_KINDS = {
    "text": expire_people,
    "media": remove_files,
    "drafts": remove_drafts,
    "remains": remove_remains,
    "traces": remove_traces,
    "audit": trim_audit,
    "handovers": remove_handovers,
    "shifts": remove_shifts,
    "staff": remove_staff,
}
#: Everybody has been here for a year, half were attended, a tenth of the messages had a file.
_PAST = (
    "UPDATE people SET created_at = created_at - interval '330 days'",
    (
        "INSERT INTO handovers (id, conversation_id, reason, alert, stage, lease, raised, struck, requested_at, since,"
        " closed_at) SELECT gen_random_uuid(), id, 'asked', 0, 'taken', 1, 0, '{}', heard_at, heard_at,"
        " heard_at + interval '1 hour' FROM conversations WHERE random() < 0.5"
    ),
    (
        "INSERT INTO closings (id, handover_id, conversation_id, staff_id, outcome, at)"
        " SELECT gen_random_uuid(), h.id, conversation_id, gen_random_uuid(), 'attended', closed_at FROM handovers h"
        " WHERE NOT EXISTS (SELECT 1 FROM closings n WHERE n.handover_id = h.id)"
    ),
    (
        "INSERT INTO alarms (id, handover_id, what, rung_at)"
        " SELECT gen_random_uuid(), id, 'unclaimed', requested_at FROM handovers WHERE random() < 0.5"
    ),
    (
        "INSERT INTO reminders (id, conversation_id, name, due_at, fired_at)"
        " SELECT gen_random_uuid(), id, 'name' || n, heard_at, heard_at FROM conversations, generate_series(1, 3) n"
    ),
    (
        "INSERT INTO media (id, conversation_id, inbox_id, content_type, bytes_sealed, status, attempts, next_try_at)"
        " SELECT gen_random_uuid(), conversation_id, id, 'audio/ogg', NULL, 'removed', 1, now() FROM inbox"
        " WHERE random() < 0.1"
    ),
    (
        "INSERT INTO audit (id, at, act, subject_kind, subject_id, mac) SELECT gen_random_uuid(), now(), 'chat.read',"
        " 'handover', id, 'x' FROM handovers, generate_series(1, 10)"
    ),
    (
        "INSERT INTO audit_chain (seq, audit_id, mac, chained_at)"
        " SELECT 1000000 + row_number() OVER (ORDER BY at), id, 'x', at FROM audit"
    ),
    "VACUUM ANALYZE",
)
#: Two of five people were erased long ago, and their rows wait to be removed; so do files, and the trail's oldest part.
_DUE = (
    (
        "UPDATE people SET phone_index = NULL, forgotten_at = now() - interval '2 years' WHERE id IN"
        " (SELECT id FROM people ORDER BY id LIMIT (SELECT count(*) * 2 / 5 FROM people))"
    ),
    "UPDATE media SET status = 'kept', bytes_sealed = 'x'",
    (
        "WITH a AS (INSERT INTO audit (id, at, act, mac) SELECT gen_random_uuid(), now() - interval '6 years'"
        " + n * interval '1 minute', 'chat.read', 'x' FROM generate_series(1, 10000) n RETURNING id, at)"
        " INSERT INTO audit_chain (seq, audit_id, mac, chained_at)"
        " SELECT row_number() OVER (ORDER BY at), id, 'x', at FROM a"
    ),
    "VACUUM ANALYZE people, media, audit, audit_chain",
)


class Timed(Database):
    """A database that remembers how long its transactions took, in seconds."""

    def __init__(self, url: str) -> None:
        super().__init__(url, connections=2)
        self.took: list[float] = []

    @asynccontextmanager
    async def transaction(self) -> AsyncIterator[AsyncConnection]:
        began = time.monotonic()
        async with super().transaction() as tx:
            yield tx
        self.took.append(time.monotonic() - began)


@dataclass(frozen=True, slots=True, kw_only=True)
class Seen:
    """Of one kind: rows that went in a tick, how long that was in all, and its longest transaction (seconds)."""

    gone: int
    whole: float
    longest: float


async def main(people: int = 100_000) -> None:
    """Fill, measure, write down."""
    with TemporaryDirectory(prefix="vs-") as folder:
        embedded = EmbeddedPostgres(Path(folder))
        try:
            body = await measure(await embedded.start(), people)
        finally:
            await embedded.stop()
    head = f"## What has been kept long enough: `python -m tests.bench.kept {people}`"
    write_section(PAGE, "bench-kept", f"{head}\n\n{where_and_when(PAGE.parent.parent)}\n\n{body}\n")


async def measure(url: str, people: int) -> str:
    """The section's text, of an empty database that is filled with so many people."""
    database, after = Timed(url), {key: one.after for key, one in load_periods().items()}
    await migrate(database)
    async with rigged(url) as rig:
        for number in range(_ORIGINALS):
            for words in _SAID:
                await rig.write(words, by=Address(channel="whatsapp", value=f"+57300123{number:04}"))
        await rig.rows("UPDATE handovers SET closed_at = now()")
    messages = await fill(make_url(url).set(drivername="postgresql").render_as_string(hide_password=False), people)
    try:
        await _carry_out(database, _PAST)
        idle = await _ticks(database, after)
        began = time.monotonic()
        await count_due(database, after)
        counted = time.monotonic() - began
        await _carry_out(database, _DUE)
        busy = await _ticks(database, {**after, "text": _RECENT, "traces": _RECENT})
        # What the trail named is gone with its oldest part, so that handovers may follow.
        busy |= await _ticks(database, {"handovers": _RECENT})
    finally:
        await database.close()
    rows = [f"| {key} | {_cells(idle[key])} | {busy[key].gone} | {_cells(busy[key])} |" for key in _KINDS]
    return "\n".join([
        f"{people} people with {messages} messages, half of them attended; the durable server that comes with the",
        f"service. A tick's share of each kind, median of {_TIMES}, and the longest of all its transactions; a look",
        f"for what is due holds no row. A tick takes at most {PEOPLE_AT_ONCE} people, one by one, and {ROWS_AT_ONCE}",
        f"rows of each table. `valle-sano retention` counts all of it in {counted * 1000:.0f} ms.",
        "",
        "| kind | nothing due, ms | longest, ms | due: gone | ms | longest, ms |",
        "|---|---|---|---|---|---|",
        *rows,
    ])  # fmt: skip


async def _ticks(database: Timed, after: Mapping[str, timedelta]) -> dict[str, Seen]:
    seen: dict[str, list[Seen]] = {key: [] for key in _KINDS if key in after}
    trail = Trail(database, b"a" * 32)
    for _ in range(_TIMES):
        for key, found in seen.items():
            database.took.clear()
            began = time.monotonic()
            limit = PEOPLE_AT_ONCE if key == "text" else ROWS_AT_ONCE
            gone = await _KINDS[key](database, trail, after=after[key], limit=limit)
            found.append(Seen(gone=gone, whole=time.monotonic() - began, longest=max(database.took, default=0.0)))
    return {
        key: Seen(
            gone=max(one.gone for one in found),
            whole=median(one.whole for one in found),
            longest=max(one.longest for one in found),
        )
        for key, found in seen.items()
    }


async def _carry_out(database: Timed, statements: Sequence[str]) -> None:
    async with database.engine.connect() as connection:
        await connection.execution_options(isolation_level="AUTOCOMMIT")
        for sql in statements:
            await connection.execute(text(sql))


def _cells(seen: Seen) -> str:
    return f"{seen.whole * 1000:.0f} | {seen.longest * 1000:.0f}"


if __name__ == "__main__":
    asyncio.run(main(*map(int, sys.argv[1:2])))
