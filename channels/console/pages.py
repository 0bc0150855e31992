"""Pages from templates: what all of them know, and how times and words are written."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from aiohttp import web
from jinja2 import Environment, FileSystemLoader, StrictUndefined

from bot.content import LINE, read_yaml
from channels.console.cookies import form_token
from channels.console.parts import CONSOLE, TOKEN, WHO, Console, Who
from channels.console.present import say, why_not

_HERE = Path(__file__).parent
_DAYS = ("lun", "mar", "mié", "jue", "vie", "sáb", "dom")
_MONTHS = ("ene", "feb", "mar", "abr", "may", "jun", "jul", "ago", "sep", "oct", "nov", "dic")


@dataclass(frozen=True, slots=True, kw_only=True)
class Item:
    """A place in the menu: shown to whoever has its right, once a route of this name exists."""

    route: str
    label: str
    right: str


#: In the order in which they stand; the queue first, where one works.
MENU = (
    Item(route="queue", label="Cola", right="queue.read"),
    Item(route="board", label="Tablero", right="board.read"),
    Item(route="replies", label="Respuestas", right="replies.write"),
    Item(route="leaving", label="Entrega", right="shift.leave"),
    Item(route="shifts", label="Turnos", right="shifts.read"),
    Item(route="team", label="Equipo", right="staff.read"),
    Item(route="trail", label="Auditoría", right="audit.read"),
)


def open_pages(zone: ZoneInfo) -> Environment:
    """The templates, with everything that is written into them escaped."""
    pages = Environment(
        loader=FileSystemLoader(_HERE / "templates"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    words: Mapping[str, Mapping[str, str]] = read_yaml(_HERE / "words.yml")
    pages.filters["moment"] = lambda at: _moment(at.astimezone(zone))
    pages.filters["clock"] = lambda at: f"{at.astimezone(zone):%H:%M:%S}"
    pages.filters["day"] = _day
    pages.filters["word"] = lambda key, kind: words[kind].get(key, key) if key != LINE else key
    pages.filters["say"] = lambda key, kind: say(kind, str(key))
    pages.filters["why_not"] = why_not
    pages.filters["short"] = lambda at: f"{at.astimezone(zone):%H:%M}"
    return pages


def menu(request: web.Request) -> list[tuple[Item, str]]:
    """The places that she may go to, with their addresses; nothing before she is in."""
    found = request.get(WHO)
    if found is None:
        return []
    console, routes = request.app[CONSOLE], request.app.router.named_resources()
    return [
        (item, str(routes[item.route].url_for()))
        for item in MENU
        if item.route in routes and console.rights.scope(found.member.role, item.right)
    ]


def show(request: web.Request, template: str, *, status: int = 200, **values: Any) -> web.Response:
    """A page. Every template knows who looks, the menu, the form token and whether this is a demonstration."""
    console = request.app[CONSOLE]
    found = request.get(WHO)
    is_in = found is not None and not found.is_locked and found.sign_in.stage == "open"
    text = console.pages.get_template(template).render(
        who=found.member if found is not None and is_in else None,
        menu=menu(request) if is_in else [],
        rings=found is not None and _rings(console, found),
        here=request.path,
        csrf=form_token(request[TOKEN]) if TOKEN in request else "",
        is_demo=console.is_demo,
        is_reviewed=console.is_reviewed,
        **values,
    )
    return web.Response(text=text, content_type="text/html", status=status)


def _rings(console: Console, found: Who) -> bool:
    """Whether her pages ring, also behind the closed screen."""
    return found.sign_in.stage == "open" and console.rights.scope(found.member.role, "queue.read") is not None


def _moment(at: datetime) -> str:
    return f"{_day(at.date())}, {at:%H:%M}"


def _day(day: date) -> str:
    return f"{_DAYS[day.weekday()]} {day.day} {_MONTHS[day.month - 1]} {day.year}"
