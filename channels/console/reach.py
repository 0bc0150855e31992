"""Whom of those in care a member of staff may see at all: her zones, what has none, emergencies, and what is hers."""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

from aiohttp import web

from bot.dialogue.facts import OUTSIDE, UNSAID
from bot.messages import Alert
from bot.rights import Scope
from bot.staff import Member
from channels.console.parts import CONSOLE, Console, who
from storage.views import Place


def zones_of(console: Console, member: Member) -> Sequence[str] | None:
    """The zones whose queue she sees; None is the whole department.

    Whoever writes from outside the department, or does not want to say where from, is of no zone: everybody's.
    """
    if console.rights.scope(member.role, "queue.read") is Scope.ALL:
        return None
    return [*sorted(member.zones), OUTSIDE, UNSAID]


def reaches(console: Console, member: Member, *, zone: str | None, alert: int, owners: Sequence[UUID | None]) -> bool:
    """Whether she may know that it exists."""
    zones = zones_of(console, member)
    return zones is None or zone is None or zone in zones or alert == Alert.EMERGENCY or member.id in owners


def coordinated_zones(console: Console, member: Member) -> Sequence[str] | None:
    """The zones whose chats she coordinates; None is the whole department."""
    is_all = console.rights.scope(member.role, "board.read") is Scope.ALL
    return None if is_all else sorted(member.zones)


async def place_in_reach(request: web.Request) -> Place:
    """The handover that the address names; whoever may not know of it is answered as if there were none."""
    console, member = request.app[CONSOLE], who(request).member
    try:
        asked = UUID(request.match_info["handover"])
    except ValueError:
        raise web.HTTPNotFound from None
    place = await console.desk.place(asked)
    if place is None:
        raise web.HTTPNotFound
    owners = (place.owner, place.reserved_for)
    if not reaches(console, member, zone=place.zone, alert=place.alert, owners=owners):
        raise web.HTTPNotFound
    return place


def is_hers(request: web.Request, place: Place) -> bool:
    """Whether she holds it now; only then she reads what was written."""
    return place.owner == who(request).member.id
