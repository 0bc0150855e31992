"""The one outbox: the head of each conversation's queue is held, sent, and marked; in order."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import Row, case, func, or_, select, text, update

from bot.messages import Address, DeliveryFailed, DeliveryReport, Letter
from bot.outcomes import Does, drops, outcome_of
from storage.codec import REPLY
from storage.database import Database, Params
from storage.inbox import add_entry
from storage.keys import KeyRing
from storage.statements import statement
from storage.tables.conversations import conversations, outbox
from storage.unreported import ASK_AFTER
from storage.written import LETTER_LEASE

#: How long a letter that was dropped for speed waits before it goes again, twice as long each time; how often; and how
#: old it may be, since after half an hour nobody knows who holds the phone (as for words that came late).
AGAIN_AFTER, AGAIN_AT_MOST, AGAIN_WITHIN = timedelta(seconds=15), 3, timedelta(minutes=30)
#: Longer than that the record of what was dropped need not lie at the provider.
_KEEP_DROPPED = timedelta(hours=1)
#: The provider says that its window was shut already; what she wrote after the letter has opened it again.
_SHUT_WINDOW = """
UPDATE conversations c SET window_until = least(c.window_until, now())
FROM outbox o
WHERE o.id = :id AND c.id = o.conversation_id AND (c.heard_at IS NULL OR c.heard_at <= o.created_at)
"""

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class HeldLetter:
    """A letter leased to this process.

    ``in_doubt``: an earlier holder may have sent it, or did and it was dropped; ``known`` are then the
    provider's ids of the conversation's letters.
    """

    letter: Letter
    conversation_id: UUID
    attempts: int
    in_doubt: bool
    known: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True, kw_only=True)
class RefusedLetter:
    """A letter that may not go: ``phone_locked``, ``forgotten``, ``too_late`` or ``window_closed``."""

    outbox_id: UUID
    conversation_id: UUID
    reason: str


async def hold_letters(
    database: Database, ring: KeyRing, *, channels: Sequence[str], lease: UUID, limit: int, only: UUID | None = None
) -> tuple[list[HeldLetter], list[RefusedLetter]]:
    """Lease up to ``limit`` due heads of queues; what may not go is withdrawn and told."""
    rows = await database.run(
        statement("letters"),
        {"channels": list(channels), "lease": lease, "lease_time": LETTER_LEASE, "limit": limit, "only": only},
    )
    held, refused = [], []
    for row in rows:
        if row.refusal is not None:
            refused.append(RefusedLetter(outbox_id=row.id, conversation_id=row.conversation_id, reason=row.refusal))
            continue
        try:
            letter = _letter(ring, row)
        except Exception as error:  # noqa: BLE001 - one that does not open must not hold up the others
            log.error("letter %s does not open: %s", row.id, type(error).__name__)  # noqa: TRY400
            continue
        held.append(
            HeldLetter(
                letter=letter,
                conversation_id=row.conversation_id,
                attempts=row.attempts,
                in_doubt=row.was == "leased" or row.dropped is not None,
                known=frozenset(row.known or ()),
            )
        )
    return held, refused


async def mark_sent(database: Database, outbox_id: UUID, provider_id: str) -> bool:
    """The provider has it; whether another letter of the same conversation waited for that."""
    given = {"id": outbox_id, "provider_id": provider_id, "ask_after": ASK_AFTER}
    return any(row.more_wait for row in await database.run(statement("sent"), given))


async def try_later(database: Database, outbox_id: UUID, *, lease: UUID, code: str) -> None:
    """Give a letter back; it keeps its place, and what is behind it waits."""
    await database.run(
        text(
            "UPDATE outbox SET status = 'queued', code = :code, lease = NULL, lease_until = NULL"
            " WHERE id = :id AND lease = :lease AND status = 'leased'"
        ),
        {"id": outbox_id, "lease": lease, "code": code},
    )


async def leave_in_doubt(database: Database, outbox_id: UUID, *, lease: UUID, code: str, after: timedelta) -> None:
    """The provider may have it: it stays leased for a while, and whoever takes it then asks first."""
    await database.run(
        text(
            "UPDATE outbox SET code = :code, lease_until = now() + :after"
            " WHERE id = :id AND lease = :lease AND status = 'leased'"
        ),
        {"id": outbox_id, "lease": lease, "code": code, "after": after},
    )


async def give_up(database: Database, outbox_id: UUID, *, code: str) -> None:
    """A letter that will never go."""
    await database.run(
        update(outbox)
        .where(outbox.c.id == outbox_id, outbox.c.status.in_(("queued", "leased")))
        .values(status="failed", code=code, lease=None, lease_until=None)
    )


async def note_reports(database: Database, reports: Sequence[DeliveryReport]) -> frozenset[str]:
    """Move letters forward, never back; a letter that is not ours is ignored. Gives the codes of those that failed.

    One that was dropped for speed is queued again, where that is safe; else it has failed like any other.
    """
    params: Params = {
        "ids": [report.outbox_id for report in reports],
        "statuses": [str(report.status) for report in reports],
        "provider_ids": [report.provider_id or None for report in reports],
        "codes": [report.code for report in reports],
        "drops": [drops(report.code) for report in reports],
        "ask_after": ASK_AFTER,
    }
    if not any(drops(report.code) for report in reports):
        rows = await database.run(statement("report"), params)
    else:
        async with database.transaction() as tx:
            rows = (await tx.execute(statement("report"), params)).all()
            dropped = [row.id for row in rows if row.status == "failed" and drops(row.code)]
            await tx.execute(
                statement("again"),
                {
                    "ids": dropped,
                    "wait": AGAIN_AFTER,
                    "most": AGAIN_AT_MOST,
                    "fresh": AGAIN_WITHIN,
                    "keep": _KEEP_DROPPED,
                },
            )
    return frozenset(row.code for row in rows if row.status == "failed" and row.code)


async def expire(database: Database) -> None:
    """Withdraw what is too old to be said, also where no process serves its channel."""
    await database.run(
        update(outbox)
        .where(outbox.c.status == "queued", outbox.c.expires_at <= func.now())
        .values(status="withdrawn", code=case((outbox.c.parting, "phone_locked"), else_="too_late"))
    )


async def note_failures(database: Database, ring: KeyRing) -> int:
    """Tell each conversation of letters that will never arrive, once; how many there were.

    The status of a letter is written first and this finds it, so a kill between loses nothing.
    """
    async with database.transaction() as tx:
        rows = await tx.execute(
            select(outbox.c.id, outbox.c.conversation_id, outbox.c.code)
            .join(conversations, conversations.c.id == outbox.c.conversation_id)
            .where(
                ~outbox.c.failure_noted,
                or_(outbox.c.status == "failed", outbox.c.code.in_(("too_late", "window_closed"))),
            )
            .order_by(outbox.c.created_at)
            .limit(100)
            # Both or neither: an erasure holds the conversation first and the letters after it.
            .with_for_update(skip_locked=True, of=(outbox, conversations))
        )
        failures = rows.all()
        for row in failures:
            failed = DeliveryFailed(
                external_id=f"delivery:{row.id}", conversation_id=row.conversation_id, code=row.code or "unknown"
            )
            await add_entry(tx, ring, failed)
            if outcome_of(row.code).does is Does.CLOSE:
                await tx.execute(text(_SHUT_WINDOW), {"id": row.id})
            await tx.execute(update(outbox).where(outbox.c.id == row.id).values(failure_noted=True))
    return len(failures)


def _letter(ring: KeyRing, row: Row[Any]) -> Letter:
    key = ring.unwrap(key_id=row.key_id, owner_id=row.person_id, wrapped=row.wrapped)
    phone = key.unseal(row.phone_sealed, table="people", row=row.person_id, column="phone").decode()
    body = key.unseal(row.body_sealed, table="outbox", row=row.id, column="body")
    return Letter(
        outbox_id=row.id,
        address=Address(channel=row.channel, value=phone),
        reply=REPLY.validate_json(body),
        created_at=row.created_at,
        dropped=row.dropped,
    )
