"""Where a conversation stands, what reaches it, and what a turn gives back."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from bot.dialogue.agreement import Agreement
from bot.dialogue.effects import Effect
from bot.messages import Alert, Button, MediaKind, Role, Understanding
from bot.shifts import Attendance

Value = str | bool | None


class Mode(StrEnum):
    """Who is meant to speak."""

    BOT = "bot"
    WAITING = "waiting"
    HUMAN = "human"
    CLOSED = "closed"
    STOPPED = "stopped"


class Phone(StrEnum):
    """Whether the phone may be written to; a lock, not a label (seguridad §1)."""

    SAFE = "safe"
    UNKNOWN = "unknown"
    UNSAFE = "unsafe"
    LEFT = "left"

    @property
    def is_locked(self) -> bool:
        """In these two nothing leaves for that phone, from anybody."""
        return self in (Phone.UNSAFE, Phone.LEFT)


@dataclass(frozen=True, slots=True, kw_only=True)
class Frame:
    """One flow under way: its name, and the id of the step that waits for an answer."""

    flow: str
    step: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Pace:
    """How fast somebody writes, so that two machines do not talk for ever.

    ``marks``: how often each of the last texts came, by a hash. ``repeats``: the last one's, which is too often from
    ``most`` on.
    """

    marks: Mapping[str, int] = field(default_factory=dict)
    repeats: int = 0
    most: int = 6
    since: datetime | None = None
    turns: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class State:
    """All that the engine remembers between turns. ``heard_at`` is her last message (aware).

    ``buttons`` are the choices of the last question, typed ones too. ``remembered`` is the flow that
    her words asked for while only the neutral question may be said. ``alert`` is the gravest of this
    episode. ``reminders`` are those that have not fired. ``spoke_at`` is the bot's last word. ``forgetting``:
    she asked to be forgotten and nothing grave stood against it. ``agreement`` and ``word`` (a digest under
    her key, spent when she writes the word) are the person's: storage keeps them apart and fills them in.
    ``word_given_at``: she wrote her word in this episode. ``spared_at``: she was last told that a person reads this,
    since the day's letters are spent.
    """

    role: Role = Role.WOMAN
    mode: Mode = Mode.BOT
    phone: Phone = Phone.UNKNOWN
    stack: tuple[Frame, ...] = ()
    slots: Mapping[str, Value] = field(default_factory=dict)
    buttons: tuple[Button, ...] = ()
    misses: int = 0
    remembered: str = ""
    alert: Alert = Alert.NONE
    reminders: tuple[str, ...] = ()
    pace: Pace = field(default_factory=Pace)
    heard_at: datetime | None = None
    spoke_at: datetime | None = None
    forgetting: bool = False
    agreement: Agreement | None = None
    word: str = ""
    word_given_at: datetime | None = None
    spared_at: datetime | None = None
    version: str = ""
    format: int = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    """All that the engine sees of one thing that happened.

    Exactly one of: a person's words (``text``, joined over a burst by line breaks), a tapped
    ``payload``, ``media``/``location`` without words, a ``timer`` that fired, ``failed`` (a
    delivery that failed for good: the code), ``forget``, or ``word`` (a digest: a personal word was agreed by
    voice). ``word_given``: the message, or one of the burst, is her word. ``now`` is aware, in UTC. ``channel``
    is the address's; one that ends in ``sms`` gets the short wordings. ``attended``: who is on shift; None where
    nobody was ever planned, and the opening hours are all that is known. ``can_reopen``: on this channel the neutral
    question is a template that the provider approved. ``is_spent``: so many letters left today that only what is
    grave is answered in full.
    """

    now: datetime
    channel: str = "whatsapp"
    text: str = ""
    payload: str | None = None
    media: tuple[MediaKind, ...] = ()
    has_location: bool = False
    timer: str | None = None
    failed: str | None = None
    forget: bool = False
    word: str | None = None
    word_given: bool = False
    understanding: Understanding = field(default_factory=Understanding)
    attended: Attendance | None = None
    can_reopen: bool = False
    is_spent: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Passed:
    """One step that a turn came to; with ``arrow``, the choice of its ``next`` by which it was left (0 is the first).

    ``Passed(flow="physical_violence", step="hurt", arrow=1)``
    """

    flow: str
    step: str
    arrow: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Turn:
    """What one event led to. ``passed`` is the way through the flows in order; nothing of it is kept."""

    state: State
    effects: tuple[Effect, ...]
    passed: tuple[Passed, ...] = field(default=(), compare=False, repr=False)
