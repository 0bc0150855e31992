"""Twilio forgets a message: its words and files, or its whole record."""

from __future__ import annotations

from typing import Any

from twilio.rest import Client

from bot.errors import SendError
from channels.twilio.rest import ask

#: There is no such thing any more: what was asked for is done (twilio.com/docs/api/errors/20404).
_MISSING = frozenset({"20404", "404"})


class TwilioEraser:
    """A ``bot.services.Eraser``. A message that is still on its way is refused, and tried again later."""

    def __init__(self, client: Client) -> None:
        self._client = client

    async def erase(self, provider_id: str, *, whole: bool) -> None:
        """Empty a message and delete its files, or with ``whole`` its record, which takes them along.

        Source: twilio.com/docs/messaging/api/message-resource, "Update" (an empty ``Body`` redacts) and "Delete".
        Raises ``SendError``.
        """
        message = self._client.messages(provider_id)
        if whole:
            await _gone(message.delete_async())
            return
        emptied = await _gone(message.update_async(body=""))
        if emptied is None or not int(emptied.num_media or 0):
            return
        for item in await ask(message.media.list_async()):
            await _gone(message.media(item.sid).delete_async())


async def _gone(call: Any) -> Any:
    """What Twilio says, or None if there was nothing there any more."""
    try:
        return await ask(call)
    except SendError as error:
        if error.code not in _MISSING:
            raise
        return None
