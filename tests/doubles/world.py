"""Our service with real channels and its webhooks, beside a Twilio that misbehaves."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass

from channels.twilio.account import Account, open_account
from tests.channels.conftest import listening
from tests.doubles.rig import Rig, rigged
from tests.doubles.settings import settings_at
from tests.doubles.twilio import TwilioDouble


@dataclass
class World:
    """She, our service and the provider."""

    rig: Rig
    twilio: TwilioDouble
    account: Account

    async def letter(self) -> tuple[str, str | None]:
        """How far the first letter came, and the code that stands at it."""
        row = (await self.rig.rows("SELECT status, code FROM outbox ORDER BY created_at, seq LIMIT 1"))[0]
        return row.status, row.code

    async def reasons(self) -> list[str]:
        """For what a person of the team is asked."""
        return [row.reason for row in await self.rig.rows("SELECT reason FROM handovers WHERE closed_at IS NULL")]

    async def sent(self) -> str:
        """She writes and is answered; Twilio's id of the answer."""
        await self.rig.write("buenas")
        return self.twilio.messages[0].sid


@asynccontextmanager
async def open_world(url: str) -> AsyncIterator[World]:
    """Open all of it on this database."""
    async with TwilioDouble() as twilio:
        settings = settings_at(twilio, public_url="https://canal.example/bot")
        async with (
            open_account(settings) as account,
            rigged(url, channels=account.channels) as rig,
            listening(rig.intake, settings) as service,
        ):
            twilio.service_url, twilio.public_url = service, settings.public_url
            yield World(rig=rig, twilio=twilio, account=account)
