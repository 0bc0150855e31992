"""Her own account: where she is signed in, her password, her paper codes, and out everywhere."""

from __future__ import annotations

from aiohttp import web

from bot.codes import new_paper_codes, paper_hash
from bot.staff import LONGEST_PASSWORD, Stage, weak
from channels.console.access import ROOT, right
from channels.console.cookies import set_token
from channels.console.entering import REFUSED, attempt_of, enter, is_password, see, text_of, wait
from channels.console.pages import menu, show
from channels.console.parts import CONSOLE, TOKEN, who
from storage.staff import Credentials


@right("account.own")
async def go_home(request: web.Request) -> web.Response:
    """The first place of her menu."""
    places = menu(request)
    return see(places[0][1] if places else f"{ROOT}/cuenta")


@right("account.own")
async def show_account(request: web.Request) -> web.Response:
    """Who she is here, and where she is signed in."""
    return await _account(request)


@right("account.own")
async def change_password(request: web.Request) -> web.Response:
    """A new password by the old one; every other browser is signed out."""
    console = request.app[CONSOLE]
    proved = await _proved(request)
    if isinstance(proved, web.Response):
        return proved
    password = await text_of(request, "password")
    problem = weak(password, about=f"{proved.login} {proved.member.alias}")
    if password != await text_of(request, "again"):
        problem = "Las dos claves no son iguales."
    if problem is not None:
        return await _account(request, problem)
    await console.room.choose_password(proved.member.id, await console.passwords.hash(password))
    await console.sign_ins.end_all(proved.member.id)
    return await enter(request, proved, Stage.OPEN)


@right("account.own")
async def renew_codes(request: web.Request) -> web.Response:
    """Ten new paper codes by her password; the old ones are worth nothing."""
    console = request.app[CONSOLE]
    proved = await _proved(request)
    if isinstance(proved, web.Response):
        return proved
    codes = new_paper_codes()
    await console.room.renew_codes(proved.member.id, [paper_hash(code) for code in codes])
    return show(request, "paper_codes.html", codes=codes)


@right("account.own")
async def sign_out_everywhere(request: web.Request) -> web.Response:
    """Out, in every browser."""
    await request.app[CONSOLE].sign_ins.end_all(who(request).member.id)
    response = see(f"{ROOT}/entrar")
    set_token(request, response, request[TOKEN])
    return response


async def _proved(request: web.Request) -> Credentials | web.Response:
    """Her credentials if she typed her present password; else the page that says so."""
    console = request.app[CONSOLE]
    credentials = await console.room.credentials(staff_id=who(request).member.id)
    if credentials is None:
        raise web.HTTPForbidden
    attempt = attempt_of(request, credentials.login)
    too_many = await console.sign_ins.try_once(attempt)
    if too_many:
        return wait(request, "account.html", too_many, **await _values(request))
    if not await is_password(console, credentials, (await text_of(request, "present"))[:LONGEST_PASSWORD]):
        await console.sign_ins.note_failure(credentials.member.id)
        return await _account(request, REFUSED)
    await console.sign_ins.forgive(attempt)
    return credentials


async def _account(request: web.Request, said: str = "") -> web.Response:
    return show(request, "account.html", status=422 if said else 200, said=said, **await _values(request))


async def _values(request: web.Request) -> dict[str, object]:
    console, found = request.app[CONSOLE], who(request)
    return {
        "sign_ins": await console.sign_ins.live(found.member.id),
        "present": found.sign_in.id,
        "codes_left": await console.room.codes_left(found.member.id),
    }
