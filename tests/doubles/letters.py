"""A letter put straight into the outbox, as staff or a timer would: to see what is let through."""

from __future__ import annotations

from sqlalchemy import text

from bot.messages import Reply
from storage.codec import REPLY
from storage.ids import new_id
from tests.doubles.rig import Rig


async def queue_letter(rig: Rig, words: str, *, life: str = "30 days") -> None:
    """Queue words for every conversation of this database, behind what waits there."""
    rows = await rig.rows(
        "SELECT c.id, k.id AS key_id, k.owner_id, k.wrapped FROM conversations c"
        " JOIN keys.owner_keys k ON k.owner_id = c.person_id"
    )
    for row in rows:
        key = rig.ring.unwrap(key_id=row.key_id, owner_id=row.owner_id, wrapped=row.wrapped)
        letter = new_id()
        await rig.database.run(
            text(
                "WITH moved AS (UPDATE conversations SET last_out_seq = last_out_seq + 1 WHERE id = :conversation"
                " RETURNING last_out_seq)"
                " INSERT INTO outbox (id, conversation_id, seq, turn_id, body_sealed, author, parting, status,"
                " attempts, failure_noted, created_at, next_try_at, expires_at)"
                " SELECT :id, :conversation, last_out_seq, :id, :body, 'staff', false, 'queued', 0, false,"
                " now(), now(), now() + CAST(:life AS text)::interval FROM moved"
            ),
            {
                "conversation": row.id,
                "id": letter,
                "life": life,
                "body": key.seal(REPLY.dump_json(Reply(text=words)), table="outbox", row=letter, column="body"),
            },
        )
