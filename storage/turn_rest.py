"""What few turns leave besides: a human who is asked for, a reminder, a permission, a file to fetch, an erasure."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from uuid import UUID

from sqlalchemy import ARRAY, Uuid, bindparam, text
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.dialogue.effects import Remind, RequestHuman
from bot.dialogue.state import State
from bot.messages import PersonMessage
from bot.takeover import Handover
from storage.claims import Claimed
from storage.closings import save_closing
from storage.consents import note_consents, note_helped
from storage.contacts import keep_agreement
from storage.handovers import ring
from storage.ids import new_id
from storage.statements import statement
from storage.transcript import seal_past
from storage.words import keep_word
from storage.written import Written


def has_rest(claimed: Claimed, written: Written) -> bool:
    has_media = any(isinstance(p.entry, PersonMessage) and p.entry.media for p in claimed.pending)
    is_rare = written.requests or written.reminders or written.forget or written.speaks_as or claimed.put_off
    is_noted = written.consents or written.helped or written.seals or any(out.reopens for out in written.replies)
    is_handed = written.closed or written.tells or _owner(written.handover) != _owner(claimed.handover)
    return bool(
        is_rare or is_noted or is_handed or has_media or _of_the_person(claimed.state) != _of_the_person(written.state)
    )


async def write_rest(tx: AsyncConnection, claimed: Claimed, written: Written, letter_ids: Sequence[UUID]) -> None:
    """Write it, in the transaction of the turn itself."""
    where = claimed.conversation_id
    for request in written.requests:
        await request_human(tx, where, request)
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
    await _let_reopen(tx, written, letter_ids)
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


async def request_human(tx: AsyncConnection, where: UUID, request: RequestHuman) -> None:
    await tx.execute(
        statement("request_human"),
        {"id": new_id(), "conversation_id": where, "reason": request.reason, "alert": int(request.alert)},
    )


async def _let_reopen(tx: AsyncConnection, written: Written, letter_ids: Sequence[UUID]) -> None:
    """Mark the templates: behind a closed window the statement of the turn has leased none of them yet."""
    ids = [letter_id for letter_id, out in zip(letter_ids, written.replies, strict=True) if out.reopens]
    if ids:
        await tx.execute(text("UPDATE outbox SET reopens = true WHERE id = ANY(:ids)"), {"ids": ids})


async def _hand(tx: AsyncConnection, claimed: Claimed, written: Written) -> None:
    """Whom it rang for, and what was noted if it ended; in whose hands it is now, the turn's statement has written."""
    if written.handover is None:
        return
    await ring(tx, written.handover, written.tells)
    if written.closed is not None:
        await save_closing(tx, claimed.key, written.closed, handover=written.handover, session=written.session)


def _owner(handover: Handover | None) -> UUID | None:
    return handover.owner if handover is not None else None


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
