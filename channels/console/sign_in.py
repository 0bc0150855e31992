"""The pages of the door: password, code, enrolling, the closed screen, and out."""

from __future__ import annotations

from collections.abc import Sequence
from urllib.parse import quote

import segno
from aiohttp import web

from bot.codes import new_paper_codes, new_secret, paper_hash, phone_uri, right_step
from bot.staff import LONGEST_PASSWORD, Guessed, Stage, weak
from channels.console.access import ROOT, public, stage
from channels.console.cookies import set_token
from channels.console.entering import (
    REFUSED,
    attempt_of,
    enter,
    is_code,
    is_ours,
    is_password,
    next_stage,
    see,
    text_of,
    wait,
)
from channels.console.pages import show
from channels.console.parts import CONSOLE, TOKEN, WHO, who
from storage.staff import Credentials


@public
async def show_sign_in(request: web.Request) -> web.Response:
    """Ask for login and password."""
    found = request[WHO]
    if found is not None and found.sign_in.stage is Stage.OPEN:
        return see(f"{ROOT}/")
    return show(request, "sign_in.html", said="", login="", sigue=_back(request))


@public
async def sign_in(request: web.Request) -> web.Response:
    """Compare login and password; a code may be asked next."""
    console = request.app[CONSOLE]
    login, password = (await text_of(request, "login"))[:200], await text_of(request, "password")
    again = {"login": login, "sigue": await text_of(request, "sigue")}
    attempt = attempt_of(request, login)
    too_many = await console.sign_ins.try_once(attempt)
    if too_many:
        return wait(request, "sign_in.html", too_many, **again)
    credentials = await console.room.credentials(login=login)
    if not await is_password(console, credentials, password[:LONGEST_PASSWORD]) or credentials is None:
        await console.sign_ins.note_failure(credentials.member.id if credentials else None)
        return show(request, "sign_in.html", status=403, said=REFUSED, **again)
    await console.sign_ins.forgive(attempt)
    return await enter(request, credentials, next_stage(console, credentials))


@stage(Stage.CODE)
async def show_code(request: web.Request) -> web.Response:
    """Ask for a code of her phone, or of her paper."""
    return show(request, "code.html", said="", sigue=_back(request))


@stage(Stage.CODE)
async def give_code(request: web.Request) -> web.Response:
    """Take the code, once."""
    console = request.app[CONSOLE]
    credentials = await _credentials(request)
    attempt = attempt_of(request, credentials.login, Guessed.CODE)
    again = {"sigue": await text_of(request, "sigue")}
    too_many = await console.sign_ins.try_once(attempt)
    if too_many:
        return wait(request, "code.html", too_many, **again)
    if not await is_code(console, credentials, (await text_of(request, "code"))[:64]):
        await console.sign_ins.note_failure(credentials.member.id)
        return show(
            request, "code.html", status=403, said="Ese código no sirve, o ya se usó. Espere uno nuevo.", **again
        )
    await console.sign_ins.forgive(attempt)
    return await enter(request, credentials, Stage.OPEN)


@stage(Stage.ENROL)
async def show_enrolment(request: web.Request) -> web.Response:
    """Ask for a password of her own, and show the picture for her phone."""
    return await _enrolment(request)


@stage(Stage.ENROL)
async def enrol(request: web.Request) -> web.Response:
    """Take her password and the first code of her phone; she sees her paper codes, once."""
    console = request.app[CONSOLE]
    credentials = await _credentials(request)
    password = await text_of(request, "password")
    problem = weak(password, about=f"{credentials.login} {credentials.member.alias}")
    if password != await text_of(request, "again"):
        problem = "Las dos claves no son iguales."
    if problem is not None:
        return await _enrolment(request, problem)
    codes: Sequence[str] = ()
    if not console.is_demo:
        secret = credentials.totp_secret
        step = right_step(secret, await text_of(request, "code"), credentials.now) if secret is not None else None
        if step is None or not await console.room.use_step(credentials.member.id, step):
            return await _enrolment(request, "El código del teléfono no sirve. Espere uno nuevo.")
        codes = new_paper_codes()
    await console.room.enrol(
        credentials.member.id,
        password_hash=await console.passwords.hash(password),
        code_hashes=[paper_hash(code) for code in codes],
    )
    entered = await enter(request, credentials, Stage.OPEN)
    if not codes:
        return entered
    shown = show(request, "paper_codes.html", codes=codes)
    set_token(request, shown, request[TOKEN])
    return shown


@stage(Stage.OPEN, while_locked=True, wakes=False)
async def show_lock(request: web.Request) -> web.Response:
    """The closed screen; alarms still ring behind it."""
    if not who(request).is_locked:
        return see(f"{ROOT}/")
    return show(request, "lock.html", said="", alias=who(request).member.alias, sigue=_back(request))


@stage(Stage.OPEN, while_locked=True, wakes=False)
async def lock(request: web.Request) -> web.Response:
    """Close the screen, by her hand or by the page that nobody touched."""
    await request.app[CONSOLE].sign_ins.lock(who(request).sign_in)
    asked = await text_of(request, "sigue")
    return see(f"{ROOT}/bloqueo" + (f"?sigue={quote(asked)}" if is_ours(asked) else ""))


@stage(Stage.OPEN, while_locked=True, wakes=False)
async def unlock(request: web.Request) -> web.Response:
    """Open the screen by her password."""
    console, found = request.app[CONSOLE], who(request)
    credentials = await _credentials(request)
    sigue = await text_of(request, "sigue")
    again = {"alias": found.member.alias, "sigue": sigue}
    attempt = attempt_of(request, credentials.login)
    too_many = await console.sign_ins.try_once(attempt)
    if too_many:
        return wait(request, "lock.html", too_many, **again)
    if not await is_password(console, credentials, (await text_of(request, "password"))[:LONGEST_PASSWORD]):
        await console.sign_ins.note_failure(found.member.id)
        return show(request, "lock.html", status=403, said=REFUSED, **again)
    await console.sign_ins.forgive(attempt)
    await console.sign_ins.unlock(found.sign_in)
    return see(sigue if is_ours(sigue) else f"{ROOT}/")


@stage(*Stage, while_locked=True, wakes=False)
async def sign_out(request: web.Request) -> web.Response:
    """Out, in this browser."""
    await request.app[CONSOLE].sign_ins.end(who(request).sign_in)
    return see(f"{ROOT}/entrar")


@stage(Stage.OPEN)
async def note_presence(_: web.Request) -> web.Response:
    """She is at work in a page that sends nothing: the guard has noted it."""
    return web.Response(status=204)


def _back(request: web.Request) -> str:
    asked = request.query.get("sigue", "")
    return asked if is_ours(asked) else ""


async def _credentials(request: web.Request) -> Credentials:
    found = await request.app[CONSOLE].room.credentials(staff_id=who(request).member.id)
    if found is None:
        raise web.HTTPForbidden
    return found


async def _enrolment(request: web.Request, said: str = "") -> web.Response:
    console, member = request.app[CONSOLE], who(request).member
    picture, letters = "", ""
    if not console.is_demo:
        secret = await console.room.offer_totp(member.id, new_secret())
        uri = phone_uri(secret, member.alias)
        # Dark on light in both themes: cameras read no other. Without a size of its own it is made smaller, not cut.
        picture = segno.make(uri, error="m").svg_inline(border=4, light="#fff", dark="#000", omitsize=True)
        letters = uri.partition("secret=")[2].partition("&")[0]
    return show(
        request,
        "enrol.html",
        status=422 if said else 200,
        said=said,
        picture=picture,
        letters=letters,
        alias=member.alias,
    )
