"""The simulator's web addresses; mounted in the demonstration only."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from ipaddress import ip_address
from pathlib import Path
from urllib.parse import urlsplit
from uuid import UUID

from aiohttp import web
from jinja2 import Environment, FileSystemLoader, StrictUndefined

from bot.errors import DatabaseUnavailable
from bot.messages import DeliveryReport, DeliveryStatus
from bot.services import Door
from channels.simulator.hub import Hub
from channels.simulator.incoming import Unreadable, Written, read_written
from channels.simulator.phones import Look, Phone, phone_named
from channels.simulator.stream import stream

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]

_HERE = Path(__file__).parent
_TYPES = {
    ".css": "text/css",
    ".js": "text/javascript",
    ".svg": "image/svg+xml",
    ".jpg": "image/jpeg",
    ".ogg": "audio/ogg",
    ".vcf": "text/vcard",
}
#: Our own files and nothing else; no frame around the page, no form to elsewhere.
_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; media-src 'self'; connect-src 'self'; "
    "base-uri 'none'; form-action 'none'; frame-ancestors 'none'; require-trusted-types-for 'script'"
)
_HEADERS = {
    "Content-Security-Policy": _POLICY,
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Cache-Control": "no-cache",
}
#: A text of the greatest length in the longest UTF-8, and the names around it.
_BODY_LIMIT = 32_768
_PHONES_AT_ONCE = 8


def routes(
    door: Door,
    hub: Hub,
    *,
    banner: str = "Demostración — contenido sin revisar",
    contact: str = "Contacto",
    public_url: str = "",
    heartbeat: float = 10.0,
) -> list[web.AbstractRouteDef]:
    """What to mount. ``banner`` stands above the phones, ``contact`` is the neutral name in their headers.

    The pages answer to localhost, to IP addresses and to the host of ``public_url``.

    The caller closes the hub when the server shuts down, or open streams hold it back.
    """
    pages = Environment(loader=FileSystemLoader(_HERE / "templates"), autoescape=True, undefined=StrictUndefined)
    page = pages.get_template("page.html").render(banner=banner, contact=contact)
    static = _static_files(_HERE / "static")
    public_host = urlsplit(public_url).hostname

    async def show_page(_: web.Request) -> web.Response:
        return web.Response(text=page, content_type="text/html", headers=_HEADERS)

    async def show_file(request: web.Request) -> web.StreamResponse:
        path = static.get(request.match_info["name"])
        if path is None:
            raise web.HTTPNotFound
        return web.FileResponse(path, headers={**_HEADERS, "Content-Type": _TYPES[path.suffix]})

    async def listen(request: web.Request) -> web.StreamResponse:
        names = request.match_info["ids"].split(",")
        if len(names) > _PHONES_AT_ONCE:
            raise web.HTTPBadRequest
        phones = [_phone(name) for name in names]
        return await stream(request, hub=hub, phones=phones, heartbeat=heartbeat)

    async def write(request: web.Request) -> web.Response:
        _refuse_foreign_pages(request)
        phone = _phone(request.match_info["id"])
        # A limit of our own, below the application's.
        body = await request.clone(client_max_size=_BODY_LIMIT).read()
        try:
            written = read_written(body, phone=phone, now=hub.now())
        except Unreadable:
            return _answer(400, error="No es un mensaje. Recargue la página.")
        return await _take(door, hub, phone=phone, written=written)

    async def read(request: web.Request) -> web.Response:
        _refuse_foreign_pages(request)
        phone = _phone(request.match_info["id"])
        return await _read(door, hub, phone=phone)

    def at_home(handler: Handler) -> Handler:
        async def checked(request: web.Request) -> web.StreamResponse:
            _refuse_foreign_names(request, public_host)
            return await handler(request)

        return checked

    return [
        web.get("/simulador", at_home(show_page)),
        web.get("/simulador/static/{name:.+}", show_file),
        web.get("/simulador/telefonos/{ids}/eventos", at_home(listen)),
        web.post("/simulador/telefonos/{id}/mensajes", at_home(write)),
        web.post("/simulador/telefonos/{id}/leido", at_home(read)),
    ]


async def _take(door: Door, hub: Hub, *, phone: Phone, written: Written) -> web.Response:
    known = hub.find(phone, written.bubble.id)
    if known is None or known.status is DeliveryStatus.FAILED:
        # Shown before it is taken: an answer must not stand above its question.
        hub.put(phone, written.bubble)
    try:
        is_new = await door.accept(written.message)
    except DatabaseUnavailable:
        hub.put(phone, written.failed())
        return _answer(503, error="No se pudo guardar. Se intentará de nuevo.")
    hub.move(phone, written.bubble.id, DeliveryStatus.DELIVERED)
    return _answer(200, id=written.bubble.id, new=is_new)


async def _read(door: Door, hub: Hub, *, phone: Phone) -> web.Response:
    seen = hub.read_all(phone, mine=False)
    if phone.look is Look.SMS:
        # A carrier never tells that an SMS was read.
        return _answer(200)
    try:
        for bubble_id in seen:
            await door.note_delivery(DeliveryReport(outbox_id=UUID(bubble_id), status=DeliveryStatus.READ))
    except DatabaseUnavailable:
        return _answer(503, error="No se pudo guardar.")
    return _answer(200)


def _refuse_foreign_names(request: web.Request, public_host: str | None) -> None:
    """Refuse a name that is not ours: another site's may be pointed at this machine (DNS rebinding)."""
    try:
        name = urlsplit(f"//{request.host}").hostname or ""
        is_ours = name in (public_host, "localhost") or name.endswith(".localhost") or bool(ip_address(name))
    except ValueError:
        is_ours = False
    if not is_ours:
        raise web.HTTPForbidden(text="Use la dirección IP, o ponga este nombre en PUBLIC_URL.\n")


def _refuse_foreign_pages(request: web.Request) -> None:
    """Refuse what another site's page sends; what is no browser sends neither header."""
    site, origin = request.headers.get("Sec-Fetch-Site"), request.headers.get("Origin")
    is_foreign = (site is not None and site != "same-origin") or (
        origin is not None and origin.partition("://")[2] != request.host
    )
    if is_foreign:
        raise web.HTTPForbidden
    if request.content_type != "application/json":
        raise web.HTTPUnsupportedMediaType


def _phone(name: str) -> Phone:
    phone = phone_named(name)
    if phone is None:
        raise web.HTTPNotFound
    return phone


def _static_files(folder: Path) -> dict[str, Path]:
    return {path.relative_to(folder).as_posix(): path for path in folder.rglob("*") if path.suffix in _TYPES}


def _answer(status: int, **fields: str | bool) -> web.Response:
    return web.json_response(fields, status=status, headers=_HEADERS)
