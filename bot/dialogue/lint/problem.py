"""One thing to correct in the content, with file and line."""

from __future__ import annotations

from dataclasses import dataclass

from bot.dialogue.flow import Where


@dataclass(frozen=True, slots=True, kw_only=True)
class Problem:
    """One thing to correct, in Spanish: ``opening.yml:12: ...``."""

    file: str
    line: int
    text: str

    def __str__(self) -> str:
        return f"{self.file}:{self.line}: {self.text}"


def at(where: Where, text: str) -> Problem:
    """The problem that stands at a place in the content."""
    return Problem(file=where.file, line=where.line, text=text)
