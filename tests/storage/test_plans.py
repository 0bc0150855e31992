"""What a message costs the database does not grow with what waits for others, from the first day on."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import asyncpg
import pytest
from sqlalchemy import make_url

from storage.database import PLANNED_ONCE, Database
from storage.statements import statement


@pytest.mark.parametrize("name", ["accept", "claim", "commit", "sent", "known", "report"])
async def test_her_messages_and_letters_are_found_by_her_and_not_among_all_that_wait(
    database_url: str, name: str
) -> None:
    hers = [
        node for node in _nodes(await _plan(database_url, name)) if node.get("Relation Name") in ("inbox", "outbox")
    ]
    reads = [node for node in hers if node["Node Type"].endswith("Scan")]
    assert reads
    assert {node["Node Type"] for node in reads} <= {"Index Scan", "Index Only Scan"}
    assert [node["Index Name"] for node in reads if "Index Cond" not in node] == []


async def _plan(url: str, name: str) -> dict[str, Any]:
    """The plan that each connection keeps for all values, of a database in which nobody has written yet."""
    compiled: Any = statement(name).compile(dialect=Database(url).engine.dialect)
    plain = make_url(url).set(drivername="postgresql").render_as_string(hide_password=False)
    connection = await asyncpg.connect(plain, server_settings=PLANNED_ONCE)
    try:
        await connection.execute(f"PREPARE asked AS {compiled}")
        nothing = ", ".join("NULL" for _ in compiled.positiontup)
        found = await connection.fetchval(f"EXPLAIN (FORMAT JSON) EXECUTE asked ({nothing})")
    finally:
        await connection.close()
    plan: dict[str, Any] = json.loads(found)[0]["Plan"]
    return plan


def _nodes(plan: dict[str, Any]) -> Iterator[dict[str, Any]]:
    yield plan
    for below in plan.get("Plans", ()):
        yield from _nodes(below)
