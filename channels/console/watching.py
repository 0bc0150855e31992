"""A chat that somebody else holds, as its coordinator reads it; and what only she may, with a reason that stays."""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

from aiohttp import web

from bot.messages import StaffDeed
from bot.takeover import Stage
from channels.console.access import ROOT, right
from channels.console.acts import Wanted, act
from channels.console.entering import see, text_of
from channels.console.pages import show
from channels.console.parts import CONSOLE, who
from channels.console.present import say, this_episode, why_closed
from channels.console.reach import coordinated_zones
from storage.board import is_seen
from storage.transcript import Line, Opening, Right, Sealed
from storage.views import Place

#: A reason is a sentence, not a story.
LONGEST_REASON = 300


@right("board.read")
async def show_chat(request: web.Request) -> web.Response:
    """Read a chat without taking it; its owner sees who looked."""
    place, ending = await _place(request), request.query.get("dicho", "")
    console = request.app[CONSOLE]
    written, story = await console.board.watch(place, by=who(request).member.id), await console.desk.story(place)
    # The past is as closed to her as to the owner; what opens it is a right of its own, with a reason.
    return await _show(
        request, place, this_episode(written, place, story), said=say("ending", ending) if ending else ""
    )


@right("lock.lift")
async def lift(request: web.Request) -> web.Response:
    """Let the owner write for a few minutes in spite of the lock; her next word ends it (seguridad §1)."""
    place, reason = await _place(request), await _reason(request)
    ending = await act(request, place, Wanted(deed=StaffDeed.LIFT, text=reason)) if reason else "no_reason"
    return see(f"{ROOT}/tablero/{place.id}?dicho={'done_lift' if ending == 'done' else ending}")


@right("past.open")
async def open_past(request: web.Request) -> web.Response:
    """Read what is closed, or sealed by her, while something grave is open; written down first (seguridad §4)."""
    place, reason = await _place(request), await _reason(request)
    given = await text_of(request, "right")
    if not reason or given not in set(Right):
        return see(f"{ROOT}/tablero/{place.id}?dicho=no_reason")
    opening = Opening(staff_id=who(request).member.id, right=Right(given))
    try:
        lines = await request.app[CONSOLE].board.open_past(place, opening)
    except Sealed:
        return see(f"{ROOT}/tablero/{place.id}?dicho=no_crisis")
    await act(request, place, Wanted(deed=StaffDeed.NOTE, text=reason, outcome="past_opened"))
    return await _show(request, place, lines, said="", is_whole=True)


async def _show(
    request: web.Request, place: Place, lines: Sequence[Line], *, said: str, is_whole: bool = False
) -> web.Response:
    console, role = request.app[CONSOLE], who(request).member.role
    is_locked = place.stage is Stage.HELD and bool(why_closed(place)) and place.lifted_until is None
    return show(
        request,
        "watch.html",
        place=place,
        lines=lines,
        said=said,
        is_whole=is_whole,
        may_lift=is_locked and console.rights.scope(role, "lock.lift") is not None,
        may_open=not is_whole and console.rights.scope(role, "past.open") is not None,
        most=LONGEST_REASON,
        aliases={str(id_): alias for id_, alias in (await console.room.aliases()).items()},
    )


async def _place(request: web.Request) -> Place:
    """The handover that the address names, if she coordinates its zone; else as if there were none."""
    console = request.app[CONSOLE]
    try:
        asked = UUID(request.match_info["handover"])
    except ValueError:
        raise web.HTTPNotFound from None
    place = await console.board.place(asked)
    if place is None or not is_seen(place, coordinated_zones(console, who(request).member)):
        raise web.HTTPNotFound
    return place


async def _reason(request: web.Request) -> str:
    return (await text_of(request, "reason")).strip()[:LONGEST_REASON]
