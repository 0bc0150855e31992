"""What the page sends, checked, as the message and the bubble that it means."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime
from uuid import UUID, uuid4

from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator, model_validator

from bot.errors import BotError
from bot.messages import DeliveryStatus, Location, Media, MediaKind, PersonMessage
from bot.segments import count_segments
from channels.simulator.phones import Bubble, Look, Phone

SOURCE = "simulator"

#: The longest text that WhatsApp lets a person write.
_TEXT_LIMIT = 4096


class Unreadable(BotError):
    """The page sent something that is not a message; reload the page."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Sample:
    """A small attachment of our own making, under ``static/``."""

    path: str
    content_type: str


SAMPLES = {
    MediaKind.AUDIO: Sample(path="muestras/nota-de-voz.ogg", content_type="audio/ogg"),
    MediaKind.IMAGE: Sample(path="muestras/foto.jpg", content_type="image/jpeg"),
    MediaKind.CONTACT: Sample(path="muestras/contacto.vcf", content_type="text/vcard"),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Written:
    """One thing that a person sent: what the door gets, and what her own screen shows."""

    message: PersonMessage
    bubble: Bubble

    def failed(self) -> Bubble:
        """Her bubble when the message could not be taken."""
        return replace(self.bubble, status=DeliveryStatus.FAILED)


def read_written(body: bytes, *, phone: Phone, now: datetime) -> Written:
    """Read a posted message; raises ``Unreadable``.

    JSON with exactly one of ``text``, ``payload`` (a button; ``title`` is what it says),
    ``media`` (``audio``, ``image``, ``contact``) or ``location`` (``latitude``, ``longitude``).
    ``id`` is a UUID of the page's: the same message posted twice is one message.
    """
    try:
        form = _Form.model_validate_json(body)
    except ValidationError as error:
        # Not the error itself: it may quote what was written.
        raise Unreadable(f"{len(error.errors(include_input=False))} fields are wrong") from None
    key = str(form.id or uuid4())
    text = form.text if form.text is not None else form.title
    location = Location(latitude=form.location.latitude, longitude=form.location.longitude) if form.location else None
    message = PersonMessage(
        source=SOURCE,
        external_id=f"{phone.id}:{key}",
        address=phone.address,
        text=text,
        payload=form.payload,
        media=_media(form.media),
        location=location,
    )
    bubble = Bubble(
        id=key,
        mine=True,
        at=now,
        status=DeliveryStatus.SENT,
        text=text,
        payload=form.payload,
        answers=form.answers,
        media=form.media,
        location=location,
        size=count_segments(text) if phone.look is Look.SMS and text else None,
    )
    return Written(message=message, bubble=bubble)


class _Point(BaseModel):
    model_config = ConfigDict(extra="forbid", allow_inf_nan=False)

    latitude: float = Field(ge=-90, le=90)
    longitude: float = Field(ge=-180, le=180)


class _Form(BaseModel):
    model_config = ConfigDict(extra="forbid")

    id: UUID | None = None
    text: str | None = Field(None, min_length=1, max_length=_TEXT_LIMIT)
    payload: str | None = Field(None, min_length=1, max_length=512)
    title: str = Field("", max_length=100)
    answers: str | None = Field(None, max_length=64)
    media: MediaKind | None = None
    location: _Point | None = None

    @field_validator("media")
    @classmethod
    def _is_a_sample(cls, media: MediaKind | None) -> MediaKind | None:
        if media is not None and media not in SAMPLES:
            raise ValueError("there is no sample of that kind")
        return media

    @model_validator(mode="after")
    def _is_one_thing(self) -> _Form:
        given = [self.text, self.payload, self.media, self.location]
        if sum(thing is not None for thing in given) != 1 or (self.title and not self.payload):
            raise ValueError("send exactly one of text, payload, media, location")
        return self


def _media(kind: MediaKind | None) -> tuple[Media, ...]:
    if kind is None:
        return ()
    sample = SAMPLES[kind]
    # A scheme of our own: nobody can fetch it over the network, by mistake or on purpose.
    return (Media(url=f"simulator:{sample.path}", content_type=sample.content_type, kind=kind),)
