"""What Twilio says of one message when it is asked, in the form in which it would have reported it."""

from __future__ import annotations

from uuid import UUID

from twilio.rest import Client

from bot.errors import MalformedMessage, SendError
from bot.messages import DeliveryReport
from channels.twilio.parse import parse_report
from channels.twilio.rest import ask

_MISSING = frozenset({"20404", "404"})


class TwilioReporter:
    """A ``bot.services.Reporter``."""

    def __init__(self, client: Client) -> None:
        self._client = client

    async def report_of(self, outbox_id: UUID, provider_id: str) -> DeliveryReport | None:
        """How far it came; None if there is no such message any more, or nothing to be read of it.

        Source: twilio.com/docs/messaging/api/message-resource, "Fetch". Raises ``SendError``.
        """
        try:
            message = await ask(self._client.messages(provider_id).fetch_async())
        except SendError as error:
            if error.code not in _MISSING:
                raise
            return None
        form = {
            "MessageSid": provider_id,
            "MessageStatus": str(message.status or ""),
            "ErrorCode": str(message.error_code or ""),
        }
        try:
            return parse_report(form, str(outbox_id))
        except MalformedMessage:
            return None
