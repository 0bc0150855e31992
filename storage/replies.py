"""What the team says often: short texts of coordinators, to be copied into a message."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import func, insert, select, update
from sqlalchemy.exc import IntegrityError

from bot.errors import AlreadyThere, NotThere
from storage.audit import Act, Trail
from storage.database import Database
from storage.ids import new_id
from storage.tables.staff import saved_replies


@dataclass(frozen=True, slots=True, kw_only=True)
class SavedReply:
    """One text: ``SavedReply(id=…, name="saludo", words="Hola. Soy del equipo. Le leo.")``."""

    id: UUID
    name: str
    words: str


class SavedReplies:
    """The texts in one database; every change has its line in the audit trail."""

    def __init__(self, database: Database, trail: Trail) -> None:
        self._database, self._trail = database, trail

    async def live(self) -> Sequence[SavedReply]:
        """Those that may be used, by name."""
        query = select(saved_replies).where(saved_replies.c.ended_at.is_(None)).order_by(saved_replies.c.name)
        rows = await self._database.run(query)
        return [SavedReply(id=row.id, name=row.name, words=row.words) for row in rows]

    async def add(self, *, by: UUID, name: str, words: str) -> None:
        """A new one; raises ``AlreadyThere``."""
        row = new_id()
        try:
            async with self._database.transaction() as tx:
                added = insert(saved_replies).values(id=row, name=name, words=words, changed_at=func.now())
                await tx.execute(added)
                await self._trail.record(tx, _about("reply.add", row, by))
        except IntegrityError:
            raise AlreadyThere("Ya hay una respuesta con ese nombre") from None

    async def change(self, *, by: UUID, reply_id: UUID, words: str) -> None:
        """Other words under the same name; raises ``NotThere``."""
        await self._update("reply.change", by, reply_id, words=words, changed_at=func.now())

    async def end(self, *, by: UUID, reply_id: UUID) -> None:
        """Take it away; raises ``NotThere``."""
        await self._update("reply.end", by, reply_id, ended_at=func.now())

    async def _update(self, act: str, by: UUID, reply_id: UUID, **values: object) -> None:
        async with self._database.transaction() as tx:
            found = await tx.execute(
                update(saved_replies)
                .where(saved_replies.c.id == reply_id, saved_replies.c.ended_at.is_(None))
                .values(**values)
                .returning(saved_replies.c.id)
            )
            if found.first() is None:
                raise NotThere("Esa respuesta ya no está")
            await self._trail.record(tx, _about(act, reply_id, by))


def _about(act: str, reply_id: UUID, by: UUID) -> Act:
    return Act(act=act, staff_id=by, subject_kind="reply", subject_id=reply_id)
