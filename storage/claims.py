"""A conversation held by one worker: the lease, one attempt more, and everything that a turn needs."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from itertools import groupby
from typing import Any
from uuid import UUID

from sqlalchemy import Row, text

from bot.dialogue.agreement import Agreement
from bot.dialogue.state import State
from bot.messages import Address, Alert, Entry, Role
from bot.sessions import Session
from bot.takeover import Handover
from storage.codec import STATE, entry_from
from storage.contacts import open_agreement
from storage.database import Database
from storage.handovers import handover_of
from storage.ids import new_id
from storage.keys import KeyRing, OwnerKey
from storage.statements import statement

#: How long a worker may hold a conversation before another may take it.
TURN_LEASE = timedelta(seconds=10)

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class Pending:
    """One inbox row that waits for its turn."""

    id: UUID
    seq: int
    attempts: int
    entry: Entry


@dataclass(frozen=True, slots=True, kw_only=True)
class Claimed:
    """A conversation held by this worker: all that a turn needs. ``now`` is the database's."""

    conversation_id: UUID
    person_id: UUID
    version: int
    last_in_seq: int
    key: OwnerKey
    address: Address
    role: Role
    pseudonym: bytes
    state: State
    session: Session | None
    handover: Handover | None
    pending: tuple[Pending, ...]
    now: datetime
    leased_until: datetime
    put_off: tuple[UUID, ...] = ()

    def only(self, entries: int) -> Claimed:
        """The same with no more than its first entries: the rest is put off to the next turn."""
        if entries == len(self.pending):
            return self
        kept, rest = self.pending[:entries], self.pending[entries:]
        return replace(self, pending=kept, last_in_seq=kept[-1].seq, put_off=tuple(later.id for later in rest))


async def claim(database: Database, ring: KeyRing, *, limit: int, only: UUID | None = None) -> list[Claimed]:
    """Hold up to ``limit`` ready conversations, each with its pending entries in order."""
    rows = await database.run(statement("claim"), {"limit": limit, "lease_time": TURN_LEASE, "only": only})
    claimed = []
    for _, group in groupby(rows, key=lambda row: row.conversation_id):
        entries = list(group)
        if entries[0].key_id is None:
            continue  # erased, or restored from before her erasure: the tick of erasures ends it
        if entries[0].inbox_id is None:
            await _put_down(database, entries[0])
        else:
            try:
                claimed.append(_claimed(ring, entries))
            except Exception as error:  # noqa: BLE001 - one that does not open must not hold up the others
                where = entries[0].conversation_id
                log.error("conversation %s does not open: %s", where, type(error).__name__)  # noqa: TRY400
                await _set_aside(database, where)
    return claimed


async def put_back(database: Database, claimed: Claimed, *, after: timedelta) -> None:
    """Let go of a conversation whose turn failed, if it is still ours; it is taken again after a while."""
    await database.run(
        text(
            "UPDATE conversations SET leased_until = NULL, ready_at = now() + :after"
            " WHERE id = :id AND leased_until = :ours"
        ),
        {"id": claimed.conversation_id, "after": after, "ours": claimed.leased_until},
    )


async def _set_aside(database: Database, conversation_id: UUID) -> None:
    """A person of the team is told; it is tried again in five minutes, when a key or a version may be back."""
    async with database.transaction() as tx:
        await tx.execute(
            statement("request_human"),
            {"id": new_id(), "conversation_id": conversation_id, "reason": "unreadable", "alert": int(Alert.URGENT)},
        )
        await tx.execute(
            text(
                "UPDATE conversations SET leased_until = NULL, ready_at = now() + interval '5 minutes' WHERE id = :id"
            ),
            {"id": conversation_id},
        )


async def _put_down(database: Database, row: Row[Any]) -> None:
    """Nothing to do after all: a repeat left a gap in the order."""
    await database.run(
        text(
            "UPDATE conversations SET leased_until = NULL, ready_at = NULL"
            " WHERE id = :id AND last_in_seq = :seen AND ready_at = leased_until"
            # Read anew: the claim may have locked a row that was younger than what it saw of the inbox.
            " AND NOT EXISTS (SELECT 1 FROM inbox WHERE conversation_id = :id AND turn_id IS NULL)"
        ),
        {"id": row.conversation_id, "seen": row.last_in_seq},
    )
    await database.run(
        text(
            "UPDATE conversations SET leased_until = NULL,"
            " ready_at = CASE WHEN ready_at = leased_until THEN now() ELSE ready_at END"
            " WHERE id = :id AND ready_at IS NOT NULL AND leased_until = :lease"
        ),
        {"id": row.conversation_id, "lease": row.leased_until},
    )


def _claimed(ring: KeyRing, rows: Sequence[Row[Any]]) -> Claimed:
    first = rows[0]
    key = ring.unwrap(key_id=first.key_id, owner_id=first.person_id, wrapped=first.wrapped)
    state = State(role=Role(first.role))
    if first.state_sealed is not None:
        sealed = key.unseal(first.state_sealed, table="conversations", row=first.conversation_id, column="state")
        state = STATE.validate_json(sealed)
    state = replace(state, agreement=_agreement(key, first), word=(first.word_digest or b"").hex())
    value = key.unseal(first.phone_sealed, table="people", row=first.person_id, column="phone").decode()
    return Claimed(
        conversation_id=first.conversation_id,
        person_id=first.person_id,
        version=first.version,
        last_in_seq=max(row.seq for row in rows),
        key=key,
        address=Address(channel=first.channel, value=value),
        role=Role(first.role),
        pseudonym=first.pseudonym,
        state=state,
        session=_session(first),
        handover=handover_of(first),
        pending=tuple(_pending(key, row) for row in rows),
        now=first.now,
        leased_until=first.leased_until,
    )


def _agreement(key: OwnerKey, row: Row[Any]) -> Agreement | None:
    if row.contact_id is None:
        return None
    return open_agreement(key, contact_id=row.contact_id, sealed=row.contact_sealed, confirmed=row.contact_confirmed)


def _session(row: Row[Any]) -> Session | None:
    if row.session_id is None:
        return None
    return Session(
        id=row.session_id,
        opened_at=row.opened_at,
        last_at=row.last_at,
        municipality=row.municipality,
        zone=row.zone,
        topics=tuple(row.topics),
        alert=Alert(row.alert),
        outcome=row.outcome,
        turns=row.turns,
    )


def _pending(key: OwnerKey, row: Row[Any]) -> Pending:
    body = key.unseal(row.body_sealed, table="inbox", row=row.inbox_id, column="body")
    return Pending(id=row.inbox_id, seq=row.seq, attempts=row.attempts, entry=entry_from(row.kind, body))
