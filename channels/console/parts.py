"""What every page of the console is given."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from ipaddress import IPv4Network, IPv6Network

from aiohttp import web
from jinja2 import Environment

from bot.dialogue.flow import FlowBook, WordRule
from bot.intake import Intake
from bot.passwords import Passwords
from bot.rights import Rights
from bot.shifts import Duty, on_duty
from bot.staff import Member, SignIn
from bot.territory.directory import Hours
from bot.territory.services import Directory
from channels.console.station import Station
from storage.audit import Trail
from storage.board import Board
from storage.panel import Desk
from storage.replies import SavedReplies
from storage.resets import Resets
from storage.shifts import Plan
from storage.sign_ins import SignIns
from storage.staff import StaffRoom

Network = IPv4Network | IPv6Network


@dataclass(frozen=True, slots=True, kw_only=True)
class Console:
    """The parts of one console. ``zones``: the department's, by name. ``proxies``: whose word on addresses counts.
    ``forbidden``: what no text of ours may say. ``reopens``: the channels on which an approved template may go after
    the provider's window. ``is_reviewed``: every text of the program has both signatures.

    ``is_demo``: printed passwords open it, no codes are wanted, and cookies travel without encryption.
    """

    room: StaffRoom
    resets: Resets
    sign_ins: SignIns
    plan: Plan
    trail: Trail
    desk: Desk
    intake: Intake
    station: Station
    board: Board
    replies: SavedReplies
    directory: Directory
    book: FlowBook
    reopens: frozenset[str]
    forbidden: tuple[WordRule, ...]
    passwords: Passwords
    rights: Rights
    hours: Hours
    zones: Sequence[str]
    pages: Environment
    proxies: Sequence[Network]
    is_reviewed: bool
    is_demo: bool

    async def duty(self, now: datetime, *, zone: str | None) -> Duty:
        """Who attends in a zone at ``now`` (aware); without a zone, anywhere."""
        shifts, holidays = await self.plan.shifts(), await self.plan.holidays()
        return on_duty(now, shifts=shifts, hours=self.hours, holidays=holidays, zone=zone)


@dataclass(frozen=True, slots=True, kw_only=True)
class Who:
    """Who sent a request, by her sign-in, and what time it is in the database."""

    sign_in: SignIn
    now: datetime
    is_locked: bool

    @property
    def member(self) -> Member:
        """Somebody of the staff."""
        return self.sign_in.member


CONSOLE = web.AppKey("console", Console)
#: Set by the guard on every request that it lets through; None on a public page that nobody is signed in at.
WHO: web.RequestKey[Who | None] = web.RequestKey("who", Who)
#: The browser's token, from which the form token is made; new ones are set with the answer.
TOKEN: web.RequestKey[str] = web.RequestKey("token", str)


def who(request: web.Request) -> Who:
    """Who sent it; the guard has let nobody through to a page that needs somebody."""
    found = request[WHO]
    if found is None:
        raise web.HTTPForbidden
    return found
