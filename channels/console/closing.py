"""Ending a conversation: the form that takes under a minute, and what came of it."""

from __future__ import annotations

from uuid import UUID, uuid4

from aiohttp import web

from bot.closing import Closing, Known, load_closing, read_closing
from bot.messages import Alert, StaffAction, StaffDeed
from bot.territory import load_territory
from bot.territory.services import Directory
from channels.console.access import ROOT, right
from channels.console.entering import see, text_of
from channels.console.pages import show
from channels.console.parts import CONSOLE, who
from storage.audit import Act
from storage.views import Place

#: Why the turn did not do it, in words; anything else is our own fault.
REFUSED = {
    "stale": "Esta página quedó vieja. La conversación ya no es suya.",
    "nothing_open": "Esta conversación ya no está abierta.",
    "vetoed": "Mientras llenaba esto, ella pidió que a una de esas entidades no se le avise. Revise abajo.",
    "unknown_receiver": "Escoja a quién se la pasa.",
    "pending": "Todavía en camino. No hace falta repetirlo.",
}
_NO_ENTITY = frozenset({"linea_155", "psicologa"})
OTHERWISE = "No se pudo. Intente de nuevo."


@right("chat.close")
async def show_closing(request: web.Request) -> web.Response:
    """The form, empty but for where she is."""
    place = await own_place(request)
    return await _form(request, place, {"municipality": place.municipality or ""})


@right("chat.close")
async def close(request: web.Request) -> web.Response:
    """End it with what was noted; what does not hold comes back as it was typed."""
    place = await own_place(request)
    typed = {name: value for name, value in (await request.post()).items() if isinstance(value, str)}
    closing = read_closing(typed, load_closing(), await _known(request, place))
    if not isinstance(closing, Closing):
        return await _form(request, place, typed, " ".join(closing))
    ending = await act(request, place, StaffDeed.CLOSE, closing=closing)
    if ending == "done":
        return see(f"{ROOT}/entrega?hecho=cerrada")
    return await _form(request, place, typed, REFUSED.get(ending, OTHERWISE))


async def own_place(request: web.Request) -> Place:
    """The handover that the address names, if it is hers; to whoever does not hold it there is none."""
    try:
        asked = UUID(request.match_info["handover"])
    except ValueError:
        raise web.HTTPNotFound from None
    place = await request.app[CONSOLE].board.place(asked)
    if place is None or place.owner != who(request).member.id:
        raise web.HTTPNotFound
    return place


async def act(
    request: web.Request,
    place: Place,
    deed: StaffDeed,
    *,
    closing: Closing | None = None,
    to_staff: UUID | None = None,
) -> str:
    """Do it once for the id that the page made, with the lease that it shows: ``done``, ``pending`` or why not."""
    console, member = request.app[CONSOLE], who(request).member
    lease = await text_of(request, "lease")
    action = StaffAction(
        external_id=f"staff:{member.id}:{await _page_id(request)}:{deed}",
        conversation_id=place.conversation_id,
        staff_id=member.id,
        deed=deed,
        lease=int(lease) if lease.isdecimal() and len(lease) < 12 else -1,
        text=closing.note if closing is not None else "",
        to_staff=to_staff,
        outcome=closing.outcome if closing is not None else None,
        closing=closing,
    )
    noted = Act(act=f"chat.{deed}", staff_id=member.id, subject_kind="handover", subject_id=place.id)
    return await console.intake.act(action, console.trail, noted=noted) or "pending"


async def _known(request: web.Request, place: Place) -> Known:
    console, allowed = request.app[CONSOLE], await request.app[CONSOLE].board.consents(place)
    institutions = _institutions(console.directory)
    return Known(
        municipalities={one.code for one in load_territory().municipalities},
        institutions=institutions.keys(),
        bands=console.hours.bands.keys(),
        today=place.now.astimezone(console.hours.timezone).date(),
        vetoed={one for one in institutions if allowed.forbids(one)},
        in_crisis=place.alert == Alert.EMERGENCY,
    )


async def _form(request: web.Request, place: Place, typed: dict[str, str], said: str = "") -> web.Response:
    console, known = request.app[CONSOLE], await _known(request, place)
    return show(
        request,
        "closing.html",
        status=422 if said else 200,
        said=said,
        place=place,
        typed=typed,
        known=known,
        lists=load_closing(),
        institutions=_institutions(console.directory),
        municipalities=sorted(load_territory().municipalities, key=lambda one: one.name),
        bands=console.hours.bands,
        views=await console.board.views(place),
        aliases=await console.room.aliases(),
        page_id=typed.get("id") or str(uuid4()),
    )


def _institutions(directory: Directory) -> dict[str, str]:
    """The entities that she can be sent to, by id: not the variants of one, nor a line or a psychologist of ours."""
    found = [one for one in directory.services.values() if one.instead_of is None and one.id not in _NO_ENTITY]
    names = {one.id: one.name.partition("{")[0].strip() for one in found}
    return {id_: name[0].upper() + name[1:] for id_, name in names.items()}


async def _page_id(request: web.Request) -> str:
    try:
        return str(UUID(await text_of(request, "id")))
    except ValueError:
        return str(uuid4())
