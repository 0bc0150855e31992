"""Attachments at Twilio: fetched by the rules of ``media``, stripped by ``clean``."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import aiohttp

from bot.messages import Media
from bot.settings import Settings
from channels.twilio.clean import clean
from channels.twilio.media import fetch, open_media_session


class TwilioMedia:
    """A ``bot.services.MediaSource``."""

    def __init__(self, session: aiohttp.ClientSession, settings: Settings) -> None:
        self._session, self._settings = session, settings

    async def fetch(self, media: Media) -> tuple[bytes, str]:
        """The bytes without metadata where the kind allows it, and their type. Raises ``MediaNotFetched``."""
        fetched = await fetch(media, session=self._session, settings=self._settings)
        # A picture is drawn anew, which takes its time: not in the loop that answers.
        cleaned = await asyncio.to_thread(clean, fetched.content, fetched.content_type)
        return cleaned.content, cleaned.content_type


@asynccontextmanager
async def open_media(settings: Settings) -> AsyncIterator[TwilioMedia]:
    """Open the session that attachments are fetched with, and close it at the end."""
    async with open_media_session(settings) as session:
        yield TwilioMedia(session, settings)
