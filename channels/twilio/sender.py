"""WhatsApp and SMS by Twilio: lay out, send, and ask whether it was sent already."""

from __future__ import annotations

import json
import logging
import re
import unicodedata
from collections.abc import AsyncIterator, Collection, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import timedelta
from typing import Any, Literal

from twilio.rest import Client

from bot.dialogue.patterns import ASK_SAFE_NOW
from bot.errors import SendError
from bot.messages import DeliveryStatus, Letter, Reply
from bot.outcomes import Does, drops, outcome_of
from bot.settings import Settings
from channels.layout.bubbles import lay_out_sms, lay_out_whatsapp
from channels.layout.shape import shape_of, words_of
from channels.twilio.parse import STATUSES, bare_number
from channels.twilio.rest import ask, open_client, open_session
from channels.twilio.webhook import STATUS_PATH

#: How far Twilio's clock (whole seconds) may be behind ours when a letter is looked for.
CLOCK_MARGIN = timedelta(seconds=5)
#: Her newest messages that are looked through for a letter.
LOOKED_THROUGH = 50

log = logging.getLogger(__name__)

_CONTENT_SID = re.compile(r"HX[0-9a-fA-F]{32}")


class TwilioChannel:
    """One of our two senders at Twilio; a ``bot.services.Channel``."""

    def __init__(self, client: Client, settings: Settings, kind: Literal["whatsapp", "sms"]) -> None:
        own = settings.twilio_whatsapp_from if kind == "whatsapp" else settings.twilio_sms_from
        self._client = client
        self._kind = kind
        self._status_url = settings.base_url + STATUS_PATH
        self._service = own if own.startswith("MG") else None  # a pool of numbers instead of one
        self._own = None if self._service else self._dressed(bare_number(own))
        # By the name of the response: the sid of the template that WhatsApp approved for it.
        self._templates = {ASK_SAFE_NOW: settings.ask_safe_template} if kind == "whatsapp" else {}
        self._shapes: Mapping[str, str] = {}

    def know(self, templates: Mapping[str, str]) -> None:
        """By our names, the shapes with buttons or lists that are at Twilio now."""
        self._shapes = dict(templates)

    def lay_out(self, reply: Reply) -> Sequence[Reply]:
        """Split a reply into bubbles that Twilio takes, in order; without a template, buttons are numbers."""
        if self._kind == "sms":
            return lay_out_sms(reply)
        shape = shape_of(reply) if reply.content is None else None
        if shape is not None and shape.name in self._shapes:
            reply = replace(reply, content=shape.name)
        return lay_out_whatsapp(reply, has_template=self._content_sid(reply) is not None)

    async def send(self, letter: Letter) -> str:
        """Hand one laid-out bubble over; Twilio's id comes back. Raises ``SendError``.

        The status URL carries our own id, so that a lost answer can be reconciled.
        """
        reply, sid = letter.reply, self._content_sid(letter.reply)
        if sid is None:
            return await self._send(letter, {"body": _in_numbers(reply)})
        if reply.content not in self._shapes:  # one that WhatsApp approved, word for word
            return await self._send(letter, {"content_sid": sid})
        try:
            variables = json.dumps(words_of(reply), ensure_ascii=False)
            return await self._send(letter, {"content_sid": sid, "content_variables": variables})
        except SendError as error:
            if outcome_of(error.code).does is not Does.PLAIN:
                raise
        # Refused for its template: certainly not sent. Her question is not lost for a button.
        log.warning("the template %s is refused; it is sent in numbers (valle-sano content push)", reply.content)
        return await self._send(letter, {"body": _in_numbers(reply)})

    async def _send(self, letter: Letter, words: Mapping[str, Any]) -> str:
        sender = {"messaging_service_sid": self._service} if self._service else {"from_": self._own}
        message = await ask(
            self._client.messages.create_async(
                to=self._dressed(letter.address.value),
                status_callback=f"{self._status_url}?letter={letter.outbox_id}",
                **sender,
                **words,
            )
        )
        return _sid_of(message)

    async def find(self, letter: Letter, *, known: Collection[str] = frozenset()) -> str | None:
        """Ask Twilio for a letter whose sending is uncertain: its id, or None if it is not there.

        Matched by receiver, sender, words and time of creation, since Twilio does not tell the
        status URL. ``known`` are Twilio's ids of other letters: where the same words went out
        twice, they keep one from being taken for the other. What Twilio dropped for speed is not
        there. Raises ``SendError``: uncertain, or final if nobody can say any more what became of it.
        """
        if letter.dropped is not None and not await self._was_dropped(letter.dropped):
            return letter.dropped
        filters = {"from_": self._own} if self._own else {}
        # Not filtered by DateSent at Twilio: it knows days only, and a queued message has none.
        try:
            listed = await ask(
                self._client.messages.list_async(
                    to=self._dressed(letter.address.value), limit=LOOKED_THROUGH, page_size=LOOKED_THROUGH, **filters
                )
            )
        except SendError as error:  # whatever it was, the letter is as uncertain as before
            raise SendError(error.code, retryable=True, uncertain=True) from None
        earliest = letter.created_at - CLOCK_MARGIN
        for message in reversed(listed):  # Twilio lists the newest first; letters go out in order
            is_ours = message.sid not in known and str(message.direction or "").startswith("outbound")
            is_recent = message.date_created is not None and message.date_created >= earliest
            if is_ours and is_recent and not _is_dropped(message) and _is_same(message.body, letter.reply):
                return _sid_of(message)
        return None

    async def _was_dropped(self, sid: str) -> bool:
        try:
            return _is_dropped(await ask(self._client.messages(sid).fetch_async()))
        except SendError as error:
            is_gone = error.code in ("20404", "404")
            raise SendError(error.code, retryable=not is_gone, uncertain=not is_gone) from None

    def _content_sid(self, reply: Reply) -> str | None:
        """Twilio's name for the template of a reply, which names it so or by the response; None: words alone."""
        name = reply.content or ""
        sid = self._shapes.get(name) or self._templates.get(name, name)
        return sid if _CONTENT_SID.fullmatch(sid) else None

    def _dressed(self, value: str) -> str:
        return f"whatsapp:{value}" if self._kind == "whatsapp" else value


def channels_of(client: Client, settings: Settings) -> dict[str, TwilioChannel]:
    """The channels that have a sender: ``{"whatsapp": ..., "sms": ...}``; SMS only once it was tested."""
    channels = {}
    if settings.twilio_whatsapp_from:
        channels["whatsapp"] = TwilioChannel(client, settings, "whatsapp")
    if settings.has_sms:
        channels["sms"] = TwilioChannel(client, settings, "sms")
    return channels


@asynccontextmanager
async def open_channels(settings: Settings) -> AsyncIterator[dict[str, TwilioChannel]]:
    """Open one session and give its channels."""
    async with open_session() as session:
        yield channels_of(open_client(settings, session), settings)


def _sid_of(message: Any) -> str:
    if not message.sid:
        raise SendError("garbled", retryable=True, uncertain=True)
    return str(message.sid)


def _is_dropped(message: Any) -> bool:
    """Whether Twilio took it, and then it went nowhere because we were too fast."""
    has_failed = STATUSES.get(str(message.status)) is DeliveryStatus.FAILED
    return has_failed and drops(str(message.error_code or ""))


def _is_same(body: str | None, reply: Reply) -> bool:
    """Compare as Twilio may have changed it: white space and Unicode form do not count."""
    return _bare(body or "") in {_bare(reply.text), _bare(_in_numbers(reply))}


def _in_numbers(reply: Reply) -> str:
    """The words of a letter that was laid out for a template, with its choices by number."""
    if not reply.buttons:
        return reply.text
    return "\n\n".join(part.text for part in lay_out_whatsapp(replace(reply, content=None)))


def _bare(text: str) -> str:
    return " ".join(unicodedata.normalize("NFC", text).split())
