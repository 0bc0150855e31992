"""What a turn leaves behind, before it becomes rows, and what is to be done once it has."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from bot.dialogue.effects import CancelReminder, Forget, NoteConsent, Remind, RequestHuman, SpeakAs
from bot.dialogue.state import State
from bot.messages import Reply, StaffAction, Understanding
from bot.sessions import Session
from bot.takeover import Handover, Tell

#: How long a sender may hold a letter; the sending itself is given up before.
LETTER_LEASE = timedelta(seconds=15)


@dataclass(frozen=True, slots=True, kw_only=True)
class OutgoingReply:
    """One reply that the turn says; ``parting`` is the last before a lock. After ``until`` it leaves no more.

    ``reopens``: an approved template, which the provider takes though its window is closed.
    """

    reply: Reply
    parting: bool = False
    until: datetime | None = None
    reopens: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Written:
    """What a turn leaves in the database. ``ending`` is reply, human or a silence's name.

    ``speaks_as``: all of it belongs to the person's conversation of that role, and this one is left.
    """

    state: State
    session: Session | None
    ending: str
    by_person: bool
    failed: bool = False
    locks: bool = False
    replies: tuple[OutgoingReply, ...] = ()
    understandings: tuple[Understanding | None, ...] = ()
    requests: tuple[RequestHuman, ...] = ()
    reminders: tuple[Remind | CancelReminder, ...] = ()
    forget: Forget | None = None
    seals: bool = False
    speaks_as: SpeakAs | None = None
    consents: tuple[NoteConsent, ...] = ()
    author: str = "bot"
    withdraws: bool = False
    handover: Handover | None = None
    tells: tuple[Tell, ...] = ()
    closed: StaffAction | None = None
    helped: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Committed:
    """What to do next: the letter that this process holds already, and whether others wait in the outbox."""

    letter_id: UUID | None
    letter_created_at: datetime
    letters_wait: bool
