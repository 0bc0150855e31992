"""The psychologist's desk: what waits, what is hers, what she has begun to write, and the files that she may open."""

from __future__ import annotations

from asyncio import gather
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import text

from bot.dialogue.agreement import Agreement
from bot.dialogue.state import Value
from bot.messages import Alert
from bot.takeover import Hands, Stage, load_clocks, load_times
from storage.audit import Act, Trail
from storage.codec import STATE
from storage.consents import Consents, consents_of
from storage.contacts import read_agreement
from storage.database import Database
from storage.episode import OPEN, SINCE, lent
from storage.gists import Gists
from storage.handovers import hands_of, note_presence, note_sign_of_life
from storage.ids import new_id
from storage.keys import KeyRing, OwnerKey
from storage.pulse import Pulse, pulses
from storage.shared import Shared
from storage.transcript import Line, read_transcript
from storage.views import Place, beside, held_by, place_of, queue

#: The alarm of somebody of the team whom a person threatens.
THREATENS = "threatens_staff"
_PASSED = text("SELECT handover_id FROM queue_passes WHERE staff_id = :staff AND until > now()")
_SKIP = text("""
INSERT INTO queue_passes (handover_id, staff_id, until) VALUES (:handover, :staff, now() + :hold)
ON CONFLICT (handover_id, staff_id) DO UPDATE SET until = excluded.until
""")
_RING = text("INSERT INTO alarms (id, handover_id, what, whom, rung_at) VALUES (:id, :handover, :what, :whom, now())")
_STORY = text(f"""
SELECT c.state_sealed, c.person_id, k.id AS key_id, k.wrapped,
       (SELECT min(i.received_at) FROM inbox i
        WHERE i.conversation_id = c.id AND i.kind = 'person' AND i.received_at > {SINCE}) AS began_at
FROM conversations c JOIN keys.owner_keys k ON k.owner_id = c.person_id {OPEN}
WHERE c.id = :id
""")  # noqa: S608 - fragments of our own, no value of anybody
_PROMISES = text("""
SELECT name, due_at FROM reminders
WHERE conversation_id = :id AND fired_at IS NULL AND cancelled_at IS NULL ORDER BY due_at
""")
_KEY = text("""
SELECT k.id, k.owner_id, k.wrapped FROM keys.owner_keys k JOIN conversations c ON c.person_id = k.owner_id
WHERE c.id = :id
""")
_BELL = text("""
SELECT h.id, h.alert, h.stage, h.unanswered_since, h.struck
FROM handovers h JOIN conversations c ON c.id = h.conversation_id LEFT JOIN sessions s ON s.id = c.session_id
WHERE h.closed_at IS NULL AND (
    h.owner = :staff
    OR (h.stage = 'waiting'
        AND (CAST(:zones AS text[]) IS NULL OR coalesce(h.zone, s.zone) IS NULL
             OR coalesce(h.zone, s.zone) = ANY(:zones) OR h.alert = :emergency)
        AND (h.reserved_for IS NULL OR h.reserved_for = :staff OR h.since + :reserved <= now() OR h.alert = :emergency)
        AND (NOT EXISTS (SELECT 1 FROM queue_passes p
                         WHERE p.handover_id = h.id AND p.staff_id = :staff AND p.until > now())
             OR (h.alert = :emergency AND h.struck <> '{}'))))
ORDER BY h.alert DESC, h.since
""")
_CALLS = text("""
SELECT a.id, a.rung_at, h.owner
FROM alarms a JOIN handovers h ON h.id = a.handover_id
JOIN conversations c ON c.id = h.conversation_id LEFT JOIN sessions s ON s.id = c.session_id
WHERE a.what = :what AND a.rung_at > now() - CAST(:lately AS interval)
  AND (CAST(:zones AS text[]) IS NULL OR coalesce(h.zone, s.zone) IS NULL OR coalesce(h.zone, s.zone) = ANY(:zones))
ORDER BY a.rung_at DESC
""")
_DRAFT = text("SELECT id, sealed FROM drafts WHERE conversation_id = :id AND staff_id = :staff")
_DROP_DRAFT = text("DELETE FROM drafts WHERE conversation_id = :id AND staff_id = :staff")
_KEEP_DRAFT = text("""
INSERT INTO drafts (id, conversation_id, staff_id, sealed, saved_at) VALUES (:row, :id, :staff, :sealed, now())
""")
_FILE = text(f"""
SELECT m.id, m.content_type, m.bytes_sealed,
       i.seq > coalesce(c.sealed_in_seq, 0) AND NOT {lent("i.received_at")}
       AND (:opens_past OR i.received_at > {SINCE}) AS is_open
FROM media m JOIN inbox i ON i.id = m.inbox_id JOIN conversations c ON c.id = m.conversation_id {OPEN}
WHERE m.id = :file AND c.id = :id AND m.status = 'kept'
""")  # noqa: S608 - fragments of our own, no value of anybody


@dataclass(frozen=True, slots=True, kw_only=True)
class Bell:
    """What rings for one psychologist: ids alone. ``neglected``: hers, and about to go to somebody else."""

    waiting: tuple[UUID, ...]
    emergencies: tuple[UUID, ...]
    unanswered: tuple[UUID, ...]
    neglected: tuple[UUID, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Call:
    """A colleague whom somebody threatens: who holds that chat, and since when (aware)."""

    id: UUID
    staff_id: UUID | None
    rung_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Promise:
    """What happens next by itself, and when (aware)."""

    name: str
    due_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Story:
    """What is known of her besides her words: what the program noted, what she allows, what was promised.

    ``began_at``: her first message of the episode in which she asked; what is older is a closed context (seguridad §4).
    """

    slots: Mapping[str, Value]
    consents: Consents
    agreement: Agreement | None
    promises: tuple[Promise, ...]
    began_at: datetime | None


class Desk:
    """What the console reads and writes for people in care. What a psychologist does to her goes by ``Intake.act``."""

    def __init__(self, database: Database, ring: KeyRing, trail: Trail, gists: Gists) -> None:
        self._database, self._ring, self._trail, self._gists = database, ring, trail, gists
        self._queue = Shared(self._read_queue)

    async def waiting(self, staff_id: UUID, *, zones: Sequence[str] | None) -> tuple[Place, ...]:
        """Whoever waits and was not passed by, the gravest first; an emergency that rings already is not hidden."""
        # The list is that of everybody who sees these zones; opened screens are told together, and ask together.
        skipped, places = await gather(
            self._database.run(_PASSED, {"staff": staff_id}), self._queue.get(None if zones is None else tuple(zones))
        )
        passed = {row.handover_id for row in skipped}
        return tuple(one for one in places if one.id not in passed or (one.alert == Alert.EMERGENCY and one.struck))

    async def bell(self, staff_id: UUID, *, zones: Sequence[str] | None) -> Bell:
        """What rings for her now; nothing of anybody is opened for it."""
        limits = {
            "staff": staff_id,
            "zones": None if zones is None else list(zones),
            "emergency": int(Alert.EMERGENCY),
            "reserved": load_clocks().reserved,
        }
        rows = await self._database.run(_BELL, limits)
        waiting, mine = ([row for row in rows if row.stage == stage] for stage in (Stage.WAITING, Stage.HELD))
        return Bell(
            waiting=tuple(row.id for row in waiting),
            emergencies=tuple(row.id for row in waiting if row.alert == Alert.EMERGENCY),
            unanswered=tuple(row.id for row in mine if row.unanswered_since is not None),
            neglected=tuple(row.id for row in mine if {"warn_owner", "stand_by"} & set(row.struck)),
        )

    async def calls(self, *, zones: Sequence[str] | None) -> tuple[Call, ...]:
        """Colleagues of these zones who called for help lately, for their coordinator."""
        lately = load_times().call_for_help
        limits = {"what": THREATENS, "lately": lately, "zones": None if zones is None else list(zones)}
        rows = await self._database.run(_CALLS, limits)
        return tuple(Call(id=row.id, staff_id=row.owner, rung_at=row.rung_at) for row in rows)

    async def mine(self, staff_id: UUID) -> tuple[Place, ...]:
        """The chats that she holds."""
        return await held_by(self._database, self._gists, staff_id)

    async def beside(self, staff_id: UUID) -> tuple[Place, ...]:
        """Chats of colleagues who are silent."""
        return await beside(self._database, self._gists, staff_id)

    async def place(self, handover_id: UUID) -> Place | None:
        """One open handover."""
        return await place_of(self._database, self._gists, handover_id)

    async def hands(self, staff_id: UUID) -> Hands:
        """What she holds, and since when she rests."""
        return await hands_of(self._database, staff_id)

    async def lines(self, place: Place) -> tuple[Line, ...]:
        """What was written, without what she asked to be erased."""
        return await read_transcript(self._database, self._ring, place.conversation_id)

    async def story(self, place: Place) -> Story:
        """What is known of her besides her words."""
        where = {"id": place.conversation_id}
        rows, promised, consents = await gather(
            self._database.run(_STORY, where),
            self._database.run(_PROMISES, where),
            consents_of(self._database, place.conversation_id),
        )
        slots: Mapping[str, Value] = {}
        agreement, began_at = None, None
        for row in rows:
            began_at = row.began_at
            key = self._ring.unwrap(key_id=row.key_id, owner_id=row.person_id, wrapped=row.wrapped)
            agreement = await read_agreement(self._database, self._ring, person_id=row.person_id)
            if row.state_sealed is not None:
                plain = key.unseal(row.state_sealed, table="conversations", row=place.conversation_id, column="state")
                slots = STATE.validate_json(plain).slots
        return Story(
            slots=slots,
            consents=consents,
            agreement=agreement,
            promises=tuple(Promise(name=row.name, due_at=row.due_at) for row in promised),
            began_at=began_at,
        )

    async def let_pass(self, place: Place, *, by: UUID) -> None:
        """Not to be offered to her for a while; nobody is asked why."""
        async with self._database.transaction() as tx:
            await tx.execute(_SKIP, {"handover": place.id, "staff": by, "hold": load_times().passed_for})
            await self._trail.record(tx, _about("queue.pass", place, by))

    async def call_coordinator(self, place: Place, *, by: UUID) -> None:
        """Call the zone's coordinator, for the psychologist's own safety."""
        async with self._database.transaction() as tx:
            await tx.execute(_RING, {"id": new_id(), "handover": place.id, "what": THREATENS, "whom": None})
            await self._trail.record(tx, _about(f"chat.{THREATENS}", place, by))

    async def note_read(self, place: Place, *, by: UUID, act: str = "chat.read") -> None:
        """Write down that she read it."""
        await self._trail.note(_about(act, place, by))

    async def note_life(self, place: Place, *, by: UUID, lease: int) -> None:
        """She does something in the page of this chat."""
        await note_sign_of_life(self._database, handover_id=place.id, staff_id=by, lease=lease)

    async def note_presence(self, staff_id: UUID, *, is_there: bool) -> None:
        """Her consoles are all gone, or one is there."""
        await note_presence(self._database, staff_id=staff_id, is_there=is_there)

    async def draft(self, place: Place, *, by: UUID) -> str:
        """What she had begun to write."""
        rows = await self._database.run(_DRAFT, {"id": place.conversation_id, "staff": by})
        key = await self._key(place.conversation_id) if rows else None
        if key is None:
            return ""
        return key.unseal(rows[0].sealed, table="drafts", row=rows[0].id, column="sealed").decode()

    async def keep_draft(self, place: Place, *, by: UUID, words: str) -> None:
        """Keep what she has begun, sealed under the key of the one it is for; nothing is kept of nothing."""
        key, row = await self._key(place.conversation_id), new_id()
        async with self._database.transaction() as tx:
            await tx.execute(_DROP_DRAFT, {"id": place.conversation_id, "staff": by})
            if words and key is not None:
                sealed = key.seal(words.encode(), table="drafts", row=row, column="sealed")
                await tx.execute(_KEEP_DRAFT, {"row": row, "id": place.conversation_id, "staff": by, "sealed": sealed})

    async def file(self, place: Place, file_id: UUID, *, by: UUID) -> tuple[str, bytes] | None:
        """A file of hers with its type; that it was opened is written down, and when first.

        One of what is closed, sealed or another's is None like its words; that it was asked for is written down too.
        """
        where = {"file": file_id, "id": place.conversation_id, "opens_past": place.word_given or not place.returned}
        rows = await self._database.run(_FILE, where)
        if rows and not rows[0].is_open:
            await self._trail.note(_about("chat.file_closed", place, by))
            return None
        key = await self._key(place.conversation_id) if rows else None
        if key is None:
            return None
        content = key.unseal(rows[0].bytes_sealed, table="media", row=file_id, column="bytes")
        async with self._database.transaction() as tx:
            await tx.execute(
                text("UPDATE media SET heard_at = coalesce(heard_at, now()) WHERE id = :file"), {"file": file_id}
            )
            await self._trail.record(tx, _about("chat.file", place, by))
        return rows[0].content_type, content

    async def pulse(self, watched: Collection[UUID]) -> tuple[Pulse, ...]:
        """Every open handover, so that a change shows; delivery marks only of those ``watched``."""
        return await pulses(self._database, watched)

    async def _read_queue(self, zones: tuple[str, ...] | None) -> tuple[Place, ...]:
        return await queue(self._database, self._gists, zones=zones)

    async def _key(self, conversation_id: UUID) -> OwnerKey | None:
        rows = await self._database.run(_KEY, {"id": conversation_id})
        return next((self._ring.unwrap(key_id=r.id, owner_id=r.owner_id, wrapped=r.wrapped) for r in rows), None)


def _about(act: str, place: Place, by: UUID) -> Act:
    return Act(act=act, staff_id=by, subject_kind="handover", subject_id=place.id)
