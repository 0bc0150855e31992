"""What the parts need of each other: protocols, so that tests bring doubles and nothing else changes."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Protocol
from uuid import UUID

from bot.messages import DeliveryReport, Letter, Media, PastMessage, PersonMessage, Reply, Understanding


class Interpreter(Protocol):
    """Says what a text means. Never raises: slow, gone or nonsensical NLU gives ``unknown``."""

    async def interpret(self, text: str) -> Understanding: ...

    async def is_ready(self) -> bool: ...

    @property
    def has_second_reader(self) -> bool | None:
        """Whether a second reader reads too; None where there is to be none."""


class Channel(Protocol):
    """One way to a person's phone."""

    def lay_out(self, reply: Reply) -> Sequence[Reply]:
        """Split a reply into what the provider takes as single messages, in order."""

    async def send(self, letter: Letter) -> str:
        """Hand one message to the provider; its id comes back. Raises ``SendError``."""

    async def find(self, letter: Letter, *, known: Collection[str] = frozenset()) -> str | None:
        """Ask the provider whether it already has this letter: its id, or None if it does not.

        ``known`` are the provider's ids of other letters, which this one cannot be. One that was
        ``dropped`` is looked at by its own id first. Raises ``SendError`` if the provider does not answer.
        """


class Door(Protocol):
    """The one door into the service: what every channel's webhook is given."""

    async def accept(self, message: PersonMessage) -> bool:
        """Take a message for good: True if new, False if it was known already.

        Raises ``DatabaseUnavailable`` if it could not be written; the caller answers 503.
        """

    async def note_delivery(self, report: DeliveryReport) -> None:
        """Move the letter forward (never back); an unknown letter is ignored."""


class Archive(Protocol):
    """What the provider has heard, whether we were there or not."""

    async def heard_since(self, moment: datetime) -> Sequence[PastMessage]:
        """Messages to us since ``moment`` (aware), oldest first. Raises ``SendError``."""

    async def attached(self, external_id: str) -> tuple[Media, ...]:
        """What came with one of them. Raises ``SendError``."""


class Reporter(Protocol):
    """What the provider says of a letter when it is asked."""

    async def report_of(self, outbox_id: UUID, provider_id: str) -> DeliveryReport | None:
        """How far a letter came; None if the provider knows nothing of it. Raises ``SendError``."""


class Eraser(Protocol):
    """What makes the provider forget."""

    async def erase(self, provider_id: str, *, whole: bool) -> None:
        """Delete the words and files of a message there, or with ``whole`` its record. Raises ``SendError``."""


class MediaSource(Protocol):
    """Where attachments are fetched from."""

    async def fetch(self, media: Media) -> tuple[bytes, str]:
        """The bytes without metadata, and their type. Raises ``MediaNotFetched``."""
