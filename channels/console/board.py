"""The coordinator's board: who waits, who is in care, and how long answers take."""

from __future__ import annotations

from asyncio import gather
from collections import Counter
from collections.abc import Sequence
from uuid import UUID

from aiohttp import web

from bot.answering import answer_times, target_of
from bot.messages import Alert
from bot.takeover import Clocks, Stage, load_clocks
from channels.console.access import right
from channels.console.pages import show
from channels.console.parts import CONSOLE, who
from channels.console.reach import coordinated_zones
from storage.views import Place


@right("board.read")
async def show_board(request: web.Request) -> web.Response:
    """All that is open now, and the waits of a week against their targets."""
    return await _board(request, "board.html")


@right("board.read", wakes=False)
async def show_live(request: web.Request) -> web.Response:
    """The same without what stands around it, for a page that is open: it keeps no screen from closing."""
    return await _board(request, "board_live.html")


async def _board(request: web.Request, template: str) -> web.Response:
    console, clocks = request.app[CONSOLE], load_clocks()
    zones = coordinated_zones(console, who(request).member)
    # Side by side, as in the queue: under load a page would wait five times.
    places, waits, aliases, copies, calls = await gather(
        console.board.places(zones=zones),
        console.board.waits(zones=zones),
        console.room.aliases(),
        console.board.copies(),
        console.desk.calls(zones=zones),
    )
    return show(
        request,
        template,
        waiting=[(one, _is_late(one, clocks)) for one in places if one.stage is Stage.WAITING],
        held=[one for one in places if one.stage is Stage.HELD],
        over=_over(places, clocks),
        times=answer_times(waits, hours=console.hours, clocks=clocks),
        targets=[(alert, target_of(alert, clocks)) for alert in sorted(Alert, reverse=True)],
        aliases=aliases,
        copies=copies,
        calls=calls,
        now=who(request).now,
        minutes=_minutes,
    )


def _is_late(place: Place, clocks: Clocks) -> bool:
    return place.now - place.waits_since > target_of(place.alert, clocks)


def _over(places: Sequence[Place], clocks: Clocks) -> list[tuple[UUID, int, int]]:
    """Who holds as much as one may, or more: chats and emergencies (seguridad §12)."""
    held = [place for place in places if place.owner is not None]
    chats = Counter(place.owner for place in held)
    emergencies = Counter(place.owner for place in held if place.alert == Alert.EMERGENCY)
    return [
        (owner, count, emergencies[owner])
        for owner, count in chats.most_common()
        if owner is not None and (count >= clocks.most_chats or emergencies[owner] >= clocks.most_emergencies)
    ]


def _minutes(took: object) -> str:
    """A length of time as one reads it: ``45 s``, ``3 min``, ``2 h 5 min``."""
    seconds = int(getattr(took, "total_seconds", lambda: 0)())
    if seconds < 120:
        return f"{seconds} s"
    hours, minutes = divmod(seconds // 60, 60)
    return f"{hours} h {minutes} min" if hours else f"{minutes} min"
