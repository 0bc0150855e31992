"""The phones of the simulator and what is seen on their screens: values, and their form on the wire."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

from bot.messages import Address, Button, DeliveryStatus, Location, MediaKind
from bot.segments import Segments

_ID = re.compile(r"(whatsapp|sms)-([1-9][0-9]{0,3})")
_NUMBER = re.compile(r"\+57000000([0-9]{4})")

#: How far a bubble came; it moves forward only, save for one that failed and is tried again.
_ORDER = (DeliveryStatus.FAILED, DeliveryStatus.SENT, DeliveryStatus.DELIVERED, DeliveryStatus.READ)


class Look(StrEnum):
    """Which application the phone shows; also the last part of the channel's name."""

    WHATSAPP = "whatsapp"
    SMS = "sms"

    @property
    def channel(self) -> str:
        """The word in ``Address.channel``: ``simulator_whatsapp`` or ``simulator_sms``."""
        return f"simulator_{self.value}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Phone:
    """One application on one phone: ``Phone(look=Look.SMS, number=2)``, ``sms-2`` in addresses.

    Numbers are 1 to 9999. No phone of Colombia begins with a zero, so the address belongs to nobody.
    """

    look: Look
    number: int

    @property
    def id(self) -> str:
        """The phone's name in URLs."""
        return f"{self.look.value}-{self.number}"

    @property
    def address(self) -> Address:
        """The fictional number, ``+57000000`` and four digits."""
        return Address(channel=self.look.channel, value=f"+57000000{self.number:04d}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Bubble:
    """One bubble. ``mine`` is the person's own; ``answers`` names the bubble whose button was tapped."""

    id: str
    mine: bool
    at: datetime
    status: DeliveryStatus
    text: str = ""
    buttons: tuple[Button, ...] = ()
    payload: str | None = None
    answers: str | None = None
    media: MediaKind | None = None
    location: Location | None = None
    size: Segments | None = None

    def may_become(self, status: DeliveryStatus) -> bool:
        """Whether ``status`` is further than where the bubble is."""
        return _ORDER.index(status) > _ORDER.index(self.status)


def phone_named(name: str) -> Phone | None:
    """The phone of an id in a URL, None if there is no such phone."""
    found = _ID.fullmatch(name)
    return Phone(look=Look(found[1]), number=int(found[2])) if found else None


def phone_at(address: Address) -> Phone | None:
    """The phone that has this address, None if it is not one of the simulator."""
    found = _NUMBER.fullmatch(address.value)
    looks = {look.channel: look for look in Look}
    if found is None or int(found[1]) == 0 or address.channel not in looks:
        return None
    return Phone(look=looks[address.channel], number=int(found[1]))


def bubble_as_json(bubble: Bubble, *, phone: Phone, place: int) -> dict[str, Any]:
    """A bubble for the page; ``place`` orders the bubbles of a phone."""
    return {
        "phone": phone.id,
        "id": bubble.id,
        "place": place,
        "mine": bubble.mine,
        "at": bubble.at.isoformat(),
        "status": bubble.status.value,
        "text": bubble.text,
        "buttons": [{"title": button.title, "payload": button.payload} for button in bubble.buttons],
        "payload": bubble.payload,
        "answers": bubble.answers,
        "media": bubble.media.value if bubble.media else None,
        "location": _point(bubble.location),
        "size": {"encoding": bubble.size.encoding, "segments": bubble.size.segments} if bubble.size else None,
    }


def _point(location: Location | None) -> dict[str, float] | None:
    return {"latitude": location.latitude, "longitude": location.longitude} if location else None
