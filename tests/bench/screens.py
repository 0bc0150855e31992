"""One psychologist's open page, doing over the network what ``static/bell.js`` and ``live.js`` do in a browser."""

from __future__ import annotations

import asyncio
import json
import re
from collections import defaultdict
from contextlib import suppress
from dataclasses import dataclass, field
from time import monotonic

import aiohttp

from tests.bench.town import Written
from tests.console.house import Browser

_REF = re.compile(r"ref(\d{7})")
_PATIENCE = aiohttp.ClientTimeout(total=None, sock_read=30)


@dataclass
class Seen:
    """What all pages saw, in ms: by page the time of each answer; told: until the stream said it; shown: on screen."""

    pages: dict[str, list[float]] = field(default_factory=lambda: defaultdict(list))
    told: list[float] = field(default_factory=list)
    shown: list[float] = field(default_factory=list)
    shown_since_posted: list[float] = field(default_factory=list)
    events: int = 0
    reloads: int = 0
    wrong: int = 0


@dataclass
class Screen:
    """A page with its stream: of one chat, or (``chat`` empty) the queue; ``mine`` are all the chats she holds."""

    browser: Browser
    seen: Seen
    mine: frozenset[str]
    chat: str = ""
    waiting: dict[int, Written] = field(default_factory=dict)
    drawn: dict[int, float] = field(default_factory=dict)
    untold: dict[str, list[Written]] = field(default_factory=lambda: defaultdict(list))
    heard: dict[str, float] = field(default_factory=dict)
    is_measured: bool = False

    async def stay_open(self) -> None:
        """Follow the stream until cancelled; whatever it says is done as the scripts would."""
        self._fetching = self._again = self._asking = False
        self._tasks: set[asyncio.Task[None]] = set()
        try:
            while True:
                with suppress(aiohttp.ClientError, TimeoutError):
                    await self._follow()
                self.seen.wrong += 1
                await asyncio.sleep(1.5)
        finally:
            for task in self._tasks:
                task.cancel()

    def expect(self, one: Written) -> None:
        """Somebody whom she holds wrote this, and it was taken."""
        heard = self.heard.get(one.place, 0.0)
        if heard > one.posted:
            self.seen.told.append(max(0.0, heard - one.taken) * 1000)
        else:
            self.untold[one.place].append(one)
        if one.place != self.chat:
            return
        if one.number in self.drawn:
            self._note(one, self.drawn[one.number])
        else:
            self.waiting[one.number] = one

    async def _follow(self) -> None:
        house = self.browser.house
        where = f"{house.url}/consola/corriente" + (f"?chat={self.chat}" if self.chat else "")
        cookie = "; ".join(f"{name}={value}" for name, value in self.browser.cookies.items())
        async with self.browser.session.get(where, headers={"Cookie": cookie}, timeout=_PATIENCE) as stream:
            kind = ""
            async for raw in stream.content:
                line = raw.decode().rstrip("\n")
                if line.startswith("event: "):
                    kind = line.removeprefix("event: ")
                elif line.startswith("data: "):
                    self._hear(kind, json.loads(line.removeprefix("data: ")))

    def _hear(self, kind: str, data: dict[str, object]) -> None:
        self.seen.events += 1
        if kind == "moved":
            found = data.get("places")
            places = {str(one) for one in found} if isinstance(found, list) else None
            self.seen.reloads += places is None
            self._note_told(places)
            if not self.chat or places is None or places & self.mine:
                self._start(self._renew())
            if places is not None and not data["rings"]:
                return
        self._start(self._look())

    def _note_told(self, places: set[str] | None) -> None:
        now = monotonic()
        for place in self.mine if places is None else self.mine & places:
            self.heard[place] = now
            for one in self.untold.pop(place, ()):
                self.seen.told.append((now - one.taken) * 1000)

    async def _renew(self) -> None:
        if self._fetching:
            self._again = True
            return
        self._fetching = True
        try:
            while True:
                self._again = False
                page = await self.open(f"/consola/chat/{self.chat}/vivo" if self.chat else "/consola/cola/lista")
                self._draw(page)
                if not self._again:
                    return
        finally:
            self._fetching = False

    def _draw(self, page: str) -> None:
        now = monotonic()
        for found in set(_REF.findall(page)):
            number = int(found)
            if number not in self.drawn:
                self.drawn[number] = now
                if number in self.waiting:
                    self._note(self.waiting.pop(number), now)

    def _note(self, one: Written, now: float) -> None:
        self.seen.shown.append(max(0.0, now - one.taken) * 1000)
        self.seen.shown_since_posted.append((now - one.posted) * 1000)

    async def _look(self) -> None:
        if self._asking:
            return
        self._asking = True
        try:
            await self.open("/consola/avisos")
        finally:
            self._asking = False

    async def open(self, path: str) -> str:
        """Fetch a page; what it says. Its time is noted under its name."""
        began = monotonic()
        answer = await self.browser.get(path)
        page = await answer.text()
        if self.is_measured:
            self.seen.pages[re.sub(r"[0-9a-f-]{36}", "…", path)].append((monotonic() - began) * 1000)
        self.seen.wrong += answer.status != 200
        return page

    def _start(self, work: object) -> None:
        task: asyncio.Task[None] = asyncio.ensure_future(work)  # type: ignore[call-overload]
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
