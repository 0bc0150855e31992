"""The switches of a Twilio double that runs as a process of its own: JSON under ``/control``."""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import json
from dataclasses import asdict
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from aiohttp import web

from tests.doubles.twilio_faults import Fault, Hold

if TYPE_CHECKING:
    from tests.doubles.twilio import TwilioDouble


def routes(double: TwilioDouble) -> list[web.AbstractRouteDef]:
    """Give the control routes.

    ``GET messages`` (what was accepted from us, in order) and ``counts``; ``POST faults``
    (``{"kind", "times", "on", "seconds"}``), ``away`` (``{"seconds"}``), ``hold`` (``{"nth", "moment",
    "on"}``, answers an id), ``hold/{id}/release`` and ``drop``; ``GET hold/{id}``; ``POST settings``
    (``service_url``, ``public_url``, ``callbacks``, ``window``, ``clock_offset_seconds``), ``inbound``
    (arguments of ``TwilioDouble.write``), ``report`` (``{"sid", "status", "code"}``), ``reset``.
    """
    control = _Control(double)
    return [
        web.get("/control/messages", control.messages),
        web.get("/control/counts", control.counts),
        web.post("/control/faults", control.fault),
        web.post("/control/away", control.away),
        web.post("/control/hold", control.hold),
        web.get("/control/hold/{id}", control.show_hold),
        web.post("/control/hold/{id}/{act:release|drop}", control.end_hold),
        web.post("/control/settings", control.settings),
        web.post("/control/inbound", control.inbound),
        web.post("/control/report", control.report),
        web.post("/control/reset", control.reset),
    ]


def serve(make: type[TwilioDouble]) -> None:
    """Run a double as a process of its own; prints ``{"url": ...}`` when it listens."""
    arguments = argparse.ArgumentParser(description="A Twilio on loopback, for tests")
    arguments.add_argument("--port", type=int, default=0)
    arguments.add_argument("--account-sid", default="AC" + "0" * 32)
    arguments.add_argument("--auth-token", default="token-of-the-double")
    arguments.add_argument("--service-url", default="")
    arguments.add_argument("--public-url", default="")
    chosen = arguments.parse_args()

    async def run() -> None:
        double = make(account_sid=chosen.account_sid, auth_token=chosen.auth_token, port=chosen.port)
        double.service_url, double.public_url = chosen.service_url, chosen.public_url
        async with double:
            print(json.dumps({"url": double.url}), flush=True)  # noqa: T201 - for whoever started it
            await asyncio.Event().wait()

    with contextlib.suppress(KeyboardInterrupt):
        asyncio.run(run())


class _Control:
    def __init__(self, double: TwilioDouble) -> None:
        self._double = double
        self._holds: list[Hold] = []

    async def messages(self, _request: web.Request) -> web.Response:
        shown = [m.as_json() | {"status_callback": m.status_callback} for m in self._double.messages]
        return web.json_response(shown)

    async def counts(self, _request: web.Request) -> web.Response:
        return web.json_response(self._double.requests)

    async def fault(self, request: web.Request) -> web.Response:
        self._double.faults.append(Fault(**await request.json()))
        return web.json_response({})

    async def away(self, request: web.Request) -> web.Response:
        self._double.go_away_soon((await request.json())["seconds"])
        return web.json_response({})

    async def hold(self, request: web.Request) -> web.Response:
        self._holds.append(self._double.hold(**await request.json()))
        return web.json_response({"id": len(self._holds) - 1})

    async def show_hold(self, request: web.Request) -> web.Response:
        hold = self._holds[int(request.match_info["id"])]
        return web.json_response({"reached": hold.reached.is_set()})

    async def end_hold(self, request: web.Request) -> web.Response:
        hold = self._holds[int(request.match_info["id"])]
        (hold.drop if request.match_info["act"] == "drop" else hold.release)()
        return web.json_response({})

    async def settings(self, request: web.Request) -> web.Response:
        wanted: dict[str, Any] = await request.json()
        if "clock_offset_seconds" in wanted:
            self._double.clock_offset = timedelta(seconds=wanted.pop("clock_offset_seconds"))
        for name, value in wanted.items():
            if name not in ("service_url", "public_url", "callbacks", "window"):
                raise web.HTTPBadRequest(text=f"no such setting: {name}")
            setattr(self._double, name, value)
        return web.json_response({})

    async def inbound(self, request: web.Request) -> web.Response:
        return web.json_response(asdict(await self._double.write(**await request.json())))

    async def report(self, request: web.Request) -> web.Response:
        return web.json_response(asdict(await self._double.report(**await request.json())))

    async def reset(self, _request: web.Request) -> web.Response:
        self._double.reset()
        self._holds.clear()
        return web.json_response({})
