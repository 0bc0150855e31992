"""A signed form of Twilio becomes one message of a person, or one report on a letter. Pure."""

from __future__ import annotations

import math
import mimetypes
import re
from collections.abc import Mapping
from urllib.parse import urlsplit
from uuid import UUID

from bot.errors import MalformedMessage
from bot.messages import (
    Address,
    DeliveryReport,
    DeliveryStatus,
    Location,
    Media,
    MediaKind,
    PersonMessage,
)
from channels.twilio.words import tidy

SOURCE = "twilio"

#: Twilio's words for how far a message came (twilio.com/docs/messaging/api/message-resource).
#: Whatever Twilio has taken is ``SENT`` for us, also while it waits in Twilio's own queue.
STATUSES = {
    "accepted": DeliveryStatus.SENT,
    "scheduled": DeliveryStatus.SENT,
    "queued": DeliveryStatus.SENT,
    "sending": DeliveryStatus.SENT,
    "sent": DeliveryStatus.SENT,
    "delivered": DeliveryStatus.DELIVERED,
    "partially_delivered": DeliveryStatus.DELIVERED,
    "read": DeliveryStatus.READ,
    "failed": DeliveryStatus.FAILED,
    "undelivered": DeliveryStatus.FAILED,
    "canceled": DeliveryStatus.FAILED,
}

_WHATSAPP = "whatsapp:"
_SID = re.compile(r"[A-Za-z0-9_-]{1,64}")
_PHONE = re.compile(r"\+?[0-9]{5,15}")
_ERROR_CODE = re.compile(r"[0-9]{3,6}")
_MEDIA_URL = re.compile(r"MediaUrl([0-9]{1,3})")
_LONGEST_ADDRESS = 128
_LONGEST_PAYLOAD = 4_096


def parse_message(form: Mapping[str, str], *, whatsapp_number: str = "") -> PersonMessage:
    """Read an inbound message, of whatever kind: ``{"MessageSid": ..., "From": ..., "Body": ...}``.

    ``whatsapp_number`` is ours; a message to it without Twilio's prefix came by WhatsApp too.
    Raises ``MalformedMessage`` without an id or a sender, and only then: a kind that is not known
    is a message without words, which a human will look at.
    """
    address = _address_of(form, whatsapp_number)
    text, payload = tidy(form.get("Body", "")), None
    if address.channel == "whatsapp":  # in an SMS nobody tapped anything, whatever the form says
        text = tidy(form.get("ButtonText") or form.get("ListTitle") or "") or text
        payload = (form.get("ButtonPayload") or form.get("ListId") or "")[:_LONGEST_PAYLOAD] or None
    return PersonMessage(
        source=SOURCE,
        external_id=_sid_of(form),
        address=address,
        text=text,
        payload=payload,
        media=parse_media(form),
        location=_location_of(form),
    )


def parse_report(form: Mapping[str, str], letter: str) -> DeliveryReport | None:
    """Read a status callback about the letter that its URL names; None where it says nothing.

    Raises ``MalformedMessage`` for a status that Twilio does not have.
    """
    word = form.get("MessageStatus") or form.get("SmsStatus")
    if not word or word in ("receiving", "received"):
        return None
    if word not in STATUSES:
        raise MalformedMessage("unknown status")
    try:
        outbox_id = UUID(letter)
    except ValueError:
        return None
    status = STATUSES[word]
    code = form.get("ErrorCode", "")
    return DeliveryReport(
        outbox_id=outbox_id,
        status=status,
        provider_id=_sid_of(form),
        code=code if status is DeliveryStatus.FAILED and _ERROR_CODE.fullmatch(code) else None,
    )


def parse_media(form: Mapping[str, str]) -> tuple[Media, ...]:
    """Collect what is attached, in order; ``NumMedia`` is not believed in either direction."""
    found = []
    for number in sorted(int(m[1]) for key in form if (m := _MEDIA_URL.fullmatch(key))):
        if url := form.get(f"MediaUrl{number}", "").strip():
            declared = form.get(f"MediaContentType{number}", "").split(";")[0].strip().lower()
            content_type = declared or _guess_type(url)
            is_sticker = form.get("MessageType") == "sticker"
            found.append(Media(url=url, content_type=content_type, kind=_kind_of(content_type, is_sticker)))
    return tuple(found)


def bare_number(value: str) -> str:
    """Give ``+573001112233`` for it with or without Twilio's ``whatsapp:`` before it."""
    return value.strip().removeprefix(_WHATSAPP).strip()


def _sid_of(form: Mapping[str, str]) -> str:
    sid = form.get("MessageSid") or form.get("SmsMessageSid") or form.get("SmsSid") or ""
    if not _SID.fullmatch(sid):
        raise MalformedMessage("no MessageSid")
    return sid


def _address_of(form: Mapping[str, str], whatsapp_number: str) -> Address:
    """Say who writes: a number, a short code, a name, or WhatsApp's own id for a person."""
    sender, own = tidy(form.get("From", "")), form.get("To", "").strip()
    value = bare_number(sender)
    if not value or len(value) > _LONGEST_ADDRESS:
        raise MalformedMessage("no From")
    by_whatsapp = (
        sender.startswith(_WHATSAPP)
        or own.startswith(_WHATSAPP)
        or (bool(whatsapp_number) and own == bare_number(whatsapp_number))
    )
    if not by_whatsapp:
        return Address(channel="sms", value=value)
    if _PHONE.fullmatch(value):
        value = "+" + value.removeprefix("+")
    return Address(channel="whatsapp", value=value)


def _guess_type(url: str) -> str:
    try:
        path = urlsplit(url).path
    except ValueError:
        path = ""
    return mimetypes.guess_type(path)[0] or "application/octet-stream"


def _kind_of(content_type: str, is_sticker: bool) -> MediaKind:
    if is_sticker or content_type == "image/webp":  # WhatsApp sends photos as JPEG, stickers as WebP
        return MediaKind.STICKER
    if content_type in ("text/vcard", "text/x-vcard", "text/directory"):
        return MediaKind.CONTACT
    match content_type.partition("/")[0]:
        case "image":
            return MediaKind.IMAGE
        case "audio":
            return MediaKind.AUDIO
        case "video":
            return MediaKind.VIDEO
        case _:
            return MediaKind.DOCUMENT


def _location_of(form: Mapping[str, str]) -> Location | None:
    try:
        latitude, longitude = float(form.get("Latitude", "")), float(form.get("Longitude", ""))
    except ValueError:
        return None
    if not (math.isfinite(latitude) and abs(latitude) <= 90 and math.isfinite(longitude) and abs(longitude) <= 180):
        return None
    names = dict.fromkeys(tidy(form.get(key, "")) for key in ("Label", "Address"))
    return Location(latitude=latitude, longitude=longitude, label=", ".join(n for n in names if n))
