"""A console with its database for a test: browsers that sign in, hold cookies and send forms as pages make them."""

from __future__ import annotations

import asyncio
import re
import socket
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from html import unescape
from ipaddress import IPv4Network

from aiohttp import ClientResponse, ClientSession, CookieJar, web
from argon2 import PasswordHasher
from yarl import URL

from bot.codes import _totp
from bot.intake import Intake
from bot.passwords import Passwords
from bot.staff import Member, Role
from channels.console.application import console_application, open_console
from storage.database import Database
from storage.keys import KeyRing
from storage.office import Office, open_office
from tests.dialogue.pure import the_book
from tests.doubles.database import read_clock
from tests.doubles.rig import INDEX_KEY, WRAPPING_KEY

AUDIT_KEY = b"a" * 32
PASSWORD = "cuatro gatos negros"
#: As argon2 as in earnest, and too cheap for it.
_CHEAP = PasswordHasher(time_cost=1, memory_cost=64, parallelism=1)


class CountingPasswords(Passwords):
    """Remembers how often something was compared with a hash, real or nobody's."""

    def __init__(self) -> None:
        super().__init__(_CHEAP)
        self.compared = 0

    async def is_right(self, password: str, kept: str | None) -> bool:
        self.compared += 1
        return await super().is_right(password, kept)


@dataclass
class House:
    """The console on loopback; ``url`` is where it listens."""

    database: Database
    office: Office
    intake: Intake
    passwords: CountingPasswords
    is_demo: bool = False
    proxies: tuple[IPv4Network, ...] = ()
    url: str = ""
    app: web.Application = field(default_factory=web.Application)
    browsers: list[Browser] = field(default_factory=list)
    more_routes: list[web.RouteDef] = field(default_factory=list)

    async def open(self) -> None:
        console = open_console(
            self.office,
            intake=self.intake,
            book=the_book(),
            passwords=self.passwords,
            proxies=self.proxies,
            is_demo=self.is_demo,
        )
        self.station = console.station
        self.console = console_application(console)
        self.console.add_routes(self.more_routes)
        self.app.add_subapp("/consola", self.console)
        self._runner = web.AppRunner(self.app)
        await self._runner.setup()
        door = socket.create_server(("127.0.0.1", 0))
        await web.SockSite(self._runner, door).start()
        self.url = f"http://127.0.0.1:{door.getsockname()[1]}"

    async def close(self) -> None:
        for browser in self.browsers:
            await browser.session.close()
        await self._runner.cleanup()

    def browser(self) -> Browser:
        """A browser that holds nothing yet."""
        made = Browser(self)
        self.browsers.append(made)
        return made

    async def now(self) -> datetime:
        return await read_clock(self.database)

    async def enrolled(
        self, login: str, role: Role = Role.PSYCHOLOGIST, zones: frozenset[str] = frozenset({"Norte"})
    ) -> Member:
        """Somebody with ``PASSWORD`` and a phone that shows codes; her alias is her login, capitalised."""
        hashed = await self.passwords.hash(PASSWORD)
        member = await self.office.room.add(
            by=None, alias=login.title(), login=login, role=role, zones=zones, password_hash=hashed
        )
        await self.office.room.offer_totp(member.id, b"s" * 20)
        await self.office.room.enrol(member.id, password_hash=hashed, code_hashes=())
        return await self.office.room.member(member.id)

    async def code(self, steps: int = 0) -> str:
        """What an enrolled phone shows so many half minutes from now."""
        return _totp(b"s" * 20).generate(int((await self.now()).timestamp()) + 30 * steps).decode()

    async def signed_in(
        self, login: str, role: Role = Role.PSYCHOLOGIST, zones: frozenset[str] = frozenset({"Norte"})
    ) -> Browser:
        """A browser in which somebody new has signed in, by password and code."""
        await self.enrolled(login, role, zones)
        browser = self.browser()
        assert (await browser.enter(login, code=await self.code())).status == 303
        return browser


class Browser:
    """Keeps cookies, also those that are for encrypted connections alone, and follows no redirect by itself."""

    def __init__(self, house: House) -> None:
        self.house = house
        self.session = ClientSession(cookie_jar=CookieJar(unsafe=True))
        self.cookies: dict[str, str] = {}
        self.page = ""

    async def get(self, path: str, **headers: str) -> ClientResponse:
        return await self._send("GET", path, None, headers)

    async def post(self, path: str, form: Mapping[str, object] | None = None, **headers: str) -> ClientResponse:
        """Send a form with the token of the page seen last."""
        return await self._send("POST", path, {"csrf": self.csrf, **(form or {})}, headers)

    async def enter(self, login: str, password: str = PASSWORD, *, code: str | None = None) -> ClientResponse:
        """Type login and password, and a code if one is asked; the last answer."""
        await self.get("/consola/entrar")
        answer = await self.post("/consola/entrar", {"login": login, "password": password})
        if code is None or answer.status != 303:
            return answer
        await self.get("/consola/codigo")
        return await self.post("/consola/codigo", {"code": code})

    @property
    def csrf(self) -> str:
        found = re.search(r'name="csrf" (?:value|content)="([0-9a-f]*)"', self.page)
        return found[1] if found else ""

    @property
    def said(self) -> str:
        """What the page says aloud."""
        found = re.search(r'role="alert">([^<]*)<', self.page)
        return unescape(found[1]) if found else ""

    async def _send(
        self, method: str, path: str, form: Mapping[str, object] | None, headers: Mapping[str, str]
    ) -> ClientResponse:
        cookie = "; ".join(f"{name}={value}" for name, value in self.cookies.items())
        sent = {"Cookie": cookie, **{name.replace("_", "-"): value for name, value in headers.items()}}
        pairs = None
        if form is not None:
            pairs = [
                (name, str(one))
                for name, value in form.items()
                for one in (value if isinstance(value, list) else [value])
            ]
        answer = await self.session.request(
            method, URL(self.house.url + path, encoded=True), data=pairs, headers=sent, allow_redirects=False
        )
        for name, morsel in answer.cookies.items():
            self.cookies[name] = morsel.value
        self.session.cookie_jar.clear()
        if answer.content_type == "text/html":
            self.page = await answer.text()
        return answer


def house(url: str, *, is_demo: bool = False) -> House:
    """A console over a migrated database, not yet open."""
    database = Database(url)
    ring = KeyRing([WRAPPING_KEY], INDEX_KEY)
    return House(
        database=database,
        office=open_office(database, ring, AUDIT_KEY),
        intake=Intake(database, ring, quiet_seconds=0),
        passwords=CountingPasswords(),
        is_demo=is_demo,
    )


async def together(*tasks: object) -> list[object]:
    """Everything at once."""
    return list(await asyncio.gather(*tasks))  # type: ignore[call-overload]
