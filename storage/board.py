"""What a coordinator sees of all that is open, and what ending a conversation or a shift needs to know."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from uuid import UUID

from sqlalchemy import text

from bot.answering import Wait
from bot.messages import Alert
from bot.takeover import load_times
from storage.audit import Act, Trail
from storage.consents import Consents, consents_of
from storage.copies import Copies, count_copies
from storage.database import Database
from storage.gists import Gists
from storage.keys import KeyRing
from storage.transcript import Line, Opening, read_transcript
from storage.views import Place, everything_open, held_by, place_of

_WATCHED = "chat.watch"
_WAITS = """
SELECT h.alert, h.requested_at, h.first_reply_at
FROM handovers h JOIN conversations c ON c.id = h.conversation_id LEFT JOIN sessions s ON s.id = c.session_id
WHERE h.requested_at > now() - CAST(:back AS interval)
  AND (CAST(:zones AS text[]) IS NULL OR coalesce(h.zone, s.zone) IS NULL OR coalesce(h.zone, s.zone) = ANY(:zones))
"""
_VIEWS = """
SELECT staff_id, max(at) AS at FROM audit
WHERE act = :act AND subject_id = :handover AND at >= :since GROUP BY staff_id ORDER BY max(at)
"""
_LEAVE = "UPDATE shifts SET ends_at = now() WHERE staff_id = :staff AND cancelled_at IS NULL AND starts_at < now()"


@dataclass(frozen=True, slots=True, kw_only=True)
class View:
    """Somebody read a chat that another holds, last at this time (aware)."""

    staff_id: UUID
    at: datetime


class Board:
    """All that is open in one database. Reading a chat that another holds stands in the audit trail."""

    def __init__(self, database: Database, ring: KeyRing, trail: Trail, gists: Gists) -> None:
        self._database, self._ring, self._trail, self._gists = database, ring, trail, gists

    async def places(self, *, zones: Sequence[str] | None) -> tuple[Place, ...]:
        """Who waits and who is in care, the gravest first; of these zones, of none yet, and every emergency."""
        places = await everything_open(self._database, self._gists)
        return tuple(one for one in places if is_seen(one, zones))

    async def place(self, handover_id: UUID) -> Place | None:
        """One handover, if it is open."""
        return await place_of(self._database, self._gists, handover_id)

    async def held_by(self, staff_id: UUID) -> tuple[Place, ...]:
        """What she holds."""
        return await held_by(self._database, self._gists, staff_id)

    async def waits(self, *, zones: Sequence[str] | None) -> Sequence[Wait]:
        """Every request for a person of the last week."""
        limits = {"back": load_times().board_back, "zones": None if zones is None else list(zones)}
        rows = await self._database.run(text(_WAITS), limits)
        return [
            Wait(alert=Alert(row.alert), requested_at=row.requested_at, first_reply_at=row.first_reply_at)
            for row in rows
        ]

    async def watch(self, place: Place, *, by: UUID) -> tuple[Line, ...]:
        """Read a chat without taking it; that she did is written down first, and its owner can see it."""
        await self._trail.note(Act(act=_WATCHED, staff_id=by, subject_kind="handover", subject_id=place.id))
        return await read_transcript(self._database, self._ring, place.conversation_id)

    async def open_past(self, place: Place, opening: Opening) -> tuple[Line, ...]:
        """Read all there is of her, closed and sealed; it is noted. Raises ``Sealed`` if nothing grave is open."""
        about = Act(act="chat.past_opened", staff_id=opening.staff_id, subject_kind="handover", subject_id=place.id)
        lines = await read_transcript(self._database, self._ring, place.conversation_id, opening=opening)
        await self._trail.note(replace(about, detail=opening.right))
        return lines

    async def views(self, place: Place) -> Sequence[View]:
        """Who has read this chat without holding it, for its owner to see."""
        about = {"act": _WATCHED, "handover": place.id, "since": place.requested_at}
        rows = await self._database.run(text(_VIEWS), about)
        return [View(staff_id=row.staff_id, at=row.at) for row in rows]

    async def consents(self, place: Place) -> Consents:
        """What she allows."""
        return await consents_of(self._database, place.conversation_id)

    async def copies(self) -> Copies:
        """What the provider still keeps of everybody."""
        return await count_copies(self._database)

    async def leave(self, staff_id: UUID) -> bool:
        """End her shift now; False, and nothing changes, while she holds anybody."""
        async with self._database.transaction() as tx:
            # As a claim does: nothing comes into her hands between the look and the end.
            await tx.execute(text("SELECT pg_advisory_xact_lock(hashtextextended(:id, 0))"), {"id": str(staff_id)})
            held = await tx.execute(
                text("SELECT 1 FROM handovers WHERE owner = :staff AND closed_at IS NULL LIMIT 1"), {"staff": staff_id}
            )
            if held.first() is not None:
                return False
            await tx.execute(text(_LEAVE + " AND ends_at > now()"), {"staff": staff_id})
            await self._trail.record(tx, Act(act="shift.leave", staff_id=staff_id))
        return True


def is_seen(place: Place, zones: Sequence[str] | None) -> bool:
    """Whether a coordinator of these zones sees it; None is the whole department."""
    return zones is None or place.zone is None or place.zone in zones or place.alert == Alert.EMERGENCY
