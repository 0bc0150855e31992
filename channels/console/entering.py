"""What an attempt to enter is worth: counted first, compared then, and answered alike whoever does not exist."""

from __future__ import annotations

from datetime import timedelta
from ipaddress import ip_address
from math import ceil
from urllib.parse import quote

from aiohttp import web

from bot.codes import paper_hash, right_step
from bot.staff import Guessed, Stage
from channels.console.access import ROOT
from channels.console.cookies import set_token
from channels.console.pages import show
from channels.console.parts import CONSOLE, TOKEN, WHO, Console
from storage.sign_ins import Attempt
from storage.staff import Credentials

#: One sentence for every reason, so that nobody learns who works here.
REFUSED = "Los datos no coinciden. Revise e intente de nuevo."


def attempt_of(request: web.Request, login: str, guessed: Guessed = Guessed.PASSWORD) -> Attempt:
    """An attempt at a login from where the request comes; a trusted proxy's word counts for the address."""
    address = request.remote or ""
    try:
        is_proxied = any(ip_address(address) in network for network in request.app[CONSOLE].proxies)
    except ValueError:
        is_proxied = False
    if is_proxied:
        # The last one was added by the proxy that speaks to us; those before it are anybody's word.
        address = request.headers.get("X-Forwarded-For", address).rpartition(",")[2].strip()
    return Attempt(login=login, address=address, guessed=guessed)


async def text_of(request: web.Request, field: str) -> str:
    """A text field of the form; empty if it is not there or a file."""
    given = (await request.post()).get(field, "")
    return given if isinstance(given, str) else ""


async def is_password(console: Console, credentials: Credentials | None, password: str) -> bool:
    """Whether this password opens; it takes as long for a login that nobody has."""
    may_try = credentials is not None and credentials.may_try
    if credentials is not None and credentials.member.is_demo and not console.is_demo:
        may_try = False
    return await console.passwords.is_right(
        password, credentials.password_hash if credentials is not None and may_try else None
    )


async def is_code(console: Console, credentials: Credentials, typed: str) -> bool:
    """Whether it is a code of her phone, or of her paper, that was not used before."""
    staff_id, secret = credentials.member.id, credentials.totp_secret
    step = right_step(secret, typed, credentials.now) if secret is not None else None
    if step is not None:
        return await console.room.use_step(staff_id, step)
    return await console.room.use_recovery_code(staff_id, paper_hash(typed))


def next_stage(console: Console, credentials: Credentials) -> Stage:
    """What is asked after a right password: enrolling, a code, or nothing more."""
    member = credentials.member
    if member.must_enrol or (not console.is_demo and not member.has_code):
        return Stage.ENROL
    return Stage.CODE if member.has_code else Stage.OPEN


async def enter(request: web.Request, credentials: Credentials, stage: Stage) -> web.Response:
    """Sign her in so far under a new token, and send her on; what this browser held before is over."""
    console = request.app[CONSOLE]
    before = request[WHO]
    if before is not None:
        await console.sign_ins.end(before.sign_in)
    token = await console.sign_ins.start(credentials.member.id, stage)
    where = {Stage.CODE: f"{ROOT}/codigo", Stage.ENROL: f"{ROOT}/inscripcion", Stage.OPEN: f"{ROOT}/"}[stage]
    asked = await text_of(request, "sigue")
    if is_ours(asked):
        where = asked if stage is Stage.OPEN else f"{where}?sigue={quote(asked)}"
    response = see(where)
    set_token(request, response, token)
    request[TOKEN] = token
    return response


def wait(request: web.Request, template: str, for_: timedelta, **values: object) -> web.Response:
    """The same page, which says how long to wait."""
    seconds = max(1, ceil(for_.total_seconds()))
    said = (
        f"Hubo muchos intentos. Espere {seconds} segundos."
        if seconds < 120
        else "Hubo muchos intentos. Espere unos minutos."
    )
    response = show(request, template, status=429, said=said, **values)
    response.headers["Retry-After"] = str(seconds)
    return response


def see(where: str) -> web.Response:
    """Send the browser to a page, to be fetched anew."""
    return web.Response(status=303, headers={"Location": where})


def is_ours(path: str) -> bool:
    """Whether an address that came with a form is a page of the console, and of nobody else's."""
    return path.startswith(f"{ROOT}/") and "//" not in path and "\\" not in path and path.isprintable()
