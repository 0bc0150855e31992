"""A Rasa that listens on loopback: parse and status, and its bad days.

In a test: ``async with RasaDouble() as rasa: ...`` with ``RASA_URL=rasa.url``. As a process of its
own: ``python -m tests.doubles.rasa --port 5005 [--trouble slow]``.
"""

from __future__ import annotations

import argparse
import asyncio
import json
from collections import Counter
from collections.abc import Mapping
from types import TracebackType
from typing import Any, Self

from aiohttp import web

from tests.doubles.twilio_faults import Hold, Moment

_MANY = 10_000_000
#: What absurd servers say: each with status 200.
NONSENSE: Mapping[str, Any] = {
    "no json": "<html>",
    "a list": [],
    "no ranking": {"intent": {"name": "greet", "confidence": 1.0}},
    "unknown intent": {"intent_ranking": [{"name": "fly_to_the_moon", "confidence": 0.9}]},
    "no number": {"intent_ranking": [{"name": "greet", "confidence": "much"}]},
    "true": {"intent_ranking": [{"name": "greet", "confidence": True}]},
    "beyond one": {"intent_ranking": [{"name": "greet", "confidence": 1e9}]},
    "not a number": '{"intent_ranking": [{"name": "greet", "confidence": NaN}]}',
    "huge": '{"intent_ranking": [], "more": "' + "x" * _MANY + '"}',
}


class RasaDouble:
    """``trouble``: "", "gone", "slow" (``delay`` seconds), "nonsense" (``nonsense``: one of NONSENSE), "error".

    ``intents`` maps a text to (intent, confidence); other texts get ``otherwise``. ``requests`` counts
    ``parse`` and ``status``, ``asked`` are the texts, ``refused`` counts requests with a wrong token.
    """

    def __init__(self, *, token: str = "", port: int = 0) -> None:
        self.token = token
        self.trouble: str = ""
        self.nonsense: str = "no ranking"
        self.delay = 30.0
        self.is_loaded = True
        self.intents: dict[str, tuple[str, float]] = {}
        self.otherwise: tuple[str, float] = ("out_of_scope", 0.9)
        self.requests: Counter[str] = Counter()
        self.asked: list[str] = []
        self.refused = 0
        self._port = port
        self._holds: list[Hold] = []

    async def __aenter__(self) -> Self:
        app = web.Application()
        app.router.add_post("/model/parse", self._parse)
        app.router.add_get("/status", self._status)
        self._runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.1)
        await self._runner.setup()
        site = web.TCPSite(self._runner, "127.0.0.1", self._port)
        await site.start()
        self._port = self._runner.addresses[0][1]
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for hold in self._holds:
            hold.drop()
        await self._runner.cleanup()

    @property
    def url(self) -> str:
        """Where it listens."""
        return f"http://127.0.0.1:{self._port}"

    def hold(self, nth: int = 1, moment: Moment = "before") -> Hold:
        """Stop the ``nth`` parse from now; await ``hold.reached``, then ``hold.release()``."""
        hold = Hold(nth=nth, moment=moment, on="create")
        self._holds.append(hold)
        return hold

    async def _parse(self, request: web.Request) -> web.StreamResponse:
        self.requests["parse"] += 1
        hold = self._next_hold()
        if not self._knows(request):
            return web.json_response({"reason": "NotAuthenticated"}, status=401)
        if hold is not None and hold.moment == "before":
            await hold.stand()
        text = (await request.json())["text"]
        self.asked.append(text)
        if hold is not None and hold.moment == "after":
            await hold.stand()
        return await self._answer(request, text)

    async def _answer(self, request: web.Request, text: str) -> web.StreamResponse:
        match self.trouble:
            case "gone":
                if request.transport is not None:
                    request.transport.abort()
                return web.Response()
            case "slow":
                await asyncio.sleep(self.delay)
            case "error":
                return web.json_response({"status": "failure"}, status=500)
            case "nonsense":
                said = NONSENSE[self.nonsense]
                return web.Response(
                    text=said if isinstance(said, str) else json.dumps(said), content_type="application/json"
                )
        intent, confidence = self.intents.get(text, self.otherwise)
        ranking = [{"name": intent, "confidence": confidence}]
        return web.json_response({"text": text, "intent": ranking[0], "entities": [], "intent_ranking": ranking})

    async def _status(self, request: web.Request) -> web.StreamResponse:
        self.requests["status"] += 1
        if not self._knows(request):
            return web.json_response({"reason": "NotAuthenticated"}, status=401)
        if self.trouble in ("gone", "error") or not self.is_loaded:
            return web.json_response({"reason": "Conflict"}, status=409)
        return web.json_response({"model_file": "double.tar.gz", "num_active_training_jobs": 0})

    def _knows(self, request: web.Request) -> bool:
        known = request.query.get("token", "") == self.token
        self.refused += not known
        return known

    def _next_hold(self) -> Hold | None:
        for hold in self._holds:
            hold.nth -= 1
        return next((hold for hold in self._holds if hold.nth == 0), None)


async def _serve(port: int, trouble: str) -> None:
    async with RasaDouble(port=port) as rasa:
        rasa.trouble = trouble
        print(rasa.url, flush=True)  # noqa: T201 - whoever starts it reads where it listens
        await asyncio.Event().wait()


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("--port", type=int, default=0)
    parser.add_argument("--trouble", default="")
    chosen = parser.parse_args()
    asyncio.run(_serve(chosen.port, chosen.trouble))
