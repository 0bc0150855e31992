"""The queue: who waits, what is hers already, and whose owner is silent."""

from __future__ import annotations

from asyncio import gather
from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from aiohttp import web

from bot.messages import Alert
from bot.takeover import load_clocks
from channels.console.access import ROOT, right
from channels.console.acts import claim
from channels.console.entering import see
from channels.console.pages import show
from channels.console.parts import CONSOLE, who
from channels.console.present import Card, card, say
from channels.console.reach import place_in_reach, zones_of
from storage.audit import Act
from storage.panel import Call
from storage.views import Place

QUEUE = f"{ROOT}/cola"
#: How many of the next are tried if colleagues are quicker.
_TRIES = 4


@right("queue.read")
async def show_queue(request: web.Request) -> web.Response:
    """The whole page; opening it stands in the audit trail."""
    console, found = request.app[CONSOLE], who(request)
    await console.trail.note(Act(act="queue.read", staff_id=found.member.id))
    ending = request.query.get("dicho", "")
    return await _queue(request, "queue.html", said=say("ending", ending) if ending else "")


@right("queue.read", wakes=False)
async def show_list(request: web.Request) -> web.Response:
    """What of the page changes, for a page that is open."""
    return await _queue(request, "queue_list.html")


@right("queue.read", while_locked=True, wakes=False)
async def show_bell(request: web.Request) -> web.Response:
    """What rings: ids and counts, no word of anybody; it goes on behind the closed screen."""
    console, found = request.app[CONSOLE], who(request)
    bell = await console.desk.bell(found.member.id, zones=zones_of(console, found.member))
    calls = await _calls(request)
    return web.json_response(
        {
            "waiting": [str(one) for one in bell.waiting],
            "emergencies": [str(one) for one in bell.emergencies],
            "unanswered": [str(one) for one in bell.unanswered],
            "neglected": [str(one) for one in bell.neglected],
            "calls": [str(one.id) for one in calls],
        }
    )


@right("chat.act")
async def take_next(request: web.Request) -> web.Response:
    """Claim the gravest that waits longest; if a colleague is quicker, the one after it."""
    console, found = request.app[CONSOLE], who(request)
    waiting = await console.desk.waiting(found.member.id, zones=zones_of(console, found.member))
    ending = "nobody"
    for place in waiting[:_TRIES]:
        ending = await claim(request, place)
        if ending == "done":
            return see(f"{ROOT}/chat/{place.id}")
        if ending not in ("taken", "reserved", "nothing_open"):
            break
    return see(f"{QUEUE}?dicho={ending}")


@right("chat.act")
async def let_pass(request: web.Request) -> web.Response:
    """Not this one, without a reason (seguridad §12)."""
    place = await place_in_reach(request)
    await request.app[CONSOLE].desk.let_pass(place, by=who(request).member.id)
    return see(f"{QUEUE}?dicho=passed")


async def _queue(request: web.Request, template: str, said: str = "") -> web.Response:
    console, found = request.app[CONSOLE], who(request)
    clocks, own = load_clocks(), found.member.id
    # Side by side: under load each round to the database waits its turn, and a page would wait for seven.
    hands, waiting, mine, beside, aliases, calls = await gather(
        console.desk.hands(own),
        console.desk.waiting(own, zones=zones_of(console, found.member)),
        console.desk.mine(own),
        console.desk.beside(own),
        console.room.aliases(),
        _calls(request),
    )
    rests_until = hands.emergency_closed_at + clocks.rest if hands.emergency_closed_at else None
    return show(
        request,
        template,
        said=said,
        waiting=[(one, _why_not(one, own, found.now)) for one in _cards(waiting)],
        mine=_cards(mine),
        beside=[one for one in _cards(beside) if _near(request, one)],
        aliases=aliases,
        calls=calls,
        hands=hands,
        most_chats=clocks.most_chats,
        most_emergencies=clocks.most_emergencies,
        rests_until=rests_until if rests_until and rests_until > found.now else None,
        now=found.now,
    )


async def _calls(request: web.Request) -> Sequence[Call]:
    """Colleagues who called for help, for whoever coordinates."""
    console, member = request.app[CONSOLE], who(request).member
    if console.rights.scope(member.role, "board.read") is None:
        return ()
    return await console.desk.calls(zones=zones_of(console, member))


def _cards(places: Sequence[Place]) -> list[Card]:
    return [card(one) for one in places]


def _near(request: web.Request, one: Card) -> bool:
    zones = zones_of(request.app[CONSOLE], who(request).member)
    return zones is None or one.place.zone is None or one.place.zone in zones or one.place.alert == Alert.EMERGENCY


def _why_not(one: Card, staff_id: UUID, now: datetime) -> str:
    """For whom it is kept just now; empty if she may take it."""
    place = one.place
    if place.alert == Alert.EMERGENCY or not _is_kept(place.reserved_for, staff_id, place.since, now):
        return ""
    return str(place.reserved_for)


def _is_kept(reserved_for: UUID | None, staff_id: UUID, since: datetime, now: datetime) -> bool:
    return reserved_for not in (None, staff_id) and now < since + load_clocks().reserved
