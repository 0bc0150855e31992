"""The two doors that Twilio knocks at: ``/twilio/inbound`` and ``/twilio/status``."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable
from urllib.parse import parse_qsl

from aiohttp import web
from multidict import MultiDict

from bot.errors import BadSignature, DatabaseUnavailable, MalformedMessage
from bot.services import Door
from bot.settings import Settings
from channels.twilio.parse import parse_message, parse_report
from channels.twilio.signature import check_signature

INBOUND_PATH = "/twilio/inbound"
STATUS_PATH = "/twilio/status"

#: The longest WhatsApp message (65,536 letters) fits, percent-encoded, unless it is all emoji.
LARGEST_BODY = 256 * 1024
MOST_FIELDS = 500
SLOWEST_BODY_SECONDS = 10
RETRY_AFTER_SECONDS = 5

_FORM = "application/x-www-form-urlencoded"
_log = logging.getLogger(__name__)

Take = Callable[[MultiDict[str], web.Request], Awaitable[None]]


def routes(door: Door, settings: Settings) -> list[web.AbstractRouteDef]:
    """Give the routes for the application; every one checks the signature before all else.

    200 when taken (a repeat is answered the same), 400 malformed, 403 unsigned, 405 not a POST,
    408 a body that does not arrive, 413 too large, 503 with ``Retry-After`` when it could not be
    written: then the sweep brings it later.
    """

    async def take_message(form: MultiDict[str], _request: web.Request) -> None:
        message = parse_message(form, whatsapp_number=settings.twilio_whatsapp_from)
        is_new = await door.accept(message)
        _log.info("inbound %s %s", message.external_id, "taken" if is_new else "known already")

    async def take_report(form: MultiDict[str], request: web.Request) -> None:
        if report := parse_report(form, request.query.get("letter", "")):
            await door.note_delivery(report)
            _log.info("letter %s is %s", report.outbox_id, report.status.value)

    return [
        web.post(INBOUND_PATH, _signed(settings, take_message)),
        web.post(STATUS_PATH, _signed(settings, take_report)),
    ]


def form_of(body: bytes) -> MultiDict[str]:
    """Read a form as Twilio posts it; raises ``MalformedMessage`` if it has too many fields."""
    try:
        text = body.decode("utf-8", "replace")
        return MultiDict(parse_qsl(text, keep_blank_values=True, errors="replace", max_num_fields=MOST_FIELDS))
    except ValueError:
        raise MalformedMessage("too many fields") from None


def _signed(settings: Settings, take: Take) -> Callable[[web.Request], Awaitable[web.Response]]:
    async def answer(request: web.Request) -> web.Response:
        try:
            async with asyncio.timeout(SLOWEST_BODY_SECONDS):
                body = await _read(request)
        except TimeoutError:
            return web.Response(status=408, text="The body did not arrive in time.")
        if body is None:
            return web.Response(status=413, text=f"The body is larger than {LARGEST_BODY} bytes.")
        try:
            await take(_verified_form(request, body, settings), request)
        except BadSignature:
            _log.warning("refused: not signed by Twilio for PUBLIC_URL")
            return web.Response(status=403, text=str(BadSignature.__doc__))
        except MalformedMessage as error:
            _log.warning("refused: %s", error)  # our own words; nothing of the form is in them
            return web.Response(status=400, text=f"Malformed: {error}.")
        except DatabaseUnavailable:
            _log.error("not taken: the database does not answer")
            headers = {"Retry-After": str(RETRY_AFTER_SECONDS)}
            return web.Response(status=503, text="Not taken; send it again.", headers=headers)
        return web.Response(text="<Response/>", content_type="text/xml")

    return answer


async def _read(request: web.Request) -> bytes | None:
    """Read the body, or give None as soon as it is known to be too large."""
    if (request.content_length or 0) > LARGEST_BODY:
        return None
    body = bytearray()
    async for chunk in request.content.iter_any():
        body += chunk
        if len(body) > LARGEST_BODY:
            return None
    return bytes(body)


def _verified_form(request: web.Request, body: bytes, settings: Settings) -> MultiDict[str]:
    # The target as it stands on the wire: any re-encoding would change what was signed.
    target = request.raw_path if request.raw_path.startswith("/") else request.path_qs
    form = form_of(body) if request.content_type == _FORM else None
    check_signature(
        token=settings.twilio_auth_token.get_secret_value(),
        url=settings.base_url + target,
        headers=request.headers,
        form=form,
        body=body,
    )
    return form if form is not None else MultiDict()
