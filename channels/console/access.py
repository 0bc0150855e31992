"""Who may see which page: each handler declares it, and one that declares nothing answers 403."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Collection
from dataclasses import dataclass
from datetime import timedelta
from urllib.parse import quote

from aiohttp import web
from aiohttp.typedefs import Handler as AnyHandler

from bot.staff import Stage, Standing, standing
from channels.console.cookies import has_cookie, is_own_form, read_token, set_token
from channels.console.parts import CONSOLE, TOKEN, WHO, Console, Who

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]

ROOT = "/consola"
_SIGN_IN, _LOCK = f"{ROOT}/entrar", f"{ROOT}/bloqueo"
#: Where somebody goes who has come only so far.
_NEXT = {Stage.CODE: f"{ROOT}/codigo", Stage.ENROL: f"{ROOT}/inscripcion", Stage.OPEN: f"{ROOT}/"}
#: What she does is noted at most this often.
_NOTED_EVERY = timedelta(minutes=1)
_LOOKING = frozenset({"GET", "HEAD"})


class ScreenLocked(web.HTTPClientError):
    """Her screen is closed; nothing is changed from behind it (RFC 4918 §11.3)."""

    status_code = 423


@dataclass(frozen=True, slots=True, kw_only=True)
class Access:
    """What a page asks for: ``Access(right="staff.read")``.

    ``right`` None: a page of every stage in ``stages``, or of everybody if ``is_public``. ``while_locked``: it goes
    on behind the closed screen, as alarms do. ``wakes``: opening it is an act of hers, a stream that stays is not.
    """

    right: str | None = None
    stages: frozenset[Stage] = frozenset({Stage.OPEN})
    is_public: bool = False
    while_locked: bool = False
    wakes: bool = True


def right(name: str, *, while_locked: bool = False, wakes: bool = True) -> Callable[[Handler], Handler]:
    """Declare the right, from ``bot/rights.yml``, that a page asks for."""
    return _declare(Access(right=name, while_locked=while_locked, wakes=wakes))


def stage(*stages: Stage, while_locked: bool = False, wakes: bool = True) -> Callable[[Handler], Handler]:
    """Declare a page for whoever has come so far in signing in, with whatever rights."""
    return _declare(Access(stages=frozenset(stages), while_locked=while_locked, wakes=wakes))


def public(handler: Handler) -> Handler:
    """Declare a page that nobody must sign in for."""
    return _declare(Access(is_public=True, while_locked=True, wakes=False))(handler)


def declared(handler: object) -> Access | None:
    """What a handler declared; None is a page that nobody may see."""
    found = getattr(handler, "access", None)
    return found if isinstance(found, Access) else None


@web.middleware
async def guard(request: web.Request, handler: AnyHandler) -> web.StreamResponse:
    """Let a request through to its page, or send it where it must go first. Every change needs the form token."""
    if request.match_info.http_exception is not None:
        raise request.match_info.http_exception
    access = declared(request.match_info.handler)
    if access is None:
        raise web.HTTPForbidden
    console = request.app[CONSOLE]
    request[TOKEN] = read_token(request)
    is_look = request.method in _LOOKING
    if not is_look and not await is_own_form(request):
        raise web.HTTPForbidden
    found = await _find(request, console)
    request[WHO] = found
    elsewhere = None if access.is_public else await _elsewhere(console, access, found)
    if elsewhere is not None:
        if not is_look:
            raise ScreenLocked if elsewhere == _LOCK else web.HTTPForbidden
        back = f"?sigue={quote(request.path_qs)}" if elsewhere in (_LOCK, _SIGN_IN) else ""
        raise web.HTTPSeeOther(elsewhere + back)
    if found is not None and access.right is not None and not console.rights.scope(found.member.role, access.right):
        raise web.HTTPForbidden
    if found is not None and access.wakes and not found.is_locked and found.now - found.sign_in.seen_at >= _NOTED_EVERY:
        await console.sign_ins.touch(found.sign_in.id)
    response = await handler(request)
    if found is None and not has_cookie(request) and not response.prepared and not response.cookies:
        set_token(request, response, request[TOKEN])
    return response


def rights_of(routes: Collection[web.AbstractRoute]) -> dict[str, Access | None]:
    """Every route with what it asks for, for a test to list."""
    named = ((route, route.resource.canonical if route.resource else "") for route in routes)
    return {f"{route.method} {path}": declared(route.handler) for route, path in named}


def _declare(access: Access) -> Callable[[Handler], Handler]:
    def mark(handler: Handler) -> Handler:
        handler.access = access  # type: ignore[attr-defined] # it is read by the guard alone
        return handler

    return mark


async def _find(request: web.Request, console: Console) -> Who | None:
    known = await console.sign_ins.find(request[TOKEN]) if has_cookie(request) else None
    if known is None:
        return None
    sign_in, now = known
    worth = standing(sign_in, now)
    # An account whose password was printed opens nothing in earnest, whatever database it comes with.
    if worth is Standing.ENDED or (sign_in.member.is_demo and not console.is_demo):
        return None
    return Who(sign_in=sign_in, now=now, is_locked=worth is Standing.LOCKED)


async def _elsewhere(console: Console, access: Access, found: Who | None) -> str | None:
    """Where somebody must go before this page; None if she may stay."""
    if found is None:
        return _SIGN_IN
    if found.sign_in.stage not in access.stages:
        return _NEXT[found.sign_in.stage]
    if found.is_locked:
        if found.sign_in.locked_at is None:
            await console.sign_ins.lock(found.sign_in)
        return None if access.while_locked else _LOCK
    return None
