"""A turn becomes rows: one commit, or nothing happened."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import ARRAY, Uuid, bindparam, text
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.dialogue.effects import CancelReminder, Forget, NoteConsent, Remind, RequestHuman, SpeakAs
from bot.dialogue.state import Mode, State
from bot.messages import Alert, PersonMessage, Reply, StaffAction, Understanding
from bot.sessions import Session
from bot.takeover import Handover, Tell, load_times
from storage.claims import Claimed
from storage.closings import save_closing
from storage.codec import REPLY, STATE, UNDERSTANDING
from storage.consents import note_consents, note_helped
from storage.contacts import keep_agreement
from storage.database import Database
from storage.handovers import save_handover
from storage.ids import new_id
from storage.statements import statement
from storage.transcript import seal_past
from storage.words import keep_word

#: How long a sender may hold a letter; the sending itself is given up before.
LETTER_LEASE = timedelta(seconds=15)


@dataclass(frozen=True, slots=True, kw_only=True)
class OutgoingReply:
    """One reply that the turn says; ``parting`` is the last before a lock. After ``until`` it leaves no more.

    ``reopens``: an approved template, which the provider takes though its window is closed.
    """

    reply: Reply
    parting: bool = False
    until: datetime | None = None
    reopens: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Written:
    """What a turn leaves in the database. ``ending`` is reply, human or a silence's name.

    ``speaks_as``: all of it belongs to the person's conversation of that role, and this one is left.
    """

    state: State
    session: Session | None
    ending: str
    by_person: bool
    failed: bool = False
    locks: bool = False
    replies: tuple[OutgoingReply, ...] = ()
    understandings: tuple[Understanding | None, ...] = ()
    requests: tuple[RequestHuman, ...] = ()
    reminders: tuple[Remind | CancelReminder, ...] = ()
    forget: Forget | None = None
    seals: bool = False
    speaks_as: SpeakAs | None = None
    consents: tuple[NoteConsent, ...] = ()
    author: str = "bot"
    withdraws: bool = False
    handover: Handover | None = None
    tells: tuple[Tell, ...] = ()
    closed: StaffAction | None = None
    helped: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Committed:
    """What to do next: the letter that this process holds already, and whether others wait in the outbox."""

    letter_id: UUID | None
    letter_created_at: datetime
    letters_wait: bool


async def commit(
    database: Database, claimed: Claimed, written: Written, *, can_send: bool, lease: UUID
) -> Committed | None:
    """Write a turn, all or nothing; None if another worker's turn was first.

    A turn in which she begins to speak in another role is written into that role's conversation, where her message
    goes too. If a human speaks there, only the message goes, and is answered there.
    """
    letter_ids = [new_id() for _ in written.replies]
    if not _has_more_to_write(claimed, written):
        params = _params(claimed, written, letter_ids, can_send=can_send, lease=lease)
        row = next(iter(await database.run(statement("commit"), params)), None)
    else:
        async with database.transaction() as tx:
            if written.speaks_as is not None:
                moved, is_human = await _speak_as(tx, claimed, written.speaks_as)
                if moved is None or is_human:
                    return None if moved is None else _only_moved(claimed)
                claimed = moved
            params = _params(claimed, written, letter_ids, can_send=can_send, lease=lease)
            row = (await tx.execute(statement("commit"), params)).one_or_none()
            if row is not None:
                await _write_rest(tx, claimed, written)
                await _let_reopen(tx, written, letter_ids)
    if row is None:
        return None
    return Committed(
        letter_id=letter_ids[0] if row.goes_now else None,
        letter_created_at=claimed.now,
        letters_wait=len(letter_ids) > 1 or (bool(letter_ids) and not row.goes_now),
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
        await _request(tx, where, RequestHuman(reason="left_while_urgent", alert=wanted.left_alert))
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


def _has_more_to_write(claimed: Claimed, written: Written) -> bool:
    has_media = any(isinstance(p.entry, PersonMessage) and p.entry.media for p in claimed.pending)
    is_rare = written.requests or written.reminders or written.forget or written.speaks_as or claimed.put_off
    is_noted = written.consents or written.helped or written.seals or any(out.reopens for out in written.replies)
    is_handed = written.handover != claimed.handover or written.tells
    return bool(
        is_rare or is_noted or is_handed or has_media or _of_the_person(claimed.state) != _of_the_person(written.state)
    )


async def _let_reopen(tx: AsyncConnection, written: Written, letter_ids: Sequence[UUID]) -> None:
    """Mark the templates: behind a closed window the statement of the turn has leased none of them yet."""
    ids = [letter_id for letter_id, out in zip(letter_ids, written.replies, strict=True) if out.reopens]
    if ids:
        await tx.execute(text("UPDATE outbox SET reopens = true WHERE id = ANY(:ids)"), {"ids": ids})


async def _write_rest(tx: AsyncConnection, claimed: Claimed, written: Written) -> None:
    """What few turns need: a human, a reminder, a permission, an attachment to fetch, an erasure."""
    where = claimed.conversation_id
    for request in written.requests:
        await _request(tx, where, request)
    await _hand(tx, claimed, written)
    for reminder in written.reminders:
        if isinstance(reminder, Remind):
            await tx.execute(
                statement("remind"),
                {"id": new_id(), "conversation_id": where, "name": reminder.name, "after": reminder.after},
            )
        else:
            await tx.execute(statement("cancel_reminder"), {"conversation_id": where, "name": reminder.name})
    await note_consents(tx, where, written.consents)
    if written.helped is not None and written.session is not None:
        await note_helped(tx, written.session.id, written.helped)
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
    if claimed.put_off:
        await tx.execute(  # claimed with the others, and not tried
            text("UPDATE inbox SET attempts = attempts - 1 WHERE id = ANY(:ids)").bindparams(
                bindparam("ids", type_=ARRAY(Uuid()))
            ),
            {"ids": list(claimed.put_off)},
        )
    await _keep_of_the_person(tx, claimed, written.state)
    if written.seals:
        await seal_past(tx, claimed.person_id)
    if written.forget is not None:
        # Only an operator erases at once; her own word waits its fifteen days, and for the end of a crisis.
        await tx.execute(
            text("UPDATE people SET forget_at = now() + :after, forget_decided = :decided WHERE id = :id"),
            {
                "after": written.forget.after,
                "decided": written.forget.after <= timedelta(),
                "id": claimed.person_id,
            },
        )


async def _hand(tx: AsyncConnection, claimed: Claimed, written: Written) -> None:
    """In whose hands it is now, whom that rang for, and what was noted if it ended."""
    handover, session = written.handover, written.session
    if handover is None:
        return
    if handover != claimed.handover or written.tells:
        zone = session.zone if session else None
        before, tells = claimed.handover, written.tells
        await save_handover(tx, claimed.conversation_id, handover, before=before, tells=tells, zone=zone)
    if written.closed is not None:
        await save_closing(tx, claimed.key, written.closed, handover=handover, session=session)


def _of_the_person(state: State) -> tuple[object, ...]:
    return state.agreement, state.word, state.word_given_at


async def _keep_of_the_person(tx: AsyncConnection, claimed: Claimed, state: State) -> None:
    """What a turn changed of what holds in all of her conversations, and that she wrote her word in this one."""
    before, where = claimed.state, claimed.conversation_id
    if state.agreement != before.agreement:
        await keep_agreement(tx, claimed.key, conversation_id=where, before=before.agreement, after=state.agreement)
    if state.word != before.word:
        await keep_word(tx, person_id=claimed.person_id, digest=state.word)
    if state.word_given_at != before.word_given_at:
        await tx.execute(
            text("UPDATE conversations SET word_given_at = :at WHERE id = :id"),
            {"at": state.word_given_at, "id": where},
        )


def _life(out: OutgoingReply, now: datetime) -> timedelta:
    if out.parting:
        return load_times().parting_life
    life = load_times().letter_life
    return life if out.until is None else min(life, max(out.until - now, timedelta()))


async def _request(tx: AsyncConnection, where: UUID, request: RequestHuman) -> None:
    await tx.execute(
        statement("request_human"),
        {"id": new_id(), "conversation_id": where, "reason": request.reason, "alert": int(request.alert)},
    )
