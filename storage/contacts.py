"""What she agreed about being contacted, one for a person: sealed under her key, ended when it no longer counts."""

from __future__ import annotations

from dataclasses import replace
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.dialogue.agreement import Agreement
from storage.codec import AGREEMENT
from storage.database import Database
from storage.ids import new_id
from storage.keys import KeyRing, OwnerKey

_OPEN = """
SELECT t.id, t.sealed, t.confirmed, k.id AS key_id, k.wrapped
FROM contacts t JOIN keys.owner_keys k ON k.owner_id = t.person_id
WHERE t.person_id = :id AND t.ended_at IS NULL AND t.expires_at > now()
"""
_END = "UPDATE contacts SET sealed = NULL, ended_at = now() WHERE person_id = :id AND ended_at IS NULL"
_ADD = """
INSERT INTO contacts (id, person_id, conversation_id, sealed, confirmed, agreed_at, expires_at)
VALUES (:id, :person_id, :conversation_id, :sealed, :confirmed, :agreed_at, :expires_at)
"""


async def read_agreement(database: Database, ring: KeyRing, *, person_id: UUID) -> Agreement | None:
    """What counts now, for the team to read; None if nothing is agreed, or no more."""
    rows = await database.run(text(_OPEN), {"id": person_id})
    if not rows:
        return None
    row = rows[0]
    key = ring.unwrap(key_id=row.key_id, owner_id=person_id, wrapped=row.wrapped)
    return open_agreement(key, contact_id=row.id, sealed=row.sealed, confirmed=row.confirmed)


def open_agreement(key: OwnerKey, *, contact_id: UUID, sealed: bytes, confirmed: bool) -> Agreement:
    """The row as a value; ``confirmed`` is a column, since it changes."""
    opened = AGREEMENT.validate_json(key.unseal(sealed, table="contacts", row=contact_id, column="sealed"))
    return replace(opened, confirmed=confirmed)


async def keep_agreement(
    tx: AsyncConnection, key: OwnerKey, *, conversation_id: UUID, before: Agreement | None, after: Agreement | None
) -> None:
    """Write what a turn changed: a doubt is noted on the row, anything else ends it and begins another."""
    if before is not None and after is not None and replace(before, confirmed=after.confirmed) == after:
        await tx.execute(
            text("UPDATE contacts SET confirmed = :confirmed WHERE person_id = :id AND ended_at IS NULL"),
            {"confirmed": after.confirmed, "id": key.owner_id},
        )
        return
    await tx.execute(text(_END), {"id": key.owner_id})
    if after is not None:
        row = new_id()
        await tx.execute(
            text(_ADD),
            {
                "id": row,
                "person_id": key.owner_id,
                "conversation_id": conversation_id,
                "sealed": key.seal(AGREEMENT.dump_json(after), table="contacts", row=row, column="sealed"),
                "confirmed": after.confirmed,
                "agreed_at": after.agreed_at,
                "expires_at": after.expires_at,
            },
        )


async def end_expired(database: Database) -> None:
    """What has expired is kept by nobody; only that there was something, and when."""
    await database.run(
        text("UPDATE contacts SET sealed = NULL, ended_at = now() WHERE ended_at IS NULL AND expires_at <= now()")
    )
