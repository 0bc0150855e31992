"""The live stream of one open page: the ids that changed for her, as server-sent events."""

from __future__ import annotations

import asyncio
import json
from uuid import UUID

from aiohttp import web

from bot.errors import DatabaseUnavailable
from bot.staff import Standing, standing
from channels.console.access import right
from channels.console.cookies import read_token
from channels.console.parts import CONSOLE, Console, who
from channels.console.reach import reaches
from channels.console.station import Ear, note_presence
from storage.pulse import Pulse

_HEADERS = {
    "Content-Type": "text/event-stream; charset=utf-8",
    "Cache-Control": "no-store",
    "X-Accel-Buffering": "no",
    "X-Content-Type-Options": "nosniff",
}
_BEAT_SECONDS = 10.0
_PATIENCE_SECONDS = 10.0
#: A page that goes to another page is not gone.
_GRACE_SECONDS = 5.0


@right("queue.read", while_locked=True, wakes=False)
async def follow(request: web.Request) -> web.StreamResponse:
    """Events: ``moved`` with the ids that changed, and whether the bell may ring otherwise, or with ``{"all": true}``;
    and ``beat`` every ten seconds.

    With the id of the last event a page that comes back learns whether it missed anything. It goes on behind a
    locked screen and ends with the sign-in.
    """
    console, member = request.app[CONSOLE], who(request).member

    def hears(pulse: Pulse) -> bool:
        return reaches(console, member, zone=pulse.zone, alert=pulse.alert, owners=(pulse.owner,))

    station = console.station
    # A colleague's call for help is in no pulse: whoever is shown those asks each time.
    sees_calls = console.rights.scope(member.role, "board.read") is not None
    ear = Ear(member.id, _watched(request), hears, always_rings=sees_calls)
    ear.is_behind = request.headers.get("Last-Event-ID", "") != f"{station.era}.{station.seq}"
    ear.stirred.set()
    response = web.StreamResponse(headers=_HEADERS)
    response.enable_chunked_encoding()
    with station.listen(ear):
        await note_presence(console.desk, member.id, is_there=True)
        try:
            await response.prepare(request)
            await _tell(request, response, ear)
        except (ConnectionError, TimeoutError):
            # Gone, or not reading: she comes back, and is told to fetch all.
            if request.transport is not None:
                request.transport.abort()
        finally:
            task = asyncio.get_running_loop().create_task(_note_gone(console, member.id))
            _leaving.add(task)
            task.add_done_callback(_leaving.discard)
    return response


_leaving: set[asyncio.Task[None]] = set()


async def _tell(request: web.Request, response: web.StreamResponse, ear: Ear) -> None:
    console = request.app[CONSOLE]

    async def write(words: str) -> None:
        async with asyncio.timeout(_PATIENCE_SECONDS):
            await response.write(words.encode())

    await write("retry: 1500\n\n")
    now = asyncio.get_running_loop().time
    asked_at = now()
    while not ear.is_over:
        try:
            async with asyncio.timeout(_BEAT_SECONDS):
                await ear.stirred.wait()
        except TimeoutError:
            if not await _is_in(request, console):
                return
            asked_at = now()
            await write("event: beat\ndata: {}\n\n")
            continue
        # Where something moves all the time no beat is due, and whoever is out hears no more all the same.
        if now() - asked_at >= _BEAT_SECONDS:
            if not await _is_in(request, console):
                return
            asked_at = now()
        ear.stirred.clear()
        pending, is_behind, rings = sorted(map(str, ear.pending)), ear.is_behind, ear.rings
        ear.pending.clear()
        ear.is_behind, ear.rings = False, ear.always_rings
        if pending or is_behind:
            data = {"all": True} if is_behind else {"places": pending, "rings": rings}
            where = f"{console.station.era}.{console.station.seq}"
            await write(f"id: {where}\nevent: moved\ndata: {json.dumps(data)}\n\n")


async def _is_in(request: web.Request, console: Console) -> bool:
    try:
        known = await console.sign_ins.find(read_token(request))
    except DatabaseUnavailable:
        return True
    return known is not None and standing(*known) is not Standing.ENDED


async def _note_gone(console: Console, staff_id: UUID) -> None:
    await asyncio.sleep(_GRACE_SECONDS)
    if staff_id not in console.station.present:
        await note_presence(console.desk, staff_id, is_there=False)


def _watched(request: web.Request) -> frozenset[UUID]:
    try:
        return frozenset(UUID(one) for one in request.query.getall("chat", [])[:4])
    except ValueError:
        return frozenset()
