"""A flow as it can be drawn from top to bottom: one way down, forks, and where a way ends or comes together.

A layout by layers sets all branches of a question side by side; nine of them are wider than paper. Here the way
that goes on stays in the middle of the sheet, and what leaves it stands beside it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from bot.dialogue.flow import END, Branch, Choice, Flow, Link, Next, Step

#: A branch of so many steps is a way of its own; a shorter one stands beside it.
_LONG = 5


@dataclass(frozen=True, slots=True, kw_only=True)
class Card:
    """A step that is drawn, with its number in the flow."""

    step: Step
    number: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Jump:
    """The way leaves for another flow."""

    flow: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Goto:
    """The way goes on at a step that is drawn elsewhere."""

    step: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Finish:
    """The flow ends."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Fork:
    """Ways part after a step: each choice with what comes along it. ``join`` is the step where they meet again."""

    step: Step
    number: int
    ways: tuple[tuple[Choice, Chain], ...]
    join: str | None


Item = Card | Jump | Goto | Finish | Fork
Chain = tuple[Item, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Outline:
    """A flow's way down, and the number of each step that has one."""

    chain: Chain
    numbers: Mapping[str, int]


def outline(flow: Flow) -> Outline:
    """Put a flow in order; every step that can be reached stands in it exactly once."""
    drawing = _Outline(flow)
    chain = drawing.chain(flow.first, ())
    return Outline(chain=chain, numbers=drawing.numbers)


@dataclass(slots=True)
class _Outline:
    flow: Flow
    numbers: dict[str, int] = field(default_factory=dict)

    def chain(self, start: str, stops: tuple[str, ...]) -> Chain:
        """The way from a step to the last of ``stops``, where another goes on."""
        items: list[Item] = []
        at = start
        while True:
            at = self._solid(at)
            if stops and at == stops[-1]:
                return tuple(items)
            if at == END:
                return (*items, Finish())
            step = self.flow.steps[at]
            if isinstance(step, Link):
                return (*items, Jump(flow=step.flow))
            if at in self.numbers or at in stops:
                return (*items, Goto(step=at))
            number = self.numbers[at] = len(self.numbers) + 1
            items.append(Card(step=step, number=number))
            if len({self._solid(choice.then) for choice in step.next}) == 1:
                at = step.next[0].then
                continue
            join = self._join(step.next)
            inner = stops if join is None else (*stops, join)
            if join is None and stops:
                # Nothing of ours meets; what reaches the outer meeting point says so.
                inner = (*stops, "")
            ways = tuple((choice, self.chain(choice.then, inner)) for choice in step.next)
            items.append(Fork(step=step, number=number, ways=ways, join=join))
            if join is None:
                return tuple(items)
            at = join

    def _solid(self, at: str) -> str:
        """The step itself, or the next one if it only names a place; a circle of names is drawn as it is."""
        found, seen = at, {at}
        while isinstance(step := self.flow.steps.get(found), Branch) and len(step.next) == 1:
            found = step.next[0].then
            if found in seen:
                return at
            seen.add(found)
        return found

    def _join(self, choices: Next) -> str | None:
        """Where most of the ways meet first; if none do, the only long way, which the others leave."""
        reached = [self._reach(choice.then) for choice in choices]
        shared = {at: sum(at in steps for steps in reached) for steps in reached for at in steps}
        common = [at for at in self.flow.steps if shared.get(at, 0) > 1]
        if common:
            return max(common, key=lambda at: (len(set(common) & self._reach(at)), shared[at]))
        weights = [len(steps) for steps in reached]
        heaviest = max(range(len(weights)), key=lambda place: weights[place])
        others = [weight for place, weight in enumerate(weights) if place != heaviest]
        is_alone = weights[heaviest] > 0 and (not any(others) or (weights[heaviest] >= _LONG > max(others)))
        return self._solid(choices[heaviest].then) if is_alone else None

    def _reach(self, start: str) -> set[str]:
        """The steps with a card that can be reached, the first among them."""
        found: set[str] = set()
        pending, seen = [start], set[str]()
        while pending:
            at = self._solid(pending.pop())
            step = self.flow.steps.get(at)
            if step is None or at in seen or isinstance(step, Link):
                continue
            seen.add(at)
            found.add(at)
            pending += [choice.then for choice in step.next]
        return found
