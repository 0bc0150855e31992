"""What a text means: her words, her place and Rasa's guess as one ``Understanding``; the gravest wins."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace

import aiohttp

from bot.errors import NluUnavailable
from bot.messages import Understanding
from bot.nlu.alerts import alert_of, is_known
from bot.nlu.rasa_client import RasaClient
from bot.safety import combine, screen
from bot.territory import department, find

#: Below this Rasa's first guess is right less often than not; the dialogue then asks again.
SURE = 0.35


class RasaInterpreter:
    """Implements ``bot.services.Interpreter``; never raises, never waits longer than Rasa's deadline."""

    def __init__(self, client: RasaClient, *, sure: float = SURE) -> None:
        self._client, self._sure = client, sure

    async def interpret(self, text: str) -> Understanding:
        """Say what a text means; without Rasa, what its words alone say."""
        guess = await self._guess(text)
        if guess.intent != "unknown" and guess.confidence < self._sure:
            guess = replace(guess, intent="unknown")
        return replace(combine(screen(text), guess), place=find(department(), text))

    async def is_ready(self) -> bool:
        """Whether Rasa answers; the words are read all the same."""
        return await self._client.is_ready()

    async def _guess(self, text: str) -> Understanding:
        try:
            heard = await self._client.parse(text)
        except NluUnavailable:
            return Understanding()
        if not is_known(heard.intent):
            return Understanding()
        return Understanding(intent=heard.intent, confidence=heard.confidence, alert=alert_of(heard.intent), by="rasa")


@asynccontextmanager
async def open_interpreter(
    url: str, token: str, timeout_seconds: float, *, sure: float = SURE
) -> AsyncIterator[RasaInterpreter]:
    """One session to Rasa for the process's life; ``url`` is empty where there is none."""
    async with aiohttp.ClientSession(cookie_jar=aiohttp.DummyCookieJar()) as session:
        client = RasaClient(session, url=url, token=token, timeout_seconds=timeout_seconds)
        yield RasaInterpreter(client, sure=sure)
