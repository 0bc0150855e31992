"""Asking Rasa, with a deadline: it may be slow, gone or raving, and nobody waits for it twice in vain."""

from __future__ import annotations

import asyncio
import math
from dataclasses import dataclass

import aiohttp

from bot.errors import NluUnavailable

#: After so many failures in a row Rasa is not asked for a while; then one question tries it.
_FAILURES = 3
_REST_SECONDS = 5.0
#: A parse of one message is a few kilobytes; whatever is larger is not one.
_LARGEST_ANSWER = 256 * 1024


@dataclass(frozen=True, slots=True, kw_only=True)
class Heard:
    """What Rasa took a text for, ``confidence`` between 0 and 1."""

    intent: str
    confidence: float


class RasaClient:
    """``await client.parse(text)``; ``url`` is empty where there is no Rasa."""

    def __init__(self, session: aiohttp.ClientSession, *, url: str, token: str, timeout_seconds: float) -> None:
        self._session, self._url, self._token = session, url.rstrip("/"), token
        self._timeout = timeout_seconds
        self._failures, self._rests_until = 0, 0.0

    async def parse(self, text: str) -> Heard:
        """Ask what a text means. Raises ``NluUnavailable`` within the deadline, at once while Rasa rests."""
        now = asyncio.get_running_loop().time()
        if not self._url or (self._failures >= _FAILURES and now < self._rests_until):
            raise NluUnavailable("Rasa is not asked")
        # One question at a time tries a Rasa that rested: the others go on without it.
        self._rests_until = now + _REST_SECONDS
        try:
            async with asyncio.timeout(self._timeout):
                heard = _read(await self._post({"text": text}))
        except (aiohttp.ClientError, TimeoutError, OSError, ValueError) as error:
            self._failures += 1
            # The kind alone: an answer may quote the text.
            raise NluUnavailable(type(error).__name__) from None
        self._failures = 0
        return heard

    async def is_ready(self) -> bool:
        """Whether Rasa answers and has a model."""
        if not self._url:
            return False
        try:
            async with (
                asyncio.timeout(max(self._timeout, 2.0)),
                self._session.get(f"{self._url}/status", params=self._credentials) as response,
            ):
                ready = response.status == 200 and bool((await response.json()).get("model_file"))
        except (aiohttp.ClientError, TimeoutError, OSError, ValueError, AttributeError):
            return False
        if ready:
            self._failures = 0
        return ready

    @property
    def _credentials(self) -> dict[str, str]:
        return {"token": self._token} if self._token else {}

    async def _post(self, question: dict[str, str]) -> object:
        async with self._session.post(f"{self._url}/model/parse", params=self._credentials, json=question) as response:
            if response.status != 200 or (response.content_length or 0) > _LARGEST_ANSWER:
                raise ValueError("no parse")
            return await response.json(content_type=None)


def _read(answer: object) -> Heard:
    match answer:
        case {"intent": {"name": str(name), "confidence": float() | int() as confidence}} if math.isfinite(confidence):
            if 0.0 <= confidence <= 1.0 and not isinstance(confidence, bool):
                return Heard(intent=name, confidence=float(confidence))
    raise ValueError("no parse")
