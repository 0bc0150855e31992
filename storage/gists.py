"""What stands sealed behind the cards: opened once after each change, and not again for everybody who looks."""

from __future__ import annotations

from asyncio import get_running_loop
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlalchemy import Row, text

from bot.dialogue.pace import own_words
from bot.dialogue.state import State
from bot.messages import Alert, Role
from storage.codec import STATE, UNDERSTANDING
from storage.database import Database
from storage.episode import OPEN, SINCE, lent
from storage.keys import KeyRing, OwnerKey

#: What was opened is forgotten after so long, also if nobody looks any more.
KEPT_SECONDS = 60.0
#: Her words that raised the alert are looked for in this many of her last messages of this episode.
_RECENT = 20
_CUES = text(f"""
SELECT i.conversation_id, i.id, i.understanding_sealed
FROM conversations c {OPEN}
CROSS JOIN LATERAL (SELECT {SINCE} AS since) episode
CROSS JOIN LATERAL (
    SELECT * FROM inbox own
    WHERE own.conversation_id = c.id AND own.kind = 'person' AND own.understanding_sealed IS NOT NULL
      AND own.seq > coalesce(c.sealed_in_seq, 0) AND own.received_at > episode.since AND NOT {lent("own.received_at")}
    ORDER BY own.seq DESC LIMIT :recent) i
WHERE c.id = ANY(CAST(:ids AS uuid[]))
ORDER BY i.conversation_id, i.seq DESC
""")  # noqa: S608 - fragments of our own, no value of anybody


@dataclass(frozen=True, slots=True, kw_only=True)
class Gist:
    """What a card shows of what is sealed: the words that raised the alert, the kinds of things that she named.

    ``state`` is her phone's lock as it was noted, and nothing else of the dialogue's. ``own_words`` are hashes.
    """

    state: State
    cues: tuple[str, ...]
    kinds: frozenset[str]
    own_words: frozenset[str] = frozenset()


class Gists:
    """Opens them. A conversation's version tells whether what was opened still holds: every turn moves it."""

    def __init__(self, database: Database, ring: KeyRing) -> None:
        self._database, self._ring = database, ring
        self._known: dict[UUID, tuple[object, Gist]] = {}

    async def of(self, rows: Sequence[Row[Any]]) -> Mapping[UUID, Gist]:
        """The gist of each conversation in rows of ``storage.views``, by its id."""
        stamps = {row.conversation_id: (row.version, row.sealed_in_seq, row.key_id) for row in rows}
        found = {id_: self._known[id_][1] for id_, stamp in stamps.items() if self._holds(id_, stamp)}
        fresh = [row for row in rows if row.conversation_id not in found]
        if not fresh:
            return found
        meant = defaultdict[UUID, list[Row[Any]]](list)
        ids = [row.conversation_id for row in fresh]
        for one in await self._database.run(_CUES, {"ids": ids, "recent": _RECENT}):
            meant[one.conversation_id].append(one)
        for row in fresh:
            id_ = row.conversation_id
            found[id_] = _open(self._ring, row, meant[id_])
            self._remember(id_, (stamps[id_], found[id_]))
        return found

    def _holds(self, id_: UUID, stamp: object) -> bool:
        return id_ in self._known and self._known[id_][0] == stamp

    def _remember(self, id_: UUID, opened: tuple[object, Gist]) -> None:
        self._known[id_] = opened
        get_running_loop().call_later(KEPT_SECONDS, self._forget, id_, opened)

    def _forget(self, id_: UUID, opened: tuple[object, Gist]) -> None:
        if self._known.get(id_) is opened:
            del self._known[id_]


def _open(ring: KeyRing, row: Row[Any], understood: Sequence[Row[Any]]) -> Gist:
    key = ring.unwrap(key_id=row.key_id, owner_id=row.owner_id, wrapped=row.wrapped)
    state = _state(key, row)
    cues, kinds = _cues(key, understood)
    lock = State(role=state.role, phone=state.phone, heard_at=state.heard_at)
    return Gist(state=lock, cues=cues, kinds=kinds, own_words=own_words(state.pace))


def _state(key: OwnerKey, row: Row[Any]) -> State:
    if row.state_sealed is None:
        return State(role=Role(row.role))
    return STATE.validate_json(
        key.unseal(row.state_sealed, table="conversations", row=row.conversation_id, column="state")
    )


def _cues(key: OwnerKey, rows: Sequence[Row[Any]]) -> tuple[tuple[str, ...], frozenset[str]]:
    """Her own words that raised the alert, the latest first, and the kinds of things that she named."""
    meant = [
        UNDERSTANDING.validate_json(
            key.unseal(row.understanding_sealed, table="inbox", row=row.id, column="understanding")
        )
        for row in rows
    ]
    gravest = max((one.alert for one in meant), default=Alert.NONE)
    cues = dict.fromkeys(cue for one in meant if one.alert == gravest for cue in one.cues)
    return tuple(cues)[:3], frozenset(kind for one in meant for kind in one.kinds)
