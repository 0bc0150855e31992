"""What she allows, in layers: to talk, to be counted, to be shared with one institution. The latest word holds.

Her word is that of a person in one role, on whichever channel she gave it: what she refuses by SMS is refused
on WhatsApp, and a worker of a shop decides nothing for herself, nor the other way round.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import TextClause, func, insert, select, text, update
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.dialogue.effects import NoteConsent
from storage.database import Database
from storage.ids import new_id
from storage.tables.conversations import conversations
from storage.tables.people import consents
from storage.tables.sessions import sessions

_COUNT, _SHARE, _GIVEN, _REFUSED = "count", "share", "given", "refused"

_OF_HERS = text("""
SELECT one.*
FROM conversations asked
JOIN conversations own ON own.person_id = asked.person_id AND own.role = asked.role
JOIN consents one ON one.conversation_id = own.id
WHERE asked.id = :id
ORDER BY one.at, one.id
""")


@dataclass(frozen=True, slots=True, kw_only=True)
class Consent:
    """One answer: ``Consent(layer="share", institution="comisaria", answer="given", text_version="0f3a…", ...)``.

    ``id`` is what a referral notes as its ground. ``answer``: given, refused or withdrawn. ``at`` is aware.
    """

    id: UUID
    layer: str
    institution: str | None
    answer: str
    text_version: str
    channel: str
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Consents:
    """All answers of one person in one role, oldest first; what holds is asked of the methods."""

    answers: tuple[Consent, ...] = ()

    def may_be_counted(self) -> bool:
        """Whether her sessions are in the reports: unless she said no, or took her yes back."""
        latest = self._latest(_COUNT)
        return latest is None or latest.answer == _GIVEN

    def permit_to_share_with(self, institution: str) -> Consent | None:
        """Her yes to this institution (an id of the directory), if it still holds; silence is no yes."""
        latest = self._latest(_SHARE, institution)
        return latest if latest is not None and latest.answer == _GIVEN else None

    def forbids(self, institution: str) -> bool:
        """Whether she said no to this institution or to all, or took her yes back (seguridad §7: it binds)."""
        latest = self._latest(_SHARE, institution)
        return latest is not None and latest.answer != _GIVEN

    def vetoes(self) -> tuple[str, ...]:
        """The institutions that she named as not to be told, by id, in the order in which she named them."""
        named = dict.fromkeys(one.institution for one in self.answers if one.layer == _SHARE and one.institution)
        return tuple(
            name for name in named if (latest := self._latest(_SHARE, name)) is not None and latest.answer == _REFUSED
        )

    def untold(self) -> frozenset[str]:
        """The institutions that she named and that may not be told now: a veto, or a yes that she took back."""
        return frozenset(one.institution for one in self.answers if one.institution and self.forbids(one.institution))

    def _latest(self, layer: str, institution: str | None = None) -> Consent | None:
        """The last word of a layer; a word about all institutions is one about each."""
        return next(
            (one for one in reversed(self.answers) if one.layer == layer and one.institution in (None, institution)),
            None,
        )


async def consents_of(database: Database, conversation_id: UUID) -> Consents:
    """What the person of this conversation allows, in its role, from whichever channel she said it."""
    rows = await database.run(_OF_HERS, {"id": conversation_id})
    return Consents(
        answers=tuple(
            Consent(
                id=row.id,
                layer=row.layer,
                institution=row.institution,
                answer=row.answer,
                text_version=row.text_version,
                channel=row.channel,
                at=row.at,
            )
            for row in rows
        )
    )


async def note_consents(tx: AsyncConnection, conversation_id: UUID, noted: Sequence[NoteConsent]) -> None:
    """Add what she answered in this turn, in its order, with the database's time."""
    channel = select(conversations.c.channel).where(conversations.c.id == conversation_id).scalar_subquery()
    for later, one in zip(reversed(range(len(noted))), noted, strict=True):
        await tx.execute(
            insert(consents).values(
                id=new_id(),
                conversation_id=conversation_id,
                layer=one.layer,
                institution=one.institution,
                answer=one.answer,
                text_version=one.version,
                channel=channel,
                # One turn has one time: what she said first in it is a moment older.
                at=func.now() - timedelta(microseconds=later),
            )
        )


async def note_helped(tx: AsyncConnection, session_id: UUID, answer: str) -> None:
    """Keep her answer to the one question in the session's row."""
    await tx.execute(update(sessions).where(sessions.c.id == session_id).values(helped=answer))


def is_counted() -> TextClause:
    """The condition on ``sessions`` that its person did not say, in that role, not to be counted.

    A no is for every session that is still known as hers, those of before and those that come; only a yes that she
    gives later, and before the end of a session, counts that session again. ``sql/forget.sql`` says the same.
    """
    return text(
        "NOT EXISTS (SELECT 1 FROM conversations theirs"
        " JOIN conversations own ON own.person_id = theirs.person_id AND own.role = theirs.role"
        " JOIN consents no ON no.conversation_id = own.id AND no.layer = 'count' AND no.answer <> 'given'"
        " WHERE theirs.id = sessions.conversation_id"
        " AND NOT EXISTS (SELECT 1 FROM consents yes JOIN conversations hers ON hers.id = yes.conversation_id"
        " WHERE hers.person_id = own.person_id AND hers.role = own.role AND yes.layer = 'count'"
        " AND yes.answer = 'given' AND yes.at > no.at AND yes.at <= sessions.last_at))"
    )
