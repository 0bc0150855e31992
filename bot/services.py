"""What the parts need of each other: protocols, so that tests bring doubles and nothing else changes."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from bot.messages import Letter, Reply, Understanding


class Interpreter(Protocol):
    """Says what a text means. Never raises: slow, gone or nonsensical NLU gives ``unknown``."""

    async def interpret(self, text: str) -> Understanding: ...

    async def is_ready(self) -> bool: ...


class Channel(Protocol):
    """One way to a person's phone."""

    def lay_out(self, reply: Reply) -> Sequence[Reply]:
        """Split a reply into what the provider takes as single messages, in order."""

    async def send(self, letter: Letter) -> str:
        """Hand one message to the provider; its id comes back. Raises ``SendError``."""

    async def find(self, letter: Letter) -> str | None:
        """Ask the provider whether it already has this letter: its id, or None if it does not.

        Raises ``SendError`` if the provider does not answer.
        """
