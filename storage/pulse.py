"""Every open handover in so few words that a change shows: what open consoles are kept up to date by."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Any, NamedTuple
from uuid import UUID

from sqlalchemy import text

from storage.database import Database

_PULSE = text("""
SELECT h.id, h.stage, h.owner, h.reserved_for, h.alert, coalesce(h.zone, s.zone) AS zone, h.lease, h.raised, h.struck,
       h.unanswered_since IS NOT NULL AS is_unanswered, h.busy_until, c.last_in_seq, c.last_out_seq, c.word_given_at,
       c.phone,
       CASE WHEN h.id = ANY(CAST(:watched AS uuid[])) THEN (
           SELECT sum(array_position(ARRAY['queued', 'leased', 'withdrawn', 'sent', 'failed', 'delivered', 'read'],
                                     CAST(last.status AS text)))
           FROM (SELECT status FROM outbox o WHERE o.conversation_id = c.id ORDER BY seq DESC LIMIT 20) last)
       END AS ticks,
       CASE WHEN h.id = ANY(CAST(:watched AS uuid[])) THEN (
           SELECT count(*) FILTER (WHERE m.status <> 'wanted') + count(m.heard_at)
           FROM media m WHERE m.conversation_id = c.id) END AS files,
       c.version
FROM handovers h
JOIN conversations c ON c.id = h.conversation_id
LEFT JOIN sessions s ON s.id = c.session_id
WHERE h.closed_at IS NULL
""")


# A tuple, since hundreds of them are read and compared several times a second.
class Pulse(NamedTuple):
    """One open handover; two of the same ``id`` are equal as long as nothing happened. ``ticks``: how far its letters
    came, ``files``: what became of hers; both None where nobody watches.
    """

    id: UUID
    stage: str
    owner: UUID | None = None
    reserved_for: UUID | None = None
    alert: int = 0
    zone: str | None = None
    lease: int = 0
    raised: int = 0
    struck: Sequence[str] = ()
    is_unanswered: bool = False
    busy_until: datetime | None = None
    last_in_seq: int = 0
    last_out_seq: int = 0
    word_given_at: datetime | None = None
    phone: str = ""
    ticks: Any = None
    files: Any = None
    version: int = 0

    @property
    def standing(self) -> tuple[object, ...]:
        """Differs only when its place did: what concerns those who do not hold it, whatever she writes."""
        return self[1:9]

    @property
    def fresh(self) -> tuple[object, ...]:
        """Differs when its owner must see something at once: words, marks, files, the lock; not what a turn noted."""
        return self[1:-1]


async def pulses(database: Database, watched: Collection[UUID]) -> tuple[Pulse, ...]:
    """Every open handover; delivery marks and files only of those ``watched``."""
    rows = await database.run(_PULSE, {"watched": list(watched)})
    return tuple(map(Pulse._make, rows))
