"""The simulator as a channel: what is sent appears on a phone in the browser, and is reported on."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import replace

from bot.errors import SendError
from bot.messages import DeliveryReport, DeliveryStatus, Letter, Reply
from bot.segments import count_segments
from bot.services import Door
from channels.layout.bubbles import LONGEST_BUBBLE, lay_out_sms, lay_out_whatsapp
from channels.layout.split import split
from channels.simulator.hub import Hub
from channels.simulator.phones import Bubble, Look, Phone, phone_at

#: Rows of a WhatsApp list; with more there are numbers to type.
_LONGEST_LIST = 10


class SimulatorChannel:
    """A ``Channel``: one for each look, all on one hub.

    ``delivered_after`` is the seconds until the "delivered" tick; "read" comes from the page.
    """

    def __init__(self, look: Look, *, hub: Hub, door: Door, delivered_after: float = 0.4) -> None:
        self._look, self._hub, self._door, self._delivered_after = look, hub, door, delivered_after

    def lay_out(self, reply: Reply) -> Sequence[Reply]:
        """Split a reply as the real channel does; on WhatsApp with buttons or a list under it."""
        if self._look is Look.SMS:
            return lay_out_sms(reply)
        if len(reply.buttons) > _LONGEST_LIST:
            return lay_out_whatsapp(reply)
        *parts, last = split(reply.text, limit=LONGEST_BUBBLE)
        return [*(Reply(text=part) for part in parts), replace(reply, text=last)]

    async def send(self, letter: Letter) -> str:
        """Show the letter on its phone. Raises ``SendError`` if the simulator has no such phone."""
        phone = phone_at(letter.address)
        if phone is None:
            raise SendError("no_such_phone", retryable=False)
        bubble_id = str(letter.outbox_id)
        if self._hub.find(phone, bubble_id) is None:
            self._hub.read_all(phone, mine=True)
            self._hub.put(phone, self._bubble(letter))
            self._hub.later(self._delivered_after, lambda: self._deliver(phone, letter))
        return _provider_id(letter)

    async def find(self, letter: Letter, *, known: Collection[str] = frozenset()) -> str | None:  # noqa: ARG002 - it knows by our id
        """Give the letter's id if its bubble was shown."""
        phone = phone_at(letter.address)
        is_shown = phone is not None and self._hub.find(phone, str(letter.outbox_id)) is not None
        return _provider_id(letter) if is_shown else None

    def _bubble(self, letter: Letter) -> Bubble:
        return Bubble(
            id=str(letter.outbox_id),
            mine=False,
            at=self._hub.now(),
            status=DeliveryStatus.SENT,
            text=letter.reply.text,
            buttons=letter.reply.buttons,
            size=count_segments(letter.reply.text) if self._look is Look.SMS else None,
        )

    async def _deliver(self, phone: Phone, letter: Letter) -> None:
        if self._hub.move(phone, str(letter.outbox_id), DeliveryStatus.DELIVERED):
            await self._door.note_delivery(
                DeliveryReport(
                    outbox_id=letter.outbox_id, status=DeliveryStatus.DELIVERED, provider_id=_provider_id(letter)
                )
            )


def _provider_id(letter: Letter) -> str:
    return f"SIM{letter.outbox_id.hex}"
