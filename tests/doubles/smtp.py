"""A mail server on loopback (RFC 5321): it keeps what it takes, and refuses when told to."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from email import message_from_bytes, policy
from email.message import EmailMessage


@dataclass(frozen=True, slots=True, kw_only=True)
class Taken:
    """One mail with those whom the envelope named."""

    to: tuple[str, ...]
    message: EmailMessage

    @property
    def text(self) -> str:
        body: str = self.message.get_content()
        return body

    @property
    def subject(self) -> str:
        return str(self.message["Subject"])


@dataclass
class MailServer:
    """Where it listens, and what it took. ``refusals`` answer the next mails instead; ``unknown`` has no box."""

    port: int = 0
    taken: list[Taken] = field(default_factory=list)
    refusals: list[str] = field(default_factory=list)
    unknown: set[str] = field(default_factory=set)
    asked: int = 0
    pause: float = 0.0

    @property
    def url(self) -> str:
        return f"smtp://127.0.0.1:{self.port}"

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """One connection, until it says goodbye."""

        def say(line: str) -> None:
            writer.write(f"{line}\r\n".encode())

        to: list[str] = []
        say("220 prueba ESMTP")
        try:
            while line := (await reader.readline()).decode().strip():
                word = line.split(":")[0].upper()
                if word.startswith("EHLO"):
                    say("250 prueba")
                elif word == "MAIL FROM":
                    self.asked += 1
                    to.clear()
                    say(self.refusals.pop(0) if self.refusals else "250 si")
                elif word == "RCPT TO":
                    whom = line.partition("<")[2].partition(">")[0]
                    say("550 no existe" if whom in self.unknown else "250 si")
                    to += [] if whom in self.unknown else [whom]
                elif word == "DATA":
                    say("354 diga")
                    body = (await reader.readuntil(b"\r\n.\r\n"))[:-5]
                    await asyncio.sleep(self.pause)
                    message = message_from_bytes(body + b"\r\n", _class=EmailMessage, policy=policy.default)
                    self.taken.append(Taken(to=tuple(to), message=message))
                    say("250 tomado")
                elif word.startswith("QUIT"):
                    say("221 adios")
                    break
                else:
                    say("250 si" if word.startswith("RSET") else "502 no")
                await writer.drain()
        finally:
            writer.close()


@asynccontextmanager
async def mail_server() -> AsyncIterator[MailServer]:
    """A server that is there within the block."""
    made = MailServer()
    server = await asyncio.start_server(made.serve, "127.0.0.1", 0)
    made.port = server.sockets[0].getsockname()[1]
    async with server:
        yield made
