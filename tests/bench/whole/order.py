"""The oracle of the replicas: what Twilio heard against what the database says should have been said."""

from __future__ import annotations

import asyncpg

from tests.bench.whole.provider import Provider

_LETTERS = "SELECT conversation_id, id FROM outbox ORDER BY conversation_id, seq"


async def count_wrongs(provider: Provider, url: str) -> tuple[int, int]:
    """How many letters Twilio heard more than once, and how many conversations it heard in another order."""
    connection = await asyncpg.connect(url)
    try:
        rows = await connection.fetch(_LETTERS)
    finally:
        await connection.close()
    owners = {str(row["id"]): row["conversation_id"] for row in rows}
    meant: dict[object, list[str]] = {}
    for row in rows:
        meant.setdefault(row["conversation_id"], []).append(str(row["id"]))
    doubled = sum(len(heard) - len(set(heard)) for heard in provider.letters.values())
    disordered = 0
    for heard in provider.letters.values():
        once = list(dict.fromkeys(heard))
        disordered += once != [one for one in meant[owners[once[0]]] if one in set(once)]
    return doubled, disordered
