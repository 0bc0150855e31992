"""Erasure: the key is destroyed, and what it sealed is emptied; what is counted stays, of nobody."""

from __future__ import annotations

import os
from collections.abc import Collection, Sequence
from uuid import UUID

from sqlalchemy import TextClause, Uuid, bindparam, select, text
from sqlalchemy.ext.asyncio import AsyncConnection

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
WHERE p.forgotten_at IS NULL AND p.forget_at <= now() AND (:held IS NULL OR p.id = :held)
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
  AND (:held IS NULL OR p.id = :held)
FOR UPDATE SKIP LOCKED
"""
_AGAIN = """
SELECT p.id FROM people p
WHERE p.forgotten_at IS NULL AND p.id = ANY(CAST(:ids AS uuid[])) AND (:held IS NULL OR p.id = :held)
FOR UPDATE SKIP LOCKED
"""
#: Whoever takes a message of hers or commits a turn holds her conversation; whoever notes that a letter went, that.
_HELD_ELSEWHERE = """
WITH hers AS (SELECT id FROM conversations WHERE person_id = :held),
     talks AS (SELECT 1 FROM conversations WHERE person_id = :held FOR UPDATE SKIP LOCKED)
SELECT (SELECT count(*) FROM hers) - (SELECT count(*) FROM talks) AS talks
"""
_LETTERS_HELD_ELSEWHERE = """
WITH letters AS (
    SELECT o.id FROM outbox o JOIN conversations c ON c.id = o.conversation_id
    WHERE c.person_id = :held AND (o.provider_id IS NULL OR o.status IN ('queued', 'leased'))),
     held AS (SELECT 1 FROM outbox WHERE id IN (SELECT id FROM letters) FOR UPDATE SKIP LOCKED)
SELECT (SELECT count(*) FROM letters) - (SELECT count(*) FROM held) AS letters
"""


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


async def hold_all(tx: AsyncConnection, person_id: UUID) -> bool:
    """Hold her conversations and what is on its way to her, in this order, until the transaction ends.

    False if somebody else holds any of it just now: then she is not to be erased in this moment.
    """
    for sql in (_HELD_ELSEWHERE, _LETTERS_HELD_ELSEWHERE):
        if (await tx.execute(_of_one(sql), {"held": person_id})).scalar_one():
            return False
    return True


async def _forget(database: Database, who: str, params: Params) -> int:
    gone = 0
    async with database.transaction() as tx:
        for row in (await tx.execute(_of_one(who), {**params, "held": None})).all():
            # What she wrote since that look would go unanswered with her: nothing of hers moves now, and it is looked
            # again. Nobody waits for it here; the next tick comes in a moment.
            if await hold_all(tx, row.id) and (await tx.execute(_of_one(who), {**params, "held": row.id})).first():
                await tx.execute(statement("forget"), {"person_id": row.id, "nobody": os.urandom(16), "aged": False})
                gone += 1
    return gone


def _of_one(sql: str) -> TextClause:
    return text(sql).bindparams(bindparam("held", type_=Uuid()))
