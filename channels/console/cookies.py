"""The browser's token: a cookie that no script reads and no other site sends, and the form token made from it."""

from __future__ import annotations

import hashlib
import hmac
import secrets

from aiohttp import web

from bot.takeover import load_times
from channels.console.parts import CONSOLE, TOKEN

#: The prefix makes browsers refuse a cookie of this name from a sibling domain, or without encryption.
_SAFE_NAME, _DEMO_NAME = "__Host-consola", "consola"
_FIELD, _HEADER = "csrf", "X-CSRF"


def read_token(request: web.Request) -> str:
    """The browser's token; a fresh one, of nobody, for a browser that has none."""
    given = request.cookies.get(_name(request), "")
    return given if 20 <= len(given) <= 64 and given.isascii() else secrets.token_urlsafe(32)


def set_token(request: web.Request, response: web.StreamResponse, token: str) -> None:
    """Give the browser a token, for as long as a sign-in may last."""
    response.set_cookie(
        _name(request),
        token,
        max_age=int(load_times().signed_in.total_seconds()),
        path="/",
        secure=not request.app[CONSOLE].is_demo,
        httponly=True,
        samesite="Strict",
    )


def has_cookie(request: web.Request) -> bool:
    """Whether the browser sent this very token."""
    return request.cookies.get(_name(request)) == request[TOKEN]


def form_token(token: str) -> str:
    """What a form of this browser carries; no other site can know it."""
    return hmac.digest(token.encode(), b"form", hashlib.sha256).hex()


async def is_own_form(request: web.Request) -> bool:
    """Whether a change comes from a page of ours in this browser: by its token, and by what the browser says."""
    site, origin = request.headers.get("Sec-Fetch-Site"), request.headers.get("Origin")
    if site is not None and site != "same-origin":
        return False
    if origin is not None and origin.partition("://")[2] != request.host:
        return False
    given = request.headers.get(_HEADER) or (await request.post()).get(_FIELD, "")
    return isinstance(given, str) and hmac.compare_digest(given.encode(), form_token(request[TOKEN]).encode())


def _name(request: web.Request) -> str:
    return _DEMO_NAME if request.app[CONSOLE].is_demo else _SAFE_NAME
