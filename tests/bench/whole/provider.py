"""Twilio as the benchmark needs it: it keeps nothing, and says when a letter for a phone came."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from datetime import UTC, datetime
from time import monotonic
from urllib.parse import urlsplit

from tests.doubles.twilio import ACCOUNT_SID, WHATSAPP_NUMBER, TwilioDouble
from tests.doubles.twilio_records import MessageRecord, inbound_form, new_sid


class Provider(TwilioDouble):
    """``heard_at = provider.next_for(phone)`` before writing; awaiting it gives the moment (monotonic seconds).

    The tests' double looks through all it ever heard for each message, and that would be measured too.
    """

    def __init__(self) -> None:
        super().__init__()
        self._awaited: dict[str, asyncio.Future[float]] = {}
        #: For each phone the ids of the letters that came, as their status callbacks name them.
        self.letters: dict[str, list[str]] = {}

    def next_for(self, phone: str) -> asyncio.Future[float]:
        """The moment at which the next letter for this phone is here."""
        heard_at = asyncio.get_running_loop().create_future()
        self._awaited[f"whatsapp:{phone}"] = heard_at
        return heard_at

    async def say(self, phone: str, words: str, *, door: str) -> int:
        """She writes through the service at ``door``; what the webhook was answered."""
        message = MessageRecord(
            account_sid=ACCOUNT_SID,
            sid=new_sid("SM"),
            direction="inbound",
            sender=f"whatsapp:{phone}",
            to=f"whatsapp:{WHATSAPP_NUMBER}",
            body=words,
            created_at=datetime.now(UTC),
            status="received",
        )
        return (await self.post("/twilio/inbound", inbound_form(message, words), public_url=door)).status

    def take(self, form: Mapping[str, str]) -> MessageRecord | str:
        """Accept a letter, tell who waits for it, and report it as sent and delivered if asked to."""
        to = form["To"]
        self.letters.setdefault(to, []).append(form.get("StatusCallback", "").rpartition("letter=")[2])
        heard_at = self._awaited.pop(to, None)
        if heard_at is not None and not heard_at.done():
            heard_at.set_result(monotonic())
        message = MessageRecord(
            account_sid=ACCOUNT_SID,
            sid=new_sid("SM"),
            direction="outbound-api",
            sender=form.get("From", ""),
            to=to,
            body="",
            created_at=self.now(),
            status="queued",
            status_callback=form.get("StatusCallback", ""),
        )
        if self.callbacks == "auto" and message.status_callback:
            self._start(self._report_both(message))
        return message

    async def _report_both(self, message: MessageRecord) -> None:
        target = urlsplit(message.status_callback)
        door = f"{target.scheme}://{target.netloc}"
        for status in ("sent", "delivered"):
            form = {"AccountSid": ACCOUNT_SID, "MessageSid": message.sid, "MessageStatus": status, "To": message.to}
            await self.post(message.status_callback.removeprefix(door), form, public_url=door)
