"""That the benchmark of the periods runs, and that a portion of each kind really goes in it; no time is asserted."""

from __future__ import annotations

from tests.bench.kept import measure
from tests.doubles.database import TestDatabases


async def test_each_kind_that_is_measured_has_something_to_remove(databases: TestDatabases) -> None:
    name = await databases.make_empty()
    try:
        page = await measure(databases.url(name), 40)
    finally:
        await databases.drop(name)
    gone = {
        cells[1].strip(): int(cells[4])
        for row in page.splitlines()
        if len(cells := row.split("|")) == 8 and "---" not in row and "kind" not in row
    }
    assert {kind for kind, count in gone.items() if not count} <= {"drafts", "shifts", "staff"}, page
