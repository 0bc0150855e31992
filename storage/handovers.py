"""Handovers as rows: what a turn made of one, whose hands are full, and the clocks that are due."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import Row, text
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.errors import BotError
from bot.messages import Alert, ClockStruck
from bot.takeover import Busy, Handover, Hands, Stage, Tell, load_clocks, next_strike
from storage.database import Database
from storage.ids import new_id
from storage.inbox import add_entry
from storage.keys import KeyRing

_HANDS = """
SELECT count(*) FILTER (WHERE closed_at IS NULL) AS chats,
       count(*) FILTER (WHERE closed_at IS NULL AND alert = :emergency) AS emergencies,
       max(closed_at) FILTER (WHERE alert = :emergency) AS emergency_closed_at
FROM handovers
WHERE owner = :staff
"""
_DUE = """
SELECT h.id, h.conversation_id, h.next_strike_at
FROM handovers h JOIN conversations c ON c.id = h.conversation_id
WHERE h.closed_at IS NULL AND h.next_strike_at <= now()
ORDER BY h.next_strike_at
LIMIT 100
FOR UPDATE OF h, c SKIP LOCKED
"""
_HANDED = (
    "handover_id", "reason", "handover_alert", "stage", "hold_lease", "owner", "reserved_for", "handover_zone",
    "raised", "busy", "struck", "since", "wrote_at", "unanswered_since", "acted_at", "lost_at", "busy_until",
    "next_strike_at", "first_reply_at", "lifted_until",
)  # fmt: skip


class HandsFull(BotError):
    """Two claims of one person met; the turn is taken again and the second is refused."""


def handover_params(
    handover: Handover | None, *, before: Handover | None, zone: str | None, rings: bool
) -> dict[str, Any]:
    """The handover as parameters of ``sql/commit.sql``; ``hands`` says whether there is anything to write.

    ``zone`` is the session's, for a handover that has none of its own. ``rings``: somebody is told, which needs a row.
    """
    if handover is None or (handover == before and not rings):
        return {"hands": False, **dict.fromkeys(_HANDED)}
    return {
        "hands": True,
        "handover_id": handover.id,
        "reason": handover.reason,
        "handover_alert": int(handover.alert),
        "stage": handover.stage,
        "hold_lease": handover.lease,
        # A closed one still says who closed it: her rest after an emergency counts from it.
        "owner": handover.owner if handover.stage is not Stage.CLOSED or before is None else before.owner,
        "reserved_for": handover.reserved_for,
        "handover_zone": handover.zone or zone,
        "raised": handover.raised,
        "busy": handover.busy,
        "struck": sorted(handover.struck),
        "since": handover.since,
        "wrote_at": handover.wrote_at,
        "unanswered_since": handover.unanswered_since,
        "acted_at": handover.acted_at,
        "lost_at": handover.lost_at,
        "busy_until": handover.busy_until,
        "next_strike_at": next_strike(load_clocks(), handover),
        "first_reply_at": handover.first_reply_at,
        "lifted_until": handover.lifted_until,
    }


async def check_hands(tx: AsyncConnection, handover: Handover, *, before: Handover | None) -> None:
    """Make sure that a new owner's hands are free, until the end of the transaction; raises ``HandsFull``."""
    if handover.owner is not None and (before is None or before.owner != handover.owner):
        await _take_into_hands(tx, handover, handover.owner)


async def ring(tx: AsyncConnection, handover: Handover, tells: Sequence[Tell]) -> None:
    """Write down whom a turn rang for."""
    for tell in tells:
        await tx.execute(
            text(
                "INSERT INTO alarms (id, handover_id, what, whom, rung_at) VALUES (:id, :handover, :what, :whom, now())"
            ),
            {"id": new_id(), "handover": handover.id, "what": tell.what, "whom": tell.whom},
        )


def handover_of(row: Row[Any]) -> Handover | None:
    """The open handover in a row of ``claim.sql``, if there is one."""
    if row.handover_id is None:
        return None
    return Handover(
        id=row.handover_id,
        reason=row.reason,
        alert=Alert(row.handover_alert),
        since=row.since,
        stage=Stage(row.stage),
        lease=row.lease,
        owner=row.owner,
        reserved_for=row.reserved_for,
        zone=row.handover_zone,
        wrote_at=row.wrote_at,
        unanswered_since=row.unanswered_since,
        acted_at=row.acted_at,
        lost_at=row.lost_at,
        busy=Busy(row.busy) if row.busy else None,
        busy_until=row.busy_until,
        first_reply_at=row.first_reply_at,
        lifted_until=row.lifted_until,
        raised=row.raised,
        struck=frozenset(row.struck),
    )


async def hands_of(database: Database, staff_id: UUID) -> Hands:
    """What somebody of the team holds now, and since when she rests."""
    rows = await database.run(text(_HANDS), {"staff": staff_id, "emergency": int(Alert.EMERGENCY)})
    return _hands(next(iter(rows)))


async def note_sign_of_life(database: Database, *, handover_id: UUID, staff_id: UUID, lease: int) -> None:
    """The owner did something in her console; a stale page changes nothing."""
    await database.run(
        text(
            "UPDATE handovers SET acted_at = now(), lost_at = NULL"
            " WHERE id = :id AND owner = :staff AND lease = :lease AND closed_at IS NULL"
        ),
        {"id": handover_id, "staff": staff_id, "lease": lease},
    )


async def note_presence(database: Database, *, staff_id: UUID, is_there: bool) -> None:
    """All consoles of a member of staff are gone, or one is back."""
    lost = "lost_at = NULL" if is_there else "lost_at = coalesce(lost_at, now()), next_strike_at = now()"
    await database.run(
        text(f"UPDATE handovers SET {lost} WHERE owner = :staff AND closed_at IS NULL"),  # noqa: S608 - two constants
        {"staff": staff_id},
    )


async def strike_due(database: Database, ring: KeyRing) -> int:
    """Put due clocks into their conversations' inboxes, once each; how many there were."""
    async with database.transaction() as tx:
        due = (await tx.execute(text(_DUE))).all()
        for row in due:
            moment = row.next_strike_at.isoformat()
            struck = ClockStruck(external_id=f"clock:{row.id}:{moment}", conversation_id=row.conversation_id)
            await add_entry(tx, ring, struck)
            # The turn says when the next one is due; should it never be taken, this one strikes again.
            await tx.execute(
                text("UPDATE handovers SET next_strike_at = now() + interval '30 seconds' WHERE id = :id"),
                {"id": row.id},
            )
    return len(due)


async def _take_into_hands(tx: AsyncConnection, handover: Handover, owner: UUID) -> None:
    """One claim of a person at a time: two tabs must not fill her hands twice."""
    await tx.execute(text("SELECT pg_advisory_xact_lock(hashtextextended(:owner, 0))"), {"owner": str(owner)})
    rows = await tx.execute(text(_HANDS), {"staff": owner, "emergency": int(Alert.EMERGENCY)})
    hands, clocks = _hands(rows.one()), load_clocks()
    is_emergency = handover.alert == Alert.EMERGENCY
    if hands.chats >= clocks.most_chats or (is_emergency and hands.emergencies >= clocks.most_emergencies):
        raise HandsFull


def _hands(row: Row[Any]) -> Hands:
    return Hands(chats=row.chats, emergencies=row.emergencies, emergency_closed_at=row.emergency_closed_at)
