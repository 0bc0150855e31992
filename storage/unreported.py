"""Letters that the provider took and of which it has not said what became: it is asked, ever more rarely, then no more.

``outbox.ask_at`` is when; it is set as a letter is sent, and nobody is asked of one that was reported before.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID

from sqlalchemy import ARRAY, BigInteger, Interval, String, Uuid, bindparam, text

from storage.database import Database

#: Reports come within seconds: what is silent for so long may have lost its own.
ASK_AFTER = timedelta(minutes=5)
#: A phone that was off for so long is not waited for; ten questions at most, each wait twice the one before.
ASK_WITHIN = timedelta(days=3)
#: Should this process die, or the provider not answer, it is asked after so long.
_HOLD = timedelta(minutes=1)

_TAKE = text("""
WITH due AS (
    SELECT id FROM outbox
    WHERE status = 'sent' AND ask_at <= now()
    ORDER BY ask_at
    LIMIT :limit
    FOR UPDATE SKIP LOCKED
)
UPDATE outbox o
SET ask_at = CASE WHEN c.channel = ANY(:channels) AND o.provider_id IS NOT NULL AND o.sent_at > now() - :within
                  -- Whoever is forgotten is nobody's business any more.
                  AND EXISTS (SELECT 1 FROM keys.owner_keys k WHERE k.owner_id = c.person_id)
                  THEN now() + :hold END
FROM due, conversations c
WHERE o.id = due.id AND c.id = o.conversation_id
RETURNING o.id, o.provider_id, o.ask_at
""").bindparams(
    bindparam("limit", type_=BigInteger()),
    bindparam("channels", type_=ARRAY(String())),
    bindparam("within", type_=Interval()),
    bindparam("hold", type_=Interval()),
)
_AGAIN = text("""
UPDATE outbox SET ask_at = CASE WHEN now() + (now() - sent_at) <= sent_at + :within THEN now() + (now() - sent_at) END
WHERE id = :id AND status = 'sent'
""").bindparams(bindparam("id", type_=Uuid()), bindparam("within", type_=Interval()))
_NEVER = text("UPDATE outbox SET ask_at = NULL WHERE id = :id").bindparams(bindparam("id", type_=Uuid()))


@dataclass(frozen=True, slots=True, kw_only=True)
class Unreported:
    """One letter that is "sent" and no more; this process asks of it now."""

    outbox_id: UUID
    provider_id: str


async def take_unreported(database: Database, *, channels: Sequence[str], limit: int) -> Sequence[Unreported]:
    """Hold up to ``limit`` letters of these channels of which it is time to ask; the longest due first."""
    rows = await database.run(_TAKE, {"limit": limit, "channels": list(channels), "within": ASK_WITHIN, "hold": _HOLD})
    return [Unreported(outbox_id=row.id, provider_id=row.provider_id) for row in rows if row.ask_at is not None]


async def ask_again_later(database: Database, outbox_id: UUID) -> None:
    """It is on its way still: asked again after as long as it has been, unless that is too long."""
    await database.run(_AGAIN, {"id": outbox_id, "within": ASK_WITHIN})


async def ask_no_more(database: Database, outbox_id: UUID) -> None:
    """The provider knows nothing of it: nobody will say any more what became of it."""
    await database.run(_NEVER, {"id": outbox_id})
