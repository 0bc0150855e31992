"""The end of a shift: each of her chats goes to a colleague by name, and nobody is left behind unseen."""

from __future__ import annotations

from uuid import uuid4

from aiohttp import web

from bot.messages import StaffDeed
from bot.staff import Member, Role
from channels.console.access import ROOT, right
from channels.console.closing import OTHERWISE, REFUSED, act, own_place
from channels.console.cookies import set_token
from channels.console.entering import see, text_of
from channels.console.pages import show
from channels.console.parts import CONSOLE, TOKEN, who
from channels.console.present import where
from storage.views import Place

_LEAVING = f"{ROOT}/entrega"
_ATTENDING = frozenset({Role.PSYCHOLOGIST, Role.COORDINATOR})
#: Chosen in place of a name: the program goes on with her, and tells the truth about the hours.
TO_BOT = "bot"
_DONE = {"cerrada": "La conversación quedó cerrada.", "pasada": "La pasó. Ya no es suya.", "bot": "La devolvió."}


@right("shift.leave")
async def show_leaving(request: web.Request) -> web.Response:
    """Her chats, and who is on shift to take each."""
    return await _leaving(request, _DONE.get(request.query.get("hecho", ""), ""))


@right("shift.leave")
async def hand_over(request: web.Request) -> web.Response:
    """Pass one chat on by name, or back to the program."""
    place, to = await own_place(request), await text_of(request, "to")
    receivers = {str(one.id): one for one in await _receivers(request, place)}
    if to == TO_BOT:
        ending, done = await act(request, place, StaffDeed.RELEASE), "bot"
    elif to in receivers:
        ending, done = await act(request, place, StaffDeed.TRANSFER, to_staff=receivers[to].id), "pasada"
    else:
        ending, done = "unknown_receiver", ""
    if ending == "done":
        return see(f"{_LEAVING}?hecho={done}")
    return await _leaving(request, REFUSED.get(ending, OTHERWISE), status=422)


@right("shift.leave")
async def leave(request: web.Request) -> web.Response:
    """End the shift and sign out; refused while she holds anybody."""
    console, member = request.app[CONSOLE], who(request).member
    if not await console.board.leave(member.id):
        return await _leaving(request, "Todavía tiene conversaciones. Entréguelas primero.", status=422)
    await console.sign_ins.end_all(member.id)
    response = see(f"{ROOT}/entrar")
    set_token(request, response, request[TOKEN])
    return response


async def _leaving(request: web.Request, said: str = "", *, status: int = 200) -> web.Response:
    console, found = request.app[CONSOLE], who(request)
    held = await console.board.held_by(found.member.id)
    return show(
        request,
        "leaving.html",
        status=status,
        said=said,
        chats=[(place, await _receivers(request, place), await console.board.views(place)) for place in held],
        aliases=await console.room.aliases(),
        page_id=lambda: str(uuid4()),
        to_bot=TO_BOT,
        where=where,
    )


async def _receivers(request: web.Request, place: Place) -> list[Member]:
    """Those on shift in its zone, or with a console open, besides herself."""
    console, found = request.app[CONSOLE], who(request)
    duty = await console.duty(found.now, zone=place.zone)
    there = (duty.staff | console.station.present) - {found.member.id}
    members = [one for one in await console.room.members() if one.ended_at is None]
    return [one for one in members if one.id in there and one.role in _ATTENDING]
