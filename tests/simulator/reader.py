"""Reads a stream of server-sent events as a browser does."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

from aiohttp import ClientResponse, ClientSession


@dataclass(frozen=True, slots=True, kw_only=True)
class Sent:
    """One event: ``Sent(id="a.1", event="bubble", data="{}")``."""

    id: str
    event: str
    data: str

    @property
    def bubble(self) -> dict[str, Any]:
        """The data of a ``bubble`` event."""
        parsed: dict[str, Any] = json.loads(self.data)
        return parsed


class Reader:
    """One open stream."""

    def __init__(self, response: ClientResponse) -> None:
        self.response = response
        self.last_id = ""

    async def next(self) -> Sent | None:
        """The next event; None at the end of the stream."""
        fields: dict[str, str] = {}
        async with asyncio.timeout(5):
            while line := (await self.response.content.readline()).decode():
                if line != "\n":
                    name, _, value = line.rstrip("\n").partition(": ")
                    fields[name] = value
                elif "event" in fields:
                    self.last_id = fields.get("id", self.last_id)
                    return Sent(id=fields.get("id", ""), event=fields["event"], data=fields.get("data", ""))
                else:
                    fields = {}
        return None

    async def bubbles(self, count: int) -> list[dict[str, Any]]:
        """The next ``count`` bubbles, whatever stands between them."""
        found: list[dict[str, Any]] = []
        while len(found) < count:
            sent = await self.next()
            assert sent is not None, "the stream ended"
            if sent.event == "bubble":
                found.append(sent.bubble)
        return found

    async def until_ready(self) -> list[dict[str, Any]]:
        """All bubbles that had been missed."""
        missed: list[dict[str, Any]] = []
        while (sent := await self.next()) is not None and sent.event != "ready":
            if sent.event == "bubble":
                missed.append(sent.bubble)
        return missed


@asynccontextmanager
async def listening(client: ClientSession, phones: str, *, last_id: str = "") -> AsyncIterator[Reader]:
    """Open a stream for phones, as ``whatsapp-1,sms-2``."""
    headers: Mapping[str, str] = {"Last-Event-ID": last_id} if last_id else {}
    async with client.get(f"/simulador/telefonos/{phones}/eventos", headers=headers) as response:
        assert response.status == 200
        yield Reader(response)
