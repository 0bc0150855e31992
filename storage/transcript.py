"""A conversation as staff may read it: nothing from before she asked for it to be erased (seguridad §4)."""

from __future__ import annotations

import logging
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.errors import BotError
from bot.messages import Alert, PersonMessage
from storage.codec import REPLY, entry_from
from storage.database import Database
from storage.keys import KeyRing

_LINES = """
SELECT i.received_at AS at, i.seq, 'person' AS author, i.id, i.body_sealed AS body
FROM inbox i JOIN conversations c ON c.id = i.conversation_id
WHERE c.id = :id AND i.kind = 'person' AND i.body_sealed IS NOT NULL
  AND (:past OR i.seq > coalesce(c.sealed_in_seq, 0))
UNION ALL
SELECT o.created_at, o.seq, o.author, o.id, o.body_sealed
FROM outbox o JOIN conversations c ON c.id = o.conversation_id
WHERE c.id = :id AND o.body_sealed IS NOT NULL AND o.status <> 'withdrawn'
  AND (:past OR o.seq > coalesce(c.sealed_out_seq, 0))
ORDER BY at, seq
"""
_WHOSE = """
SELECT k.id, k.owner_id, k.wrapped,
       EXISTS (SELECT 1 FROM handovers h WHERE h.conversation_id = c.id AND h.closed_at IS NULL AND h.alert >= :crisis)
           AS in_crisis
FROM conversations c JOIN keys.owner_keys k ON k.owner_id = c.person_id
WHERE c.id = :id
"""
_SEAL = """
UPDATE conversations c
SET sealed_at = now(), word_given_at = NULL, sealed_out_seq = c.last_out_seq,
    -- What she has written since and nobody has heard is no past.
    sealed_in_seq = coalesce((SELECT max(i.seq) FROM inbox i
                              WHERE i.conversation_id = c.id AND i.turn_id IS NOT NULL), 0)
WHERE c.person_id = :person_id
"""

log = logging.getLogger(__name__)


class Sealed(BotError):
    """What she asked to be erased is read by nobody: only a person with a right to it may, while a crisis is open."""


class Right(StrEnum):
    """Why somebody may decide over a sealed past: what is open there (seguridad §4)."""

    EMERGENCY = "emergency"
    MINOR = "minor"
    SUICIDE = "suicide"


@dataclass(frozen=True, slots=True, kw_only=True)
class Opening:
    """A person of the team who opens a sealed past, and by what right."""

    staff_id: UUID
    right: Right


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """One thing that was written: ``author`` is ``person``, ``bot`` or a staff id; ``at`` is aware."""

    at: datetime
    author: str
    text: str


async def read_transcript(
    database: Database, ring: KeyRing, conversation_id: UUID, *, opening: Opening | None = None
) -> tuple[Line, ...]:
    """What was written, in order. With an ``opening`` also what is sealed; raises ``Sealed`` if no crisis is open.

    It is the only way from the inbox and the outbox to somebody's eyes.
    """
    rows = await database.run(text(_WHOSE), {"id": conversation_id, "crisis": int(Alert.URGENT)})
    if not rows:
        return ()
    whose = rows[0]
    if opening is not None:
        if not whose.in_crisis:
            raise Sealed
        log.warning("conversation %s: %s opens what is sealed (%s)", conversation_id, opening.staff_id, opening.right)
    key = ring.unwrap(key_id=whose.id, owner_id=whose.owner_id, wrapped=whose.wrapped)
    lines = []
    for row in await database.run(text(_LINES), {"id": conversation_id, "past": opening is not None}):
        table = "inbox" if row.author == "person" else "outbox"
        body = key.unseal(row.body, table=table, row=row.id, column="body")
        lines.append(Line(at=row.at, author=row.author, text=_words(row.author, body)))
    return tuple(lines)


async def seal_past(tx: AsyncConnection, person_id: UUID) -> None:
    """Close what was said up to here in all of her conversations."""
    await tx.execute(text(_SEAL), {"person_id": person_id})


def _words(author: str, body: bytes) -> str:
    if author != "person":
        return REPLY.validate_json(body).text
    entry = entry_from("person", body)
    return entry.text if isinstance(entry, PersonMessage) else ""
