"""A turn at the database: what is claimed, and what one commit writes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import groupby
from typing import Any
from uuid import UUID

from sqlalchemy import Row, text
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.dialogue.effects import CancelReminder, Forget, Remind, RequestHuman
from bot.dialogue.state import State
from bot.messages import Address, Alert, Entry, PersonMessage, Reply, Understanding
from bot.sessions import Session
from storage.codec import REPLY, STATE, UNDERSTANDING, entry_from
from storage.database import Database
from storage.ids import new_id
from storage.keys import KeyRing, OwnerKey
from storage.statements import statement

#: How long a worker may hold a conversation before another may take it.
TURN_LEASE = timedelta(seconds=10)
#: How long a sender may hold a letter; the sending itself is given up before.
LETTER_LEASE = timedelta(seconds=15)
#: Words older than this answer a moment that has passed.
LETTER_LIFE = timedelta(hours=12)
#: The last words before the phone is locked go now or never: a minute later he may hold it.
PARTING_LIFE = timedelta(seconds=60)


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
    role: str
    pseudonym: bytes
    state: State
    session: Session | None
    pending: tuple[Pending, ...]
    now: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class OutgoingReply:
    """One reply that the turn says; ``parting`` is the last before a lock."""

    reply: Reply
    parting: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Written:
    """What a turn leaves in the database. ``ending`` is reply, human or a silence's name."""

    state: State
    session: Session
    ending: str
    by_person: bool
    failed: bool = False
    replies: tuple[OutgoingReply, ...] = ()
    understandings: tuple[Understanding | None, ...] = ()
    requests: tuple[RequestHuman, ...] = ()
    reminders: tuple[Remind | CancelReminder, ...] = ()
    forget: Forget | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Committed:
    """What to do next: the letter that this process holds already, and whether more waits."""

    letter_id: UUID | None
    letter_created_at: datetime
    has_more: bool


async def claim(database: Database, ring: KeyRing, *, limit: int) -> list[Claimed]:
    """Hold up to ``limit`` ready conversations, each with its pending entries in order."""
    rows = await database.run(statement("claim"), {"limit": limit, "lease_time": TURN_LEASE})
    claimed = []
    for _, group in groupby(rows, key=lambda row: row.conversation_id):
        entries = list(group)
        if entries[0].key_id is None or entries[0].inbox_id is None:
            await _put_down(database, entries[0])
        else:
            claimed.append(_claimed(ring, entries))
    return claimed


async def commit(
    database: Database, claimed: Claimed, written: Written, *, can_send: bool, lease: UUID
) -> Committed | None:
    """Write a turn, all or nothing; None if another worker's turn was first."""
    letter_ids = [new_id() for _ in written.replies]
    params = _params(claimed, written, letter_ids, can_send=can_send, lease=lease)
    if not _has_more_to_write(claimed, written):
        row = next(iter(await database.run(statement("commit"), params)), None)
    else:
        async with database.transaction() as tx:
            row = (await tx.execute(statement("commit"), params)).one_or_none()
            if row is not None:
                await _write_rest(tx, claimed, written)
    if row is None:
        return None
    return Committed(
        letter_id=letter_ids[0] if row.goes_now else None,
        letter_created_at=claimed.now,
        has_more=row.ready_at is not None or len(letter_ids) > 1 or (bool(letter_ids) and not row.goes_now),
    )


async def put_back(database: Database, conversation_id: UUID, *, after: timedelta) -> None:
    """Let go of a conversation whose turn failed; it is taken again after a while."""
    await database.run(
        text("UPDATE conversations SET leased_until = NULL, ready_at = now() + :after WHERE id = :id"),
        {"id": conversation_id, "after": after},
    )


async def _put_down(database: Database, row: Row[Any]) -> None:
    """Nothing to do after all: a repeat left a gap in the order, or the person was forgotten."""
    await database.run(
        text(
            "UPDATE conversations SET leased_until = NULL, ready_at = NULL"
            " WHERE id = :id AND last_in_seq = :seen AND ready_at = leased_until"
        ),
        {"id": row.conversation_id, "seen": row.last_in_seq},
    )


def _claimed(ring: KeyRing, rows: Sequence[Row[Any]]) -> Claimed:
    first = rows[0]
    key = ring.unwrap(key_id=first.key_id, owner_id=first.person_id, wrapped=first.wrapped)
    state = State()
    if first.state_sealed is not None:
        sealed = key.unseal(first.state_sealed, table="conversations", row=first.conversation_id, column="state")
        state = STATE.validate_json(sealed)
    value = key.unseal(first.phone_sealed, table="people", row=first.person_id, column="phone").decode()
    return Claimed(
        conversation_id=first.conversation_id,
        person_id=first.person_id,
        version=first.version,
        last_in_seq=max(row.seq for row in rows),
        key=key,
        address=Address(channel=first.channel, value=value),
        role=first.role,
        pseudonym=first.pseudonym,
        state=state,
        session=_session(first),
        pending=tuple(_pending(key, row) for row in rows),
        now=first.now,
    )


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


def _params(
    claimed: Claimed, written: Written, letter_ids: Sequence[UUID], *, can_send: bool, lease: UUID
) -> dict[str, Any]:
    key, state, session = claimed.key, written.state, written.session
    where = claimed.conversation_id
    return {
        "conversation_id": where,
        "version": claimed.version,
        "taken_seq": claimed.last_in_seq,
        "taken_ids": [pending.id for pending in claimed.pending],
        "understandings": [
            None
            if meant is None
            else key.seal(UNDERSTANDING.dump_json(meant), table="inbox", row=pending.id, column="understanding")
            for pending, meant in zip(claimed.pending, written.understandings, strict=True)
        ],
        "turn_id": new_id(),
        "ending": written.ending,
        "failed": written.failed,
        "state": key.seal(STATE.dump_json(state), table="conversations", row=where, column="state"),
        "mode": state.mode,
        "phone_state": state.phone,
        "locks": state.phone.is_locked,
        "letters": len(letter_ids),
        "letter_ids": list(letter_ids),
        "bodies": [
            key.seal(REPLY.dump_json(out.reply), table="outbox", row=letter_id, column="body")
            for letter_id, out in zip(letter_ids, written.replies, strict=True)
        ],
        "partings": [out.parting for out in written.replies],
        "parting_life": PARTING_LIFE,
        "life": LETTER_LIFE,
        "lease": lease,
        "lease_time": LETTER_LEASE,
        "can_send": can_send,
        "session_id": session.id,
        "pseudonym": claimed.pseudonym,
        "role": claimed.role,
        "municipality": session.municipality,
        "zone": session.zone,
        "topics": list(session.topics),
        "alert": int(session.alert),
        "outcome": session.outcome,
        "turns": session.turns,
        "from_person": written.by_person,
    }


def _has_more_to_write(claimed: Claimed, written: Written) -> bool:
    has_media = any(isinstance(p.entry, PersonMessage) and p.entry.media for p in claimed.pending)
    return bool(written.requests or written.reminders or written.forget or has_media)


async def _write_rest(tx: AsyncConnection, claimed: Claimed, written: Written) -> None:
    """What few turns need: a human, a reminder, an attachment to fetch, an erasure."""
    where = claimed.conversation_id
    for request in written.requests:
        await tx.execute(
            statement("request_human"),
            {"id": new_id(), "conversation_id": where, "reason": request.reason, "alert": int(request.alert)},
        )
    for reminder in written.reminders:
        if isinstance(reminder, Remind):
            await tx.execute(
                statement("remind"),
                {"id": new_id(), "conversation_id": where, "name": reminder.name, "after": reminder.after},
            )
        else:
            await tx.execute(statement("cancel_reminder"), {"conversation_id": where, "name": reminder.name})
    for pending in claimed.pending:
        if isinstance(pending.entry, PersonMessage) and pending.entry.source == "twilio":
            for item in pending.entry.media:
                row = new_id()
                url = claimed.key.seal(item.url.encode(), table="media", row=row, column="url")
                await tx.execute(
                    statement("want_media"),
                    {
                        "id": row,
                        "conversation_id": where,
                        "inbox_id": pending.id,
                        "content_type": item.content_type,
                        "url": url,
                    },
                )
    if written.forget is not None:
        await tx.execute(
            text("UPDATE people SET forget_at = now() + :after WHERE id = :id"),
            {"after": written.forget.after, "id": claimed.person_id},
        )
