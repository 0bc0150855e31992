"""The auditor's page: who did what, day by day, and whether each line is as it was written."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta

from aiohttp import web

from channels.console.access import right
from channels.console.pages import show
from channels.console.parts import CONSOLE, who
from storage.audit import Act

_MOST = 500


@right("audit.read")
async def show_trail(request: web.Request) -> web.Response:
    """One day of the trail, newest first; reading it stands in it."""
    console, found = request.app[CONSOLE], who(request)
    zone = console.hours.timezone
    today = found.now.astimezone(zone).date()
    try:
        day = date.fromisoformat(request.query.get("dia", ""))
    except ValueError:
        day = today
    await console.trail.note(Act(act="audit.read", staff_id=found.member.id, detail=day.isoformat()))
    begins = datetime.combine(day, time(), tzinfo=zone)
    rows = await console.trail.between(begins, begins + timedelta(days=1), limit=_MOST)
    return show(
        request,
        "trail.html",
        day=day,
        today=today,
        before=day - timedelta(days=1),
        after=day + timedelta(days=1),
        rows=[(row, console.trail.is_genuine(row)) for row in rows],
        aliases=await console.room.aliases(),
        is_cut=len(rows) == _MOST,
        most=_MOST,
    )
