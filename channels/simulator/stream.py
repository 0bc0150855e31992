"""The stream that a page of phones listens to: server-sent events, resumed where they broke off."""

from __future__ import annotations

import asyncio
import json
import re
from collections.abc import Collection

from aiohttp import web

from channels.simulator.hub import Change, Hub, Watch
from channels.simulator.phones import Phone, bubble_as_json

_HEADERS = {
    "Content-Type": "text/event-stream; charset=utf-8",
    "Cache-Control": "no-store",
    "X-Accel-Buffering": "no",
    "X-Content-Type-Options": "nosniff",
}
_EVENT_ID = re.compile(r"([0-9a-f]{8})\.([0-9]{1,15})")


async def stream(
    request: web.Request,
    *,
    hub: Hub,
    phones: Collection[Phone],
    heartbeat: float = 10.0,
    patience: float = 10.0,
) -> web.StreamResponse:
    """Send each bubble as it is and as it changes, until the reader goes or is too slow.

    Events: ``era`` once at the start (its data changes when the histories are new ones),
    ``bubble`` (see ``bubble_as_json``), ``ready`` after what was missed, ``beat`` every
    ``heartbeat`` seconds. A write that takes longer than ``patience`` seconds ends the stream.
    """
    response = web.StreamResponse(headers=_HEADERS)
    response.enable_chunked_encoding()
    after = _last_seen(request.headers.get("Last-Event-ID", ""), hub=hub)
    with hub.watch(phones, after=after) as watch:
        await response.prepare(request)
        try:
            await _follow(response, watch, era=hub.era, heartbeat=heartbeat, patience=patience)
        except (ConnectionError, TimeoutError):
            # Gone, or not reading: she comes back with the last id she saw.
            if request.transport is not None:
                request.transport.abort()
    return response


async def _follow(response: web.StreamResponse, watch: Watch, *, era: str, heartbeat: float, patience: float) -> None:
    async def write(text: str) -> None:
        async with asyncio.timeout(patience):
            await response.write(text.encode())

    await write(f"retry: 1000\n\n{_event('era', era)}")
    for change in watch.missed:
        await write(_bubble(change, era=era))
    await write(_event("ready", ""))
    while True:
        try:
            async with asyncio.timeout(heartbeat):
                change_or_end = await watch.next()
        except TimeoutError:
            await write(_event("beat", ""))
            continue
        if change_or_end is None:
            return
        await write(_bubble(change_or_end, era=era))


def _bubble(change: Change, *, era: str) -> str:
    data = json.dumps(bubble_as_json(change.bubble, phone=change.phone, place=change.place))
    return f"id: {era}.{change.seq}\n{_event('bubble', data)}"


def _event(name: str, data: str) -> str:
    return f"event: {name}\ndata: {data}\n\n"


def _last_seen(event_id: str, *, hub: Hub) -> int:
    found = _EVENT_ID.fullmatch(event_id)
    return int(found[2]) if found and found[1] == hub.era else 0
