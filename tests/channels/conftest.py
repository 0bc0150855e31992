"""A Twilio double, our two webhooks on loopback, and a door that remembers."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import date

import pytest
from aiohttp import web
from pydantic import SecretStr

from bot.errors import DatabaseUnavailable
from bot.messages import DeliveryReport, PersonMessage
from bot.services import Door
from bot.settings import Settings
from channels.twilio.webhook import routes
from tests.doubles.twilio import ACCOUNT_SID, AUTH_TOKEN, SMS_NUMBER, WHATSAPP_NUMBER, TwilioDouble

PUBLIC_URL = "https://canal.example/bot"


class RememberingDoor:
    """Takes what comes, knows what it has; ``is_broken`` is a database that does not answer."""

    def __init__(self) -> None:
        self.messages: list[PersonMessage] = []
        self.reports: list[DeliveryReport] = []
        self.is_broken = False

    async def accept(self, message: PersonMessage) -> bool:
        self._work()
        if any(m.external_id == message.external_id for m in self.messages):
            return False
        self.messages.append(message)
        return True

    async def note_delivery(self, report: DeliveryReport) -> None:
        self._work()
        self.reports.append(report)

    def _work(self) -> None:
        if self.is_broken:
            raise DatabaseUnavailable


@pytest.fixture
async def twilio() -> AsyncIterator[TwilioDouble]:
    async with TwilioDouble() as double:
        yield double


@pytest.fixture
def settings(twilio: TwilioDouble) -> Settings:
    return settings_for(twilio.url)


@pytest.fixture
def door() -> RememberingDoor:
    return RememberingDoor()


@pytest.fixture
async def service(twilio: TwilioDouble, settings: Settings, door: RememberingDoor) -> AsyncIterator[str]:
    """Our webhooks behind a proxy that strips ``/bot``; the double calls them there."""
    async with listening(door, settings) as url:
        twilio.service_url, twilio.public_url = url, PUBLIC_URL
        yield url


class listening:  # noqa: N801 - reads as a phrase: async with listening(door, settings)
    """Serve the webhooks (or other routes) on a port of its own; gives the address."""

    def __init__(self, door: Door, settings: Settings, instead: list[web.RouteDef] | None = None) -> None:
        app = web.Application()
        app.add_routes(instead or routes(door, settings))
        self._runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.5)

    async def __aenter__(self) -> str:
        await self._runner.setup()
        await web.TCPSite(self._runner, "127.0.0.1", 0).start()
        return f"http://127.0.0.1:{self._runner.addresses[0][1]}"

    async def __aexit__(self, *_error: object) -> None:
        await self._runner.cleanup()


def settings_for(api_base: str, *, public_url: str = PUBLIC_URL, token: str = AUTH_TOKEN) -> Settings:
    return Settings(
        public_url=public_url,
        twilio_account_sid=ACCOUNT_SID,
        twilio_auth_token=SecretStr(token),
        twilio_whatsapp_from="whatsapp:" + WHATSAPP_NUMBER,
        twilio_sms_from=SMS_NUMBER,
        sms_tests=(("Prueba", date(2026, 11, 1)),),
        twilio_api_base=api_base,
    )
