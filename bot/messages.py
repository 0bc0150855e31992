"""What travels between the parts: messages, understanding, replies. Values only, no behaviour."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from uuid import UUID

from bot.closing import Closing
from bot.understood import Alert as Alert  # noqa: PLC0414 - said again here, for whoever reads messages
from bot.understood import Place as Place  # noqa: PLC0414 - said again here, for whoever reads messages
from bot.understood import Understanding as Understanding  # noqa: PLC0414 - said again here, for whoever reads messages


class Role(StrEnum):
    """As whom somebody writes: for herself, or for the person in front of her (a shop's brigade, a bystander)."""

    WOMAN = "woman"
    BRIGADE = "brigade"


class MediaKind(StrEnum):
    """What a person sent besides words."""

    IMAGE = "image"
    AUDIO = "audio"
    VIDEO = "video"
    STICKER = "sticker"
    CONTACT = "contact"
    DOCUMENT = "document"


@dataclass(frozen=True, slots=True, kw_only=True)
class Address:
    """Where a person is reached: ``Address(channel="whatsapp", value="+573001112233")``.

    ``channel`` is ``whatsapp``, ``sms``, ``simulator_whatsapp``, ``simulator_sms`` or ``terminal``.
    """

    channel: str
    value: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Media:
    """One attachment as announced: the bytes are fetched later, ``url`` may be hostile."""

    url: str
    content_type: str
    kind: MediaKind


@dataclass(frozen=True, slots=True, kw_only=True)
class Location:
    """A point that the person chose to send; ``label`` is the place's name, if any."""

    latitude: float
    longitude: float
    label: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class PersonMessage:
    """A message from a person, after the adapter: ``source`` + ``external_id`` name it for ever.

    ``payload`` is the button or list row that was tapped. ``sent_at`` (aware) is known only when
    the message was fetched late; it shortens the 24-hour window.
    """

    source: str
    external_id: str
    address: Address
    text: str = ""
    payload: str | None = None
    media: tuple[Media, ...] = ()
    location: Location | None = None
    sent_at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class PastMessage:
    """A message as the provider's list has it: when it came there (aware), and how many files came with it."""

    message: PersonMessage
    sent_at: datetime
    files: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class TimerFired:
    """A reminder came due; ``external_id`` is ``timer:<reminder id>``."""

    external_id: str
    conversation_id: UUID
    name: str
    due_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class DeliveryFailed:
    """A reply could not be delivered for good; ``code`` is the provider's."""

    external_id: str
    conversation_id: UUID
    code: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ForgetAsked:
    """An operator was asked to erase this person; the confirmation goes out first."""

    external_id: str
    conversation_id: UUID


@dataclass(frozen=True, slots=True, kw_only=True)
class WordAgreed:
    """A psychologist and she agreed a personal word by voice; ``digest`` is all that is kept of it (hex)."""

    external_id: str
    conversation_id: UUID
    digest: str


class StaffDeed(StrEnum):
    """What somebody of the team does with a conversation."""

    CLAIM = "claim"
    SAY = "say"
    NOTE = "note"
    ASK_SAFE = "ask_safe"
    LIFT = "lift"
    CALLING = "calling"
    ACCOMPANYING = "accompanying"
    TRANSFER = "transfer"
    RELEASE = "release"
    CLOSE = "close"


@dataclass(frozen=True, slots=True, kw_only=True)
class StaffAction:
    """Somebody of the team acts; ``external_id`` is ``staff:<the page's own id>``, so that nothing is done twice.

    ``lease`` is the one that her page shows. ``text``: what is said, or noted. ``to_staff``/``to_zone``: who gets it.
    ``outcome``: how a closed conversation ended; ``closing``: all that was noted about it. A ``LIFT`` says in its
    ``text`` for which reason a coordinator lets the owner write to a phone that may not be written to.
    """

    external_id: str
    conversation_id: UUID
    staff_id: UUID
    deed: StaffDeed
    lease: int = 0
    text: str = ""
    to_staff: UUID | None = None
    to_zone: str | None = None
    outcome: str | None = None
    closing: Closing | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ClockStruck:
    """A clock of care came due; ``external_id`` is ``clock:<handover>:<moment>``."""

    external_id: str
    conversation_id: UUID


Entry = PersonMessage | TimerFired | DeliveryFailed | ForgetAsked | WordAgreed | StaffAction | ClockStruck


@dataclass(frozen=True, slots=True, kw_only=True)
class Button:
    """A choice: ``Button(title="Sí", payload='/inform{"safe_now": "yes"}')``."""

    title: str
    payload: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Reply:
    """What is said in one bubble; the channel's adapter decides how buttons look."""

    text: str
    buttons: tuple[Button, ...] = ()
    content: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Letter:
    """One reply on its way out. ``outbox_id`` is ours and travels in the status URL.

    ``dropped`` is the provider's id of an earlier sending, which it took and then dropped for speed.
    """

    outbox_id: UUID
    address: Address
    reply: Reply
    created_at: datetime
    dropped: str | None = None


class DeliveryStatus(StrEnum):
    """How far a letter came; it only ever moves forward."""

    SENT = "sent"
    DELIVERED = "delivered"
    READ = "read"
    FAILED = "failed"


@dataclass(frozen=True, slots=True, kw_only=True)
class DeliveryReport:
    """What the provider says later of one letter; ``outbox_id`` comes from the status URL."""

    outbox_id: UUID
    status: DeliveryStatus
    provider_id: str = ""
    code: str | None = None
