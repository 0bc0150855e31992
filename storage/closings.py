"""How conversations with a psychologist ended: rows of closed lists, and one note that is sealed under her key."""

from __future__ import annotations

from uuid import UUID

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.messages import StaffAction
from bot.sessions import Session
from bot.takeover import Handover
from storage.database import Database
from storage.ids import new_id
from storage.keys import KeyRing, OwnerKey

_ADD = """
INSERT INTO closings (id, handover_id, conversation_id, session_id, staff_id, outcome, psychiatry_on, note_sealed, at)
VALUES (:id, :handover, :conversation, :session, :staff, :outcome, :psychiatry_on, :note, now())
"""
_OFFER = "INSERT INTO offers (id, closing_id, institution, answer) VALUES (:id, :closing, :institution, :answer)"
_COMPLETE = "UPDATE sessions SET violence = :violence, traits = :traits WHERE id = :id"
_NOTE = """
SELECT n.id, n.note_sealed, k.id AS key_id, k.owner_id, k.wrapped
FROM closings n JOIN conversations c ON c.id = n.conversation_id JOIN keys.owner_keys k ON k.owner_id = c.person_id
WHERE n.handover_id = :handover AND n.note_sealed IS NOT NULL
"""


async def save_closing(
    tx: AsyncConnection, key: OwnerKey, closed: StaffAction, *, handover: Handover, session: Session | None
) -> None:
    """Write what was noted at the end, in the commit of the turn that ends it; the session's row is completed."""
    closing, row = closed.closing, new_id()
    if closing is None:
        return
    note = key.seal(closing.note.encode(), table="closings", row=row, column="note") if closing.note else None
    await tx.execute(
        text(_ADD),
        {
            "id": row,
            "handover": handover.id,
            "conversation": closed.conversation_id,
            "session": session.id if session else None,
            "staff": closed.staff_id,
            "outcome": closing.outcome,
            "psychiatry_on": closing.psychiatry_on,
            "note": note,
        },
    )
    for offer in closing.offers:
        await tx.execute(
            text(_OFFER),
            {"id": new_id(), "closing": row, "institution": offer.institution, "answer": offer.answer},
        )
    if session is not None:
        told = {"violence": closing.violence, "traits": list(closing.traits), "id": session.id}
        await tx.execute(text(_COMPLETE), told)


async def note_of(database: Database, ring: KeyRing, handover_id: UUID) -> str:
    """What was noted by hand when this handover ended; empty if nothing was, or if she was forgotten."""
    for row in await database.run(text(_NOTE), {"handover": handover_id}):
        key = ring.unwrap(key_id=row.key_id, owner_id=row.owner_id, wrapped=row.wrapped)
        return key.unseal(row.note_sealed, table="closings", row=row.id, column="note").decode()
    return ""
