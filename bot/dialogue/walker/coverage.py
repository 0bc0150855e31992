"""How much of the flows a walk came by: steps, and the arrows between them."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from bot.dialogue.flow import FlowBook
from bot.dialogue.state import Passed
from bot.dialogue.walker.parts import all_arrows, all_steps
from bot.dialogue.walker.steps import Walked


@dataclass(frozen=True, slots=True, kw_only=True)
class Coverage:
    """What there is, and what of it nobody came by."""

    steps: int
    arrows: int
    missed: tuple[Passed, ...]

    def __str__(self) -> str:
        """``pasos 410/410, flechas 386/386``."""
        missed_arrows = sum(one.arrow is not None for one in self.missed)
        missed_steps = len(self.missed) - missed_arrows
        return f"pasos {self.steps - missed_steps}/{self.steps}, flechas {self.arrows - missed_arrows}/{self.arrows}"


def coverage(book: FlowBook, walked: Iterable[Walked]) -> Coverage:
    """Hold what was walked against everything that the book has."""
    steps, arrows = set(all_steps(book)), set(all_arrows(book))
    passed = {one for way in walked for one in way.turn.passed}
    missed = sorted((steps | arrows) - passed, key=lambda one: (one.flow, one.step, one.arrow or 0))
    return Coverage(steps=len(steps), arrows=len(arrows), missed=tuple(missed))
