"""A Rasa that listens on loopback: it parses, or it is slow, gone, in error or raving."""

from __future__ import annotations

import asyncio
from collections import Counter
from types import TracebackType
from typing import Self

from aiohttp import web

from tests.doubles.twilio_faults import Hold, Moment

_NONSENSE = '{"intent": {"name": 7, "confidence": "mucha"}, "text": '


class RasaDouble:
    """``async with RasaDouble() as rasa: ...`` with ``RASA_URL=rasa.url``; ``intents`` says what texts mean.

    ``trouble`` is empty, or ``gone``, ``slow``, ``error`` or ``nonsense``.
    """

    def __init__(self) -> None:
        self.intents: dict[str, tuple[str, float]] = {}
        self.trouble: str = ""
        self.asked: list[str] = []
        self.requests: Counter[str] = Counter()
        self._holds: list[Hold] = []

    async def __aenter__(self) -> Self:
        app = web.Application()
        app.add_routes([web.post("/model/parse", self._parse), web.get("/status", self._status)])
        self._runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.5)
        await self._runner.setup()
        await web.TCPSite(self._runner, "127.0.0.1", 0).start()
        self.url = f"http://127.0.0.1:{self._runner.addresses[0][1]}"
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for hold in self._holds:
            hold.drop()
        await self._runner.cleanup()

    def hold(self, nth: int = 1, moment: Moment = "before") -> Hold:
        """Stop the nth parse from now, before or after it is thought about."""
        self._holds.append(Hold(nth=nth, moment=moment, on="create"))
        return self._holds[-1]

    async def _parse(self, request: web.Request) -> web.StreamResponse:
        self.requests["parse"] += 1
        await self._held("before")
        text = str((await request.json())["text"])
        self.asked.append(text)
        await self._held("after")
        match self.trouble:
            case "gone":
                assert request.transport is not None
                request.transport.abort()
            case "slow":
                await asyncio.sleep(10)
            case "error":
                return web.Response(status=500, text=f"failed on {text}")
            case "nonsense":
                return web.Response(text=_NONSENSE, content_type="application/json")
        name, confidence = self.intents.get(text, ("out_of_scope", 0.1))
        return web.json_response({"text": text, "intent": {"name": name, "confidence": confidence}})

    async def _status(self, _: web.Request) -> web.Response:
        self.requests["status"] += 1
        return web.json_response({"model_file": "model.tar.gz"} if not self.trouble else {})

    async def _held(self, moment: Moment) -> None:
        for hold in self._holds:
            if hold.moment == moment and hold.nth > 0:
                hold.nth -= 1
                if hold.nth == 0:
                    await hold.stand()
