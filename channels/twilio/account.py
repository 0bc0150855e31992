"""Our account at Twilio, over one session: what sends, what was heard, what is kept there."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass

from bot.settings import Settings
from channels.twilio.archive import TwilioArchive
from channels.twilio.contents import TwilioContents
from channels.twilio.eraser import TwilioEraser
from channels.twilio.reporter import TwilioReporter
from channels.twilio.rest import open_client, open_session
from channels.twilio.sender import TwilioChannel, channels_of


@dataclass(frozen=True, slots=True, kw_only=True)
class Account:
    """All that we do at Twilio besides what it calls us for."""

    channels: Mapping[str, TwilioChannel]
    archive: TwilioArchive
    eraser: TwilioEraser
    reporter: TwilioReporter
    contents: TwilioContents

    def know(self, templates: Mapping[str, str]) -> None:
        """By our names, the templates that are at Twilio now."""
        for channel in self.channels.values():
            channel.know(templates)


@asynccontextmanager
async def open_account(settings: Settings) -> AsyncIterator[Account]:
    """Open one session for all of it, and close it at the end."""
    async with open_session() as session:
        client = open_client(settings, session)
        yield Account(
            channels=channels_of(client, settings),
            archive=TwilioArchive(client, settings),
            eraser=TwilioEraser(client),
            reporter=TwilioReporter(client),
            contents=TwilioContents(client),
        )
