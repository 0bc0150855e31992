"""Says what a text means: by words, by place names, by Rasa, and the gravest of them counts."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace

import aiohttp

from bot.messages import Alert, Understanding
from bot.nlu.meanings import OUT_OF_SCOPE, alert_of_intents
from bot.nlu.rasa_client import Parse, RasaClient
from bot.safety import combine, screen
from bot.territory import Territory, department, find

UNKNOWN = "unknown"
#: Below this the best of 28 meanings is a guess: the dialogue asks instead. See bot/nlu/README.md.
CONFIDENT = 0.25
#: If the grave meanings together are likelier than not, it is grave, whichever of them it is.
GRAVE_TOGETHER = 0.5


class WordsAndRasa:
    """The interpreter of the service. ``interpret`` never raises and never logs a text."""

    def __init__(self, rasa: RasaClient, territory: Territory) -> None:
        self._rasa, self._territory = rasa, territory

    async def interpret(self, text: str) -> Understanding:
        """What a text means; intent ``unknown`` where nobody is sure, the alert all the same."""
        return _where_sure(await self.read(text))

    async def read(self, text: str) -> Understanding:
        """The best guess, however unsure; its intent is ``unknown`` only where Rasa gave none and words say nothing."""
        if not text.strip():
            return Understanding()
        parse = await self._rasa.parse(text)
        heard = understood(parse)
        return replace(combine(screen(text), heard), place=find(self._territory, text))

    async def is_ready(self) -> bool:
        """Whether Rasa answers; without it words and buttons still work."""
        return await self._rasa.is_ready()


@asynccontextmanager
async def open_interpreter(url: str, token: str, timeout_seconds: float) -> AsyncIterator[WordsAndRasa]:
    """An interpreter with one connection pool; an empty ``url`` means words alone."""
    connector = aiohttp.TCPConnector(limit=32)
    async with aiohttp.ClientSession(connector=connector, cookie_jar=aiohttp.DummyCookieJar()) as session:
        rasa = RasaClient(
            session, url=url, token=token, timeout_seconds=timeout_seconds, intents=frozenset(alert_of_intents())
        )
        yield WordsAndRasa(rasa, department())


def understood(parse: Parse | None) -> Understanding:
    """What Rasa's answer means by itself: its best intent, and an alert that no low score takes away."""
    if parse is None:
        return Understanding()
    return Understanding(intent=parse.intent, confidence=parse.confidence, alert=_alert(parse), by="rasa")


def _alert(parse: Parse) -> Alert:
    """The alert of the likeliest meaning where it is more than a guess, or of the grave ones taken together."""
    alerts = alert_of_intents()
    alert = alerts[parse.intent] if parse.confidence >= CONFIDENT else Alert.NONE
    for level in (Alert.ATTENTION, Alert.URGENT, Alert.EMERGENCY):
        if sum(share for intent, share in parse.ranking if alerts[intent] >= level) >= GRAVE_TOGETHER:
            alert = max(alert, level)
    return alert


def _where_sure(best: Understanding) -> Understanding:
    if best.by == "rasa" and best.confidence < CONFIDENT:
        return replace(best, intent=UNKNOWN)
    return best


def guessed(best: Understanding) -> Understanding:
    """An intent of the vocabulary whatever happened: words without meaning to us are out of scope."""
    if best.intent != UNKNOWN:
        return best
    return replace(best, intent="inform_municipality" if best.place else OUT_OF_SCOPE)
