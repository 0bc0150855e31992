"""Erasure: the key is destroyed, and what it sealed is emptied; what is counted stays, of nobody."""

from __future__ import annotations

import os
from collections.abc import Collection, Sequence
from uuid import UUID

from sqlalchemy import select, text

from bot.messages import Address, Alert
from storage.database import Database, Params
from storage.keys import KeyRing
from storage.statements import statement
from storage.tables.conversations import conversations
from storage.tables.people import people

#: Open requests this grave keep an erasure waiting until a person has closed them (seguridad §4).
_CRISIS = Alert.URGENT
_DUE = """
SELECT p.id
FROM people p
WHERE p.forgotten_at IS NULL AND p.forget_at <= now()
  AND (p.forget_decided
       OR NOT EXISTS (SELECT 1 FROM handovers h JOIN conversations c ON c.id = h.conversation_id
                      WHERE c.person_id = p.id AND h.closed_at IS NULL AND h.alert >= :crisis))
  -- What she wrote meanwhile is answered first.
  AND NOT EXISTS (SELECT 1 FROM inbox i JOIN conversations c ON c.id = i.conversation_id
                  WHERE c.person_id = p.id AND i.turn_id IS NULL)
  -- The confirmation goes out first; ten minutes are enough for that, or it never will.
  AND (p.forget_at <= now() - interval '10 minutes'
       OR NOT EXISTS (SELECT 1 FROM outbox o JOIN conversations c ON c.id = o.conversation_id
                      WHERE c.person_id = p.id AND o.status IN ('queued', 'leased')))
FOR UPDATE SKIP LOCKED
"""
_RESTORED = """
SELECT p.id
FROM people p
WHERE p.forgotten_at IS NULL AND NOT EXISTS (SELECT 1 FROM keys.owner_keys k WHERE k.owner_id = p.id)
FOR UPDATE SKIP LOCKED
"""
_AGAIN = (
    "SELECT p.id FROM people p WHERE p.forgotten_at IS NULL AND p.id = ANY(CAST(:ids AS uuid[])) FOR UPDATE SKIP LOCKED"
)


async def find_conversation(database: Database, ring: KeyRing, addresses: Sequence[Address]) -> UUID | None:
    """The latest conversation of the person behind any of these addresses; None if nobody is."""
    rows = await database.run(
        select(conversations.c.id)
        .join(people, people.c.id == conversations.c.person_id)
        .where(people.c.phone_index.in_([ring.phone_index(address) for address in addresses]))
        .order_by(conversations.c.heard_at.desc().nulls_last())
        .limit(1)
    )
    return rows[0].id if rows else None


async def is_forgotten(database: Database, conversation_id: UUID) -> bool:
    """Whether the person of this conversation has been erased."""
    rows = await database.run(
        select(people.c.forgotten_at)
        .join(conversations, people.c.id == conversations.c.person_id)
        .where(conversations.c.id == conversation_id)
    )
    return bool(rows) and rows[0].forgotten_at is not None


async def forget_due(database: Database) -> int:
    """Erase whoever asked for it and has been told so; how many there were.

    Her own wish waits while a person is asked for with urgency: evidence and help go first, and
    a person decides by closing the request. An operator's decision does not wait.
    """
    return await _forget(database, _DUE, {"crisis": int(_CRISIS)})


async def forget_restored(database: Database) -> int:
    """Erase again whoever a dump older than her erasure brought back, beside the newest keys; how many there were.

    Looks at everybody, so it is not for every few seconds.
    """
    return await _forget(database, _RESTORED, {})


async def forget_again(database: Database, ids: Collection[UUID]) -> int:
    """Erase again whoever is known, from outside the database, to have been erased; how many were there again."""
    return await _forget(database, _AGAIN, {"ids": list(ids)}) if ids else 0


async def _forget(database: Database, who: str, params: Params) -> int:
    async with database.transaction() as tx:
        due = (await tx.execute(text(who), params)).all()
        for row in due:
            await tx.execute(statement("forget"), {"person_id": row.id, "nobody": os.urandom(16), "aged": False})
    return len(due)
