"""What every answer of the console carries, and what is said when something went wrong."""

from __future__ import annotations

import logging
from uuid import uuid4

from aiohttp import web
from aiohttp.typedefs import Handler

from bot.errors import DatabaseUnavailable
from channels.console.pages import show
from channels.console.parts import CONSOLE

_log = logging.getLogger(__name__)

#: Our own files, our own forms, no frame around the page. No trusted types: htmx writes what the server sends.
_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; media-src 'self'; font-src 'self'; "
    "connect-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'"
)
_HEADERS = {
    "Content-Security-Policy": _POLICY,
    "X-Content-Type-Options": "nosniff",
    # Not "no-referrer": browsers would then send our own forms with Origin: null.
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=(), payment=(), usb=()",
}
_SAID = {
    403: "Usted no puede hacer esto. Si cree que sí, hable con su coordinadora.",
    404: "Esta página no existe.",
    423: "La pantalla está bloqueada. Desbloquéela y repita lo que hizo.",
    503: "La base de datos no responde. Lo que guardó antes está a salvo; intente de nuevo en un momento.",
}
_OTHERWISE = "Algo falló aquí y quedó anotado. Intente de nuevo."


@web.middleware
async def dress(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Add the headers; turn what went wrong into a page in Spanish that names an id and nothing else."""
    try:
        response = await handler(request)
    except web.HTTPRedirection as error:
        response = web.Response(status=error.status, headers={"Location": error.headers["Location"]})
    except web.HTTPException as error:
        response = _wrong(request, error.status)
    except DatabaseUnavailable:
        response = _wrong(request, 503)
    except Exception as error:  # noqa: BLE001 - the page and the log must not quote what a person wrote
        response = _wrong(request, 500, type(error).__name__)
    if not response.prepared:
        for name, value in _HEADERS.items():
            response.headers.setdefault(name, value)
        response.headers.setdefault("Cache-Control", "no-store")
        if not request.app[CONSOLE].is_demo:
            response.headers.setdefault("Strict-Transport-Security", "max-age=31536000")
    return response


def _wrong(request: web.Request, status: int, kind: str = "") -> web.Response:
    number = uuid4().hex[:12]
    if status >= 500:
        resource = request.match_info.route.resource
        _log.error("%s: %s %s", number, resource.canonical if resource else "unknown", kind or status)
    answer = show(request, "error.html", status=status, said=_SAID.get(status, _OTHERWISE), number=number)
    if status == 503:
        answer.headers["Retry-After"] = "5"
    return answer
