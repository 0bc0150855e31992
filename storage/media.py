"""Attachments: wanted, fetched once by whoever holds them, stored sealed."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import timedelta
from uuid import UUID

from sqlalchemy import text, update

from storage.database import Database
from storage.keys import KeyRing, OwnerKey
from storage.tables.conversations import media

_HOLD = timedelta(minutes=2)
_TRIES = 8
_TAKE = """
WITH due AS (
    SELECT id FROM media WHERE status = 'wanted' AND next_try_at <= now()
    ORDER BY next_try_at LIMIT :limit FOR UPDATE SKIP LOCKED
),
held AS (
    UPDATE media m SET attempts = m.attempts + 1, next_try_at = now() + :hold FROM due WHERE m.id = due.id
    RETURNING m.id, m.conversation_id, m.content_type, m.url_sealed, m.attempts
)
SELECT h.*, k.id AS key_id, k.owner_id, k.wrapped
FROM held h
JOIN conversations c ON c.id = h.conversation_id
JOIN keys.owner_keys k ON k.owner_id = c.person_id
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class WantedMedia:
    """An attachment held for fetching; another process may take it after two minutes."""

    id: UUID
    url: str = field(repr=False)
    content_type: str
    attempts: int
    key: OwnerKey


async def take_wanted(database: Database, ring: KeyRing, *, limit: int = 4) -> list[WantedMedia]:
    """Hold attachments that are due."""
    rows = await database.run(text(_TAKE), {"limit": limit, "hold": _HOLD})
    taken = []
    for row in rows:
        key = ring.unwrap(key_id=row.key_id, owner_id=row.owner_id, wrapped=row.wrapped)
        url = key.unseal(row.url_sealed, table="media", row=row.id, column="url").decode()
        taken.append(WantedMedia(id=row.id, url=url, content_type=row.content_type, attempts=row.attempts, key=key))
    return taken


async def keep(database: Database, wanted: WantedMedia, content: bytes, content_type: str) -> None:
    """Store what was fetched, sealed under the person's key."""
    sealed = wanted.key.seal(content, table="media", row=wanted.id, column="bytes")
    await database.run(
        update(media)
        .where(media.c.id == wanted.id, media.c.status == "wanted")
        .values(status="kept", bytes_sealed=sealed, content_type=content_type)
    )


async def give_up_media(database: Database, wanted: WantedMedia, *, final: bool) -> None:
    """It could not be fetched: for good (refused, too large), or after eight tries."""
    if final or wanted.attempts >= _TRIES:
        await database.run(update(media).where(media.c.id == wanted.id).values(status="refused"))
