"""What Twilio heard for us, from its own list: the other way in, for when no webhook came through."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from datetime import datetime
from typing import Any

from twilio.rest import Client

from bot.errors import MalformedMessage
from bot.messages import Media, PastMessage
from bot.settings import Settings
from channels.twilio.parse import bare_number, parse_media, parse_message
from channels.twilio.rest import ask

#: The most that Twilio lists in one page (twilio.com/docs/usage/twilios-response, "Paging").
PAGE = 1_000

log = logging.getLogger(__name__)


class TwilioArchive:
    """A ``bot.services.Archive``. A list tells less than a webhook: which words, not which button or what place."""

    def __init__(self, client: Client, settings: Settings) -> None:
        self._client, self._whatsapp = client, settings.twilio_whatsapp_from
        self._pools = {own for own in (settings.twilio_whatsapp_from, settings.twilio_sms_from) if own.startswith("MG")}
        own = [_dressed(settings.twilio_whatsapp_from, "whatsapp:"), _dressed(settings.twilio_sms_from, "")]
        # Of a pool of numbers (MG...) no one is known: then everything is listed, and what went to another left out.
        self._own: list[str | None] = [None] if None in own else [one for one in own if one]

    async def heard_since(self, moment: datetime) -> Sequence[PastMessage]:
        """Messages to us since ``moment`` (aware), oldest first. Raises ``SendError``."""
        listed: list[Any] = []
        for own in self._own:
            to = {"to": own} if own else {}
            listed += await ask(self._client.messages.list_async(date_sent_after=moment, page_size=PAGE, **to))
        # The newest come first; within one second, which is all that Twilio tells, in the order of its list.
        inbound = [one for one in reversed(listed) if one.direction == "inbound" and self._is_ours(one)]
        inbound.sort(key=_sent_at)
        return [past for one in inbound if (past := self._past(one)) is not None]

    async def attached(self, external_id: str) -> tuple[Media, ...]:
        """The files of one message. Raises ``SendError``."""
        form = {}
        for number, item in enumerate(await ask(self._client.messages(external_id).media.list_async())):
            where = f"2010-04-01/Accounts/{self._client.account_sid}/Messages/{external_id}/Media/{item.sid}"
            form[f"MediaUrl{number}"] = f"https://api.twilio.com/{where}"
            form[f"MediaContentType{number}"] = item.content_type or ""
        return parse_media(form)

    def _is_ours(self, listed: Any) -> bool:
        pool = listed.messaging_service_sid
        return not self._pools or not pool or pool in self._pools

    def _past(self, listed: Any) -> PastMessage | None:
        form = {
            "MessageSid": listed.sid or "",
            "From": listed.from_ or "",
            "To": listed.to or "",
            "Body": listed.body or "",
        }
        try:
            message = parse_message(form, whatsapp_number=self._whatsapp)
        except MalformedMessage as error:
            log.warning("left out of the sweep: %s", error)
            return None
        return PastMessage(message=message, sent_at=_sent_at(listed), files=int(listed.num_media or 0))


def _sent_at(listed: Any) -> datetime:
    at: datetime = listed.date_sent or listed.date_created
    return at


def _dressed(own: str, prefix: str) -> str | None:
    """``whatsapp:+57…`` for ours; empty without one, None for a pool."""
    if own.startswith("MG"):
        return None
    return prefix + bare_number(own) if own else ""
