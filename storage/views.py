"""What the console shows: the queue, one's own chats, and a conversation with all that a psychologist needs first."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Row, TextClause, text

from bot.dialogue.lock import phone_now
from bot.dialogue.state import Phone
from bot.messages import Alert, Role
from bot.takeover import Stage
from storage.database import Database
from storage.gists import Gist, Gists

_PLACES = """
SELECT h.id, h.conversation_id, h.reason, h.alert, h.stage, h.lease, h.owner, h.reserved_for, h.raised, h.struck,
       h.requested_at, h.since, h.unanswered_since, h.busy, h.busy_until, h.lost_at, h.lifted_until, now() AS now,
       c.channel, c.role, c.heard_at, c.window_until, c.state_sealed, c.word_given_at, c.version, c.sealed_in_seq,
       coalesce(h.zone, s.zone) AS zone, s.municipality, s.topics,
       k.id AS key_id, k.owner_id, k.wrapped,
       (SELECT count(*) FROM media m WHERE m.conversation_id = c.id AND m.content_type LIKE 'audio/%'
          AND m.heard_at IS NULL AND m.status IN ('wanted', 'kept')) AS unheard,
       (SELECT count(*) FROM sessions earlier WHERE earlier.conversation_id = c.id) AS episodes
FROM handovers h
JOIN conversations c ON c.id = h.conversation_id
JOIN keys.owner_keys k ON k.owner_id = c.person_id
LEFT JOIN sessions s ON s.id = c.session_id
WHERE h.closed_at IS NULL
"""
#: From so many other phones with the very same long text on it is a flood.
FLOOD = 3
_ORDER = " ORDER BY h.alert DESC, h.since"
#: Whom an absent owner lost comes first among equals; after her who waits longest for an answer, not in the queue.
_QUEUE_ORDER = " ORDER BY h.alert DESC, h.raised DESC, least(h.since, coalesce(h.unanswered_since, h.since))"
# Made once: a text is taken apart for its names, several hundred times a second otherwise.
_WAITING = text(
    f"{_PLACES} AND h.stage = 'waiting' AND (CAST(:zones AS text[]) IS NULL OR coalesce(h.zone, s.zone) IS NULL"
    f" OR coalesce(h.zone, s.zone) = ANY(:zones) OR h.alert = :emergency) {_QUEUE_ORDER}"
)
_HELD = text(f"{_PLACES} AND h.owner = :staff {_ORDER}")
_BESIDE = text(f"{_PLACES} AND h.stage = 'held' AND h.owner <> :staff AND 'stand_by' = ANY(h.struck) {_ORDER}")
_EVERYTHING = text(f"{_PLACES} {_QUEUE_ORDER}")
_ONE = text(f"{_PLACES} AND h.id = :id")


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """One handover as the queue shows it: no word of hers but those that raised the alert. Times are aware.

    ``last_word``: the lock as her last word left it, however long ago. ``returned``: she has been here before.
    ``unheard``: voice notes that nobody has heard. ``wants_a_second``: its owner is silent. ``struck``: the bells
    that have struck since it stands as it stands. ``lifted_until``: a coordinator lets the owner write in spite of
    the lock. ``word_given``: she wrote her personal word, so the closed past may be opened. ``copies``: how many others
    of the same list wrote the very same long text.
    """

    id: UUID
    conversation_id: UUID
    stage: Stage
    lease: int
    owner: UUID | None
    reserved_for: UUID | None
    alert: Alert
    reason: str
    zone: str | None
    municipality: str | None
    topics: tuple[str, ...]
    channel: str
    role: Role
    phone: Phone
    last_word: Phone
    phone_since: datetime | None
    requested_at: datetime
    since: datetime
    unanswered_since: datetime | None
    busy: str | None
    busy_until: datetime | None
    lifted_until: datetime | None
    window_until: datetime | None
    unheard: int
    raised: int
    returned: bool
    wants_a_second: bool
    word_given: bool
    cues: tuple[str, ...]
    kinds: frozenset[str]
    struck: frozenset[str]
    now: datetime
    copies: int = 0

    @property
    def waits_since(self) -> datetime:
        """Since when she waits for somebody: a place that came back to the queue waits on, it does not begin anew."""
        return min(self.since, self.unanswered_since or self.since)


async def queue(database: Database, gists: Gists, *, zones: Sequence[str] | None) -> tuple[Place, ...]:
    """Whoever waits: the gravest first, of these who came back, then the longest. ``zones`` limits it, None is all.

    Who has told no zone yet is everybody's; an emergency is too. Of equally grave ones those come last whose very words
    came from several phones: a flood of one text must not stand before a woman who tells her own.
    """
    limits = {"zones": None if zones is None else list(zones), "emergency": int(Alert.EMERGENCY)}
    places = await _places(database, gists, _WAITING, limits)
    return tuple(sorted(places, key=lambda one: (-one.alert, one.copies >= FLOOD)))


async def held_by(database: Database, gists: Gists, staff_id: UUID) -> tuple[Place, ...]:
    """The chats of one member of staff."""
    return await _places(database, gists, _HELD, {"staff": staff_id})


async def beside(database: Database, gists: Gists, staff_id: UUID) -> tuple[Place, ...]:
    """Chats of others whose owner is silent: somebody should stand by."""
    return await _places(database, gists, _BESIDE, {"staff": staff_id})


async def everything_open(database: Database, gists: Gists) -> tuple[Place, ...]:
    """All that is waiting or in care, for the coordinator's board."""
    return await _places(database, gists, _EVERYTHING, {})


async def place_of(database: Database, gists: Gists, handover_id: UUID) -> Place | None:
    """One handover, if it is open."""
    found = await _places(database, gists, _ONE, {"id": handover_id})
    return found[0] if found else None


async def _places(database: Database, gists: Gists, query: TextClause, limits: dict[str, Any]) -> tuple[Place, ...]:
    rows = await database.run(query, limits)
    opened = await gists.of(rows)
    told = Counter(words for gist in opened.values() for words in gist.own_words)
    return tuple(_place(row, opened[row.conversation_id], told) for row in rows)


def _place(row: Row[Any], gist: Gist, told: Mapping[str, int]) -> Place:
    return Place(
        id=row.id,
        conversation_id=row.conversation_id,
        stage=Stage(row.stage),
        lease=row.lease,
        owner=row.owner,
        reserved_for=row.reserved_for,
        alert=Alert(row.alert),
        reason=row.reason,
        zone=row.zone,
        municipality=row.municipality,
        topics=tuple(row.topics or ()),
        channel=row.channel,
        role=Role(row.role),
        phone=phone_now(gist.state, row.now),
        last_word=gist.state.phone,
        phone_since=row.heard_at,
        requested_at=row.requested_at,
        since=row.since,
        unanswered_since=row.unanswered_since,
        busy=row.busy if row.busy_until is not None and row.busy_until > row.now else None,
        busy_until=row.busy_until,
        lifted_until=row.lifted_until if row.lifted_until is not None and row.lifted_until > row.now else None,
        window_until=row.window_until if row.channel == "whatsapp" else None,
        unheard=row.unheard,
        raised=row.raised,
        returned=row.episodes > 1,
        wants_a_second="stand_by" in row.struck,
        word_given=row.word_given_at is not None,
        cues=gist.cues,
        kinds=gist.kinds,
        struck=frozenset(row.struck),
        now=row.now,
        copies=max((told[words] for words in gist.own_words), default=1) - 1,
    )
