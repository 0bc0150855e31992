"""A conversation as staff may read it: nothing from before she asked for it to be erased (seguridad §4), nothing of
whoever was lent the phone before her, and nothing as hers that another wrote who has the phone since (§11)."""

from __future__ import annotations

import logging
from asyncio import gather
from bisect import bisect_left
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

from sqlalchemy import Row, text
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.errors import BotError
from bot.messages import Alert, Location, PersonMessage, StaffAction, StaffDeed, Understanding
from storage.codec import REPLY, UNDERSTANDING, entry_from
from storage.database import Database
from storage.episode import ASKED, OPEN, RETURNED, lent
from storage.keys import KeyRing, OwnerKey

_LINES = f"""
SELECT i.received_at AS at, i.seq, i.kind AS source, NULL AS author, i.id, i.body_sealed AS body,
       i.understanding_sealed AS meant, NULL AS status, NULL AS code
FROM inbox i JOIN conversations c ON c.id = i.conversation_id {OPEN}
WHERE c.id = :id AND i.body_sealed IS NOT NULL
  AND (i.kind = 'person' OR (i.kind = 'staff' AND i.ending = 'done'))
  AND (:past OR i.seq > coalesce(c.sealed_in_seq, 0)) AND NOT {lent("i.received_at")}
UNION ALL
SELECT o.created_at, o.seq, 'letter', o.author, o.id, o.body_sealed, NULL, o.status, o.code
FROM outbox o JOIN conversations c ON c.id = o.conversation_id {OPEN}
WHERE c.id = :id AND o.body_sealed IS NOT NULL
  -- What the program did not say after all never was; what a colleague wrote and nobody got, she must know of.
  AND (o.status <> 'withdrawn' OR o.author <> 'bot')
  AND (:past OR o.seq > coalesce(c.sealed_out_seq, 0)) AND NOT {lent("o.created_at")}
ORDER BY at, seq
"""  # noqa: S608 - fragments of our own, no value of anybody
_FILES = """
SELECT m.id, m.inbox_id, m.content_type, m.status, m.heard_at
FROM media m JOIN inbox i ON i.id = m.inbox_id JOIN conversations c ON c.id = m.conversation_id
WHERE c.id = :id AND (:past OR i.seq > coalesce(c.sealed_in_seq, 0))
ORDER BY m.id
"""
_WHOSE = f"""
SELECT k.id, k.owner_id, k.wrapped,
       EXISTS (SELECT 1 FROM handovers h WHERE h.conversation_id = c.id AND h.closed_at IS NULL AND h.alert >= :crisis)
           AS in_crisis, {RETURNED} AS returned, {ASKED} AS asked_at
FROM conversations c JOIN keys.owner_keys k ON k.owner_id = c.person_id {OPEN}
WHERE c.id = :id
"""  # noqa: S608 - fragments of our own, no value of anybody
_SEAL = """
UPDATE conversations c
SET sealed_at = now(), word_given_at = NULL, sealed_out_seq = c.last_out_seq,
    -- What she has written since and nobody has heard is no past.
    sealed_in_seq = coalesce((SELECT max(i.seq) FROM inbox i
                              WHERE i.conversation_id = c.id AND i.turn_id IS NOT NULL), 0)
WHERE c.person_id = :person_id
"""

#: Who wrote a line: the person herself, the program, or whoever has the phone since the time it was lent for ended.
HER, PROGRAM, SOMEBODY = "person", "bot", "somebody"

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
class Attachment:
    """A file that she sent: ``status`` is ``wanted``, ``kept`` or ``refused``; ``heard_at``: first opened."""

    id: UUID
    content_type: str
    status: str
    heard_at: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """One thing that was written or done: ``author`` is ``HER``, ``PROGRAM``, ``SOMEBODY`` or a staff
    id; ``at`` is aware.

    ``deed`` is what somebody of the team did besides speaking: a note, a claim. ``outcome`` says of what kind it
    is. ``status`` and ``code`` are a letter's: how far it came, and why no further. ``meant``: how hers was
    understood.
    """

    at: datetime
    author: str
    text: str
    id: UUID
    deed: StaffDeed | None = None
    outcome: str | None = None
    status: str = ""
    code: str | None = None
    files: tuple[Attachment, ...] = ()
    location: Location | None = None
    meant: Understanding | None = None


async def read_transcript(
    database: Database, ring: KeyRing, conversation_id: UUID, *, opening: Opening | None = None
) -> tuple[Line, ...]:
    """What was written, in order. With an ``opening`` also what is sealed; raises ``Sealed`` if no crisis is open.

    What was told by another who was lent the phone is not hers, and no ``opening`` of her past opens it (seguridad §8).

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
    limits = {"id": conversation_id, "past": opening is not None}
    files = defaultdict[UUID, list[Attachment]](list)
    sent, written = await gather(database.run(text(_FILES), limits), database.run(text(_LINES), limits))
    for row in sent:
        file = Attachment(id=row.id, content_type=row.content_type, status=row.status, heard_at=row.heard_at)
        files[row.inbox_id].append(file)
    lines = [_line(key, row) for row in written]
    return tuple(
        replace(line, files=tuple(files[line.id]), author=_author(line, whose.returned, whose.asked_at))
        for line in lines
        if line is not None
    )


async def seal_past(tx: AsyncConnection, person_id: UUID) -> None:
    """Close what was said up to here in all of her conversations."""
    await tx.execute(text(_SEAL), {"person_id": person_id})


def _author(line: Line, returned: Sequence[datetime], asked_at: datetime | None) -> str:
    """Who wrote it: hers is what lies between the same two returns of the phone as what she asked with."""
    if line.author != HER or asked_at is None or bisect_left(returned, line.at) == bisect_left(returned, asked_at):
        return line.author
    return SOMEBODY


def _line(key: OwnerKey, row: Row[Any]) -> Line | None:
    """A row as a line; None for what is said by another line: the letter shows what somebody of the team wrote."""
    if row.source == "letter":
        body = key.unseal(row.body, table="outbox", row=row.id, column="body")
        reply = REPLY.validate_json(body)
        said = "\n".join(filter(None, (reply.text, " ".join(f"[{button.title}]" for button in reply.buttons))))
        return Line(at=row.at, author=row.author, text=said, id=row.id, status=row.status, code=row.code)
    entry = entry_from(row.source, key.unseal(row.body, table="inbox", row=row.id, column="body"))
    if isinstance(entry, PersonMessage):
        meant = None
        if row.meant is not None:
            meant = UNDERSTANDING.validate_json(
                key.unseal(row.meant, table="inbox", row=row.id, column="understanding")
            )
        return Line(at=row.at, author=HER, text=entry.text, id=row.id, location=entry.location, meant=meant)
    if isinstance(entry, StaffAction) and entry.deed is not StaffDeed.SAY:
        who, what = str(entry.staff_id), entry.outcome
        return Line(at=row.at, author=who, text=entry.text, id=row.id, deed=entry.deed, outcome=what)
    return None
