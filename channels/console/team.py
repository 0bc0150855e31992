"""The team: who works here, somebody new, a lost password with two people's word, somebody who leaves."""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

from aiohttp import web

from bot.errors import AlreadyThere, NotThere
from bot.passwords import told_password
from bot.rights import Scope
from bot.staff import Member, Role
from channels.console.access import ROOT, right
from channels.console.entering import see, text_of
from channels.console.pages import show
from channels.console.parts import CONSOLE, Console, who

_LONGEST_NAME = 40
#: Those whose work lies in zones; the others work for the department.
_IN_ZONES = frozenset({Role.PSYCHOLOGIST, Role.COORDINATOR})
_TEAM = f"{ROOT}/equipo"


@right("staff.read")
async def show_team(request: web.Request) -> web.Response:
    """Everybody in her zones, or in the department."""
    return await _team(request)


@right("staff.add")
async def add(request: web.Request) -> web.Response:
    """Somebody new; her first password is shown once, to be told to her."""
    console, by = request.app[CONSOLE], who(request).member
    form = await request.post()
    alias, login = (await text_of(request, "alias")).strip(), (await text_of(request, "login")).strip()
    zones = {str(zone) for zone in form.getall("zones", []) if zone in console.zones}
    role = _role(await text_of(request, "role"))
    if role is None or not console.rights.may_manage(by, "staff.add", role=role, zones=zones):
        raise web.HTTPForbidden
    if not (0 < len(alias) <= _LONGEST_NAME and 3 <= len(login) <= _LONGEST_NAME):
        return await _team(request, "Escriba un alias, y un usuario de 3 a 40 letras.")
    if not zones and role in _IN_ZONES:
        return await _team(request, "Marque al menos una zona.")
    password = told_password()
    try:
        member = await console.room.add(
            by=by.id,
            alias=alias,
            login=login,
            role=role,
            zones=zones,
            password_hash=await console.passwords.hash(password),
        )
    except AlreadyThere as error:
        return await _team(request, str(error))
    return show(request, "told.html", member=member, password=password)


@right("staff.reset")
async def ask_reset(request: web.Request) -> web.Response:
    """Ask that somebody gets a new password and a new phone."""
    console, by = request.app[CONSOLE], who(request).member
    member = await _managed(request, "staff.reset")
    try:
        await console.resets.ask(by=by.id, staff_id=member.id)
    except NotThere as error:
        return await _team(request, str(error))
    return see(_TEAM)


@right("staff.reset")
async def confirm_reset(request: web.Request) -> web.Response:
    """The second person's word; the password to be told is shown once, to her."""
    return await _close_reset(request, told_password())


@right("staff.reset")
async def refuse_reset(request: web.Request) -> web.Response:
    """Not this time: nothing changes."""
    return await _close_reset(request, None)


@right("staff.end")
async def end(request: web.Request) -> web.Response:
    """Somebody leaves: out everywhere at once, and her key is destroyed."""
    console = request.app[CONSOLE]
    member = await _managed(request, "staff.end")
    if await text_of(request, "sure") != "yes":
        return await _team(request, "Marque que está segura antes de retirar a alguien.")
    try:
        await console.room.end(by=who(request).member.id, staff_id=member.id)
    except NotThere as error:
        return await _team(request, str(error))
    return see(_TEAM)


async def _close_reset(request: web.Request, password: str | None) -> web.Response:
    console, by = request.app[CONSOLE], who(request).member
    waiting = {reset.id: reset for reset in await console.resets.waiting()}
    reset = waiting.get(_uuid(request, "reset"))
    if reset is None:
        return await _team(request, "Ese cambio ya no espera.")
    if not _may(console, by, "staff.reset", reset.member) or (password is not None and reset.asked_by == by.id):
        raise web.HTTPForbidden
    hashed = await console.passwords.hash(password) if password is not None else None
    try:
        member = await console.resets.close(by=by.id, reset_id=reset.id, password_hash=hashed)
    except NotThere as error:
        return await _team(request, str(error))
    return see(_TEAM) if password is None else show(request, "told.html", member=member, password=password)


async def _managed(request: web.Request, right_name: str) -> Member:
    """The member whom the address names; refused if she is not this person's to change."""
    console = request.app[CONSOLE]
    try:
        member = await console.room.member(_uuid(request, "member"))
    except NotThere:
        raise web.HTTPForbidden from None
    if not _may(console, who(request).member, right_name, member):
        raise web.HTTPForbidden
    return member


def _may(console: Console, by: Member, right_name: str, member: Member) -> bool:
    """Whether she may do this to somebody; to herself nobody may."""
    return by.id != member.id and console.rights.may_manage(by, right_name, role=member.role, zones=member.zones)


async def _team(request: web.Request, said: str = "") -> web.Response:
    console, by = request.app[CONSOLE], who(request).member
    members = _seen(console, by, await console.room.members())
    resets = [one for one in await console.resets.waiting() if _may(console, by, "staff.reset", one.member)]
    aliases = await console.room.aliases()
    is_all = console.rights.scope(by.role, "staff.add") is Scope.ALL
    return show(
        request,
        "team.html",
        status=422 if said else 200,
        said=said,
        members=members,
        resets=resets,
        aliases=aliases,
        may_reset={one.id for one in members if _may(console, by, "staff.reset", one)},
        may_end={one.id for one in members if _may(console, by, "staff.end", one)},
        roles=sorted(console.rights.manages.get(by.role, ())),
        zones=console.zones if is_all else sorted(by.zones),
    )


def _seen(console: Console, by: Member, members: Sequence[Member]) -> list[Member]:
    scope = console.rights.scope(by.role, "staff.read")
    return [one for one in members if scope is Scope.ALL or one.zones & by.zones or one.id == by.id]


def _role(name: str) -> Role | None:
    return Role(name) if name in set(Role) else None


def _uuid(request: web.Request, name: str) -> UUID:
    try:
        return UUID(request.match_info[name])
    except ValueError:
        raise web.HTTPNotFound from None
