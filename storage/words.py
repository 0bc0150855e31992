"""Her personal word: agreed by voice, kept as a digest under her key, spent when she writes it (seguridad §4)."""

from __future__ import annotations

import hmac
from uuid import UUID, uuid4

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.messages import WordAgreed
from bot.spelling import plain
from storage.inbox import add_entry
from storage.keys import KeyRing, OwnerKey


def is_her_word(key: OwnerKey, digest: str, message: str) -> bool:
    """Whether a whole message is the word behind ``digest`` (hex; empty if none is open)."""
    return bool(digest) and hmac.compare_digest(_digest(key, message), digest)


async def agree_word(tx: AsyncConnection, ring: KeyRing, *, conversation_id: UUID, word: str) -> bool:
    """Put a word that was agreed by voice into her inbox, as its digest; False if she has been forgotten.

    Whether the word is fit for it is asked before (``bot.dialogue.word.is_fit``).
    """
    rows = await tx.execute(
        text(
            "SELECT k.id, k.owner_id, k.wrapped FROM keys.owner_keys k"
            " JOIN conversations c ON c.person_id = k.owner_id WHERE c.id = :id"
        ),
        {"id": conversation_id},
    )
    found = rows.one_or_none()
    if found is None:
        return False
    key = ring.unwrap(key_id=found.id, owner_id=found.owner_id, wrapped=found.wrapped)
    agreed = WordAgreed(external_id=f"word:{uuid4()}", conversation_id=conversation_id, digest=_digest(key, word))
    return await add_entry(tx, ring, agreed) is not None


async def keep_word(tx: AsyncConnection, *, person_id: UUID, digest: str) -> None:
    """Keep the digest in place of an older one; an empty one spends it."""
    await tx.execute(
        text("UPDATE people SET word_digest = :digest WHERE id = :id"),
        {"digest": bytes.fromhex(digest) or None, "id": person_id},
    )


def _digest(key: OwnerKey, word: str) -> str:
    return key.digest(plain(word)).hex()
