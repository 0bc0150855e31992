"""Asks Rasa what a text means, within a deadline; whatever goes wrong, the answer is "nothing"."""

from __future__ import annotations

import asyncio
import json
import logging
import math
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import aiohttp

from bot.errors import NluUnavailable

log = logging.getLogger(__name__)

#: The meaning stands in the first lines; Rasa's time grows with the text.
_LONGEST_TEXT = 2_000
_LARGEST_ANSWER = 256 * 1024
#: After so many failures in a row Rasa is left alone for a while, so that nobody waits for it.
_FAILURES = 3
_FIRST_PAUSE, _LONGEST_PAUSE = 1.0, 15.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Parse:
    """What Rasa thinks: ``Parse(ranking=(("physical_violence", 0.81), ...), urgent=0.7)``, likeliest first.

    ``urgent``: how likely it is that the message is urgent; None from a Rasa that does not say.
    ``grave``: the same by all who read it, their meanings counted in; None where only one did.
    """

    ranking: tuple[tuple[str, float], ...]
    urgent: float | None = None
    grave: float | None = None

    @property
    def intent(self) -> str:
        """The likeliest intent."""
        return self.ranking[0][0]

    @property
    def confidence(self) -> float:
        """Its probability, 0 to 1."""
        return self.ranking[0][1]


class RasaClient:
    """One connection pool to one Rasa. Neither texts nor the token are ever logged."""

    def __init__(
        self,
        session: aiohttp.ClientSession,
        *,
        url: str,
        token: str,
        timeout_seconds: float,
        intents: frozenset[str],
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._session, self._url, self._intents = session, url.rstrip("/"), intents
        self._query: Mapping[str, str] = {"token": token} if token else {}
        self._timeout = timeout_seconds
        self._clock = clock
        self._failures = 0
        self._retry_at = 0.0

    @property
    def is_named(self) -> bool:
        """Whether there is a Rasa to ask."""
        return bool(self._url)

    async def parse(self, text: str) -> Parse | None:
        """Ask Rasa; None if it is slow, gone, refuses or answers nonsense, and while it is left alone."""
        if not self._url or self._clock() < self._retry_at:
            return None
        if self._failures >= _FAILURES:
            self._retry_at = self._clock() + self._pause()  # one asks; the others go on without, until it is known
        try:
            async with asyncio.timeout(self._timeout):
                answer = await self._ask(text)
        except (TimeoutError, aiohttp.ClientError, OSError, ValueError, NluUnavailable) as error:
            self._note_failure(type(error).__name__)
            return None
        self._failures, self._retry_at = 0, 0.0
        return answer

    async def is_ready(self) -> bool:
        """Whether Rasa answers and has a model loaded."""
        if not self._url:
            return False
        try:
            async with (
                asyncio.timeout(self._timeout),
                self._session.get(f"{self._url}/status", params=self._query) as response,
            ):
                return response.status == 200
        except (TimeoutError, aiohttp.ClientError, OSError):
            return False

    async def _ask(self, text: str) -> Parse | None:
        # Rasa reads a leading "/" as a command ("/intent{...}"): nobody may choose their own meaning.
        said = text[:_LONGEST_TEXT].lstrip("/ \n\t").encode("utf-8", "ignore").decode()
        if not said:
            return None
        async with self._session.post(f"{self._url}/model/parse", params=self._query, json={"text": said}) as response:
            if response.status != 200:
                raise NluUnavailable(f"status {response.status}")
            body = await response.content.read(_LARGEST_ANSWER + 1)
            while not response.content.at_eof() and len(body) <= _LARGEST_ANSWER:
                body += await response.content.read(_LARGEST_ANSWER + 1 - len(body))
        if len(body) > _LARGEST_ANSWER:
            raise NluUnavailable("too long an answer")
        return _read(json.loads(body), self._intents)

    def _note_failure(self, kind: str) -> None:
        self._failures += 1
        if self._failures >= _FAILURES:
            self._retry_at = self._clock() + self._pause()
        if self._failures == _FAILURES:
            log.warning("Rasa fails (%s); until it answers again words and buttons decide", kind)

    def _pause(self) -> float:
        return min(_FIRST_PAUSE * 2.0 ** min(self._failures - _FAILURES, 8), _LONGEST_PAUSE)


def _read(answer: Any, intents: frozenset[str]) -> Parse | None:
    """Raises ``NluUnavailable`` for an answer that no Rasa with our model would give."""
    if not isinstance(answer, dict) or not isinstance(answer.get("intent_ranking"), list):
        raise NluUnavailable("no ranking")
    ranking: Sequence[Any] = answer["intent_ranking"]
    read: list[tuple[str, float]] = []
    for one in ranking:
        if not isinstance(one, dict) or one.get("name") not in intents:
            raise NluUnavailable("an unknown intent")
        read.append((one["name"], _probability(one.get("confidence"))))
    if not read:
        return None
    urgent = None if answer.get("urgent") is None else _probability(answer["urgent"])
    return Parse(ranking=tuple(sorted(read, key=lambda pair: -pair[1])), urgent=urgent)


def _probability(value: Any) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise NluUnavailable("a confidence that is no number")
    if not (math.isfinite(value) and 0.0 <= value <= 1.0):
        raise NluUnavailable("a confidence beyond 0 to 1")
    return float(value)
