"""A turn becomes rows: one commit, or nothing happened."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.dialogue.effects import RequestHuman, SpeakAs
from bot.dialogue.state import Mode
from bot.messages import Alert
from bot.sessions import Session
from bot.takeover import load_times
from storage.claims import Claimed
from storage.codec import REPLY, STATE, UNDERSTANDING
from storage.database import Database
from storage.handovers import check_hands, handover_params
from storage.ids import new_id
from storage.statements import statement
from storage.turn_rest import has_rest, request_human, write_rest
from storage.written import LETTER_LEASE, Committed, OutgoingReply, Written


async def commit(
    database: Database, claimed: Claimed, written: Written, *, can_send: bool, lease: UUID
) -> Committed | None:
    """Write a turn, all or nothing; None if another worker's turn was first.

    A turn in which she begins to speak in another role is written into that role's conversation, where her message
    goes too. If a human speaks there, only the message goes, and is answered there. Raises ``HandsFull`` if the new
    owner of a handover holds too much by now.
    """
    letter_ids = [new_id() for _ in written.replies]
    if not has_rest(claimed, written):
        params = _params(claimed, written, letter_ids, can_send=can_send, lease=lease)
        row = next(iter(await database.run(statement("commit"), params)), None)
    else:
        async with database.transaction() as tx:
            if written.speaks_as is not None:
                moved, is_human = await _speak_as(tx, claimed, written.speaks_as)
                if moved is None or is_human:
                    return None if moved is None else _only_moved(claimed)
                claimed = moved
            if written.handover is not None:
                await check_hands(tx, written.handover, before=claimed.handover)
            params = _params(claimed, written, letter_ids, can_send=can_send, lease=lease)
            row = (await tx.execute(statement("commit"), params)).one_or_none()
            if row is not None:
                await write_rest(tx, claimed, written, letter_ids)
    if row is None:
        return None
    return Committed(
        letter_id=letter_ids[0] if row.goes_now else None,
        letter_created_at=claimed.now,
        letters_wait=bool(letter_ids) and not row.goes_now,  # if it goes, what is behind it is looked for after it
    )


async def _speak_as(tx: AsyncConnection, claimed: Claimed, wanted: SpeakAs) -> tuple[Claimed | None, bool]:
    """Leave this conversation for the other role's, with what she wrote; and whether a human speaks there.

    None if another worker's turn was first.
    """
    where = claimed.conversation_id
    locked = await tx.execute(
        # In one order, so that two turns never wait for each other; what came meanwhile is seen by what follows.
        text(
            "SELECT id, version FROM conversations WHERE person_id = :person_id AND channel = :channel"
            " ORDER BY id FOR UPDATE"
        ),
        {"person_id": claimed.person_id, "channel": claimed.address.channel},
    )
    if (where, claimed.version) not in {(row.id, row.version) for row in locked}:
        return None, False
    if wanted.left_alert >= Alert.URGENT:
        await request_human(tx, where, RequestHuman(reason="left_while_urgent", alert=wanted.left_alert))
    taken_ids = [pending.id for pending in claimed.pending]
    entered = await tx.execute(
        statement("enter"),
        {"conversation_id": where, "new_conversation_id": new_id(), "role": wanted.role, "taken_ids": taken_ids},
    )
    there = entered.one()
    await tx.execute(statement("leave"), {"conversation_id": where})
    moved = replace(
        claimed,
        conversation_id=there.id,
        version=there.version,
        role=wanted.role,
        last_in_seq=there.before + len(taken_ids),
    )
    return moved, there.mode == Mode.HUMAN


def _only_moved(claimed: Claimed) -> Committed:
    return Committed(letter_id=None, letter_created_at=claimed.now, letters_wait=False)


def _params(
    claimed: Claimed, written: Written, letter_ids: Sequence[UUID], *, can_send: bool, lease: UUID
) -> dict[str, Any]:
    key, state, session = claimed.key, written.state, written.session
    where = claimed.conversation_id
    of_here = replace(state, agreement=None, word="")  # those are the person's, in tables of their own
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
        "state": key.seal(STATE.dump_json(of_here), table="conversations", row=where, column="state"),
        "mode": state.mode,
        "phone_state": state.phone,
        "locks": written.locks,
        "author": written.author,
        "withdraws": written.withdraws,
        "letters": len(letter_ids),
        "letter_ids": list(letter_ids),
        "bodies": [
            key.seal(REPLY.dump_json(out.reply), table="outbox", row=letter_id, column="body")
            for letter_id, out in zip(letter_ids, written.replies, strict=True)
        ],
        "partings": [out.parting for out in written.replies],
        "lives": [_life(out, claimed.now) for out in written.replies],
        "lease": lease,
        "lease_time": LETTER_LEASE,
        "can_send": can_send,
        "pseudonym": claimed.pseudonym,
        "role": claimed.role,
        "from_person": written.by_person,
        **_session_params(session),
        **handover_params(
            written.handover, before=claimed.handover, zone=session.zone if session else None, rings=bool(written.tells)
        ),
    }


def _session_params(session: Session | None) -> dict[str, Any]:
    return {
        "counts": session is not None,
        "session_id": session.id if session else None,
        "municipality": session.municipality if session else None,
        "zone": session.zone if session else None,
        "topics": list(session.topics) if session else [],
        "alert": int(session.alert) if session else 0,
        "outcome": session.outcome if session else None,
        "turns": session.turns if session else 0,
    }


def _life(out: OutgoingReply, now: datetime) -> timedelta:
    if out.parting:
        return load_times().parting_life
    life = load_times().letter_life
    return life if out.until is None else min(life, max(out.until - now, timedelta()))
