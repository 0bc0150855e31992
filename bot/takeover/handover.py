"""A conversation in the hands of people: where it stands, what can be done with it, and what follows."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from uuid import UUID

from bot.messages import Alert

#: The bell after which a colleague stands beside an owner who is silent.
STAND_BY = "stand_by"


class Stage(StrEnum):
    """Whose turn it is to act."""

    WAITING = "waiting"
    HELD = "held"
    CLOSED = "closed"


class Busy(StrEnum):
    """Why the owner does not write just now: she does something better for her."""

    CALLING = "calling"
    ACCOMPANYING = "accompanying"


@dataclass(frozen=True, slots=True, kw_only=True)
class Handover:
    """One conversation that was handed to people. All times are aware.

    ``lease`` is one more each time the place changes hands: who acts names the lease she saw, so a stale tab cannot
    speak. ``since`` is when this stage began. ``unanswered_since``: her oldest message that nobody of the team has
    answered. ``acted_at``: the owner's last sign of life in the console. ``reserved_for``: handed over by name.
    ``struck``: the bells that have struck in this stage. ``raised``: how often it went back to the queue.
    ``lifted_until``: so long a coordinator lets the owner write in spite of the phone's lock.
    """

    id: UUID
    reason: str
    alert: Alert
    since: datetime
    stage: Stage = Stage.WAITING
    lease: int = 0
    owner: UUID | None = None
    reserved_for: UUID | None = None
    zone: str | None = None
    wrote_at: datetime | None = None
    unanswered_since: datetime | None = None
    acted_at: datetime | None = None
    lost_at: datetime | None = None
    busy: Busy | None = None
    busy_until: datetime | None = None
    first_reply_at: datetime | None = None
    lifted_until: datetime | None = None
    raised: int = 0
    struck: frozenset[str] = frozenset()

    @property
    def wants_a_second(self) -> bool:
        """Whether the owner is silent so long that a colleague stands by and may take it."""
        return self.stage is Stage.HELD and STAND_BY in self.struck


@dataclass(frozen=True, slots=True, kw_only=True)
class Requested:
    """A person of the team is asked for; asked again, only the graver counts."""

    reason: str
    alert: Alert


@dataclass(frozen=True, slots=True, kw_only=True)
class PersonWrote:
    """She wrote; how grave it was."""

    alert: Alert = Alert.NONE


@dataclass(frozen=True, slots=True, kw_only=True)
class Hands:
    """What somebody holds already: chats, emergencies among them, and when she last closed an emergency."""

    chats: int = 0
    emergencies: int = 0
    emergency_closed_at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Claim:
    """Somebody of the team takes it. ``hands`` is what she holds besides."""

    staff: UUID
    hands: Hands = field(default_factory=Hands)


@dataclass(frozen=True, slots=True, kw_only=True)
class Speak:
    """The owner says something to the person."""

    staff: UUID
    lease: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Show:
    """The owner does something that is no answer yet: she notes, or asks whether the phone is safe."""

    staff: UUID
    lease: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Lift:
    """A coordinator lets the owner write in spite of the lock, for a short while (seguridad §1)."""

    staff: UUID


@dataclass(frozen=True, slots=True, kw_only=True)
class Attend:
    """The owner is calling, or accompanying: the place is held for a while, and again if she says so again."""

    staff: UUID
    lease: int
    busy: Busy


@dataclass(frozen=True, slots=True, kw_only=True)
class Transfer:
    """The owner hands it to somebody by name, or to a zone's queue."""

    staff: UUID
    lease: int
    to_staff: UUID | None = None
    to_zone: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Release:
    """The owner gives it back to the bot."""

    staff: UUID
    lease: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Close:
    """The owner ends it; the closing form is written elsewhere."""

    staff: UUID
    lease: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Strike:
    """Time has passed: whatever clock is due strikes now."""


Act = Requested | PersonWrote | Claim | Speak | Show | Attend | Lift | Transfer | Release | Close | Strike


class Refusal(StrEnum):
    """Why an act of staff is refused; nothing changed."""

    NOTHING_OPEN = "nothing_open"
    STALE = "stale"
    TAKEN = "taken"
    RESERVED = "reserved"
    HANDS_FULL = "hands_full"
    RESTING = "resting"
    UNKNOWN_RECEIVER = "unknown_receiver"


@dataclass(frozen=True, slots=True, kw_only=True)
class Tell:
    """Somebody of the team is to be told; ``what`` is a word of the clocks, never of the conversation.

    ``whom`` is the one to tell; None means everyone on shift, or the zone's coordinator, as the word says.
    """

    what: str
    whom: UUID | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What an act came to. ``returns_to_bot``: from here on the bot speaks again."""

    handover: Handover
    tells: tuple[Tell, ...] = ()
    refused: Refusal | None = None
    returns_to_bot: bool = False
