"""All that there is to come by in a book: its steps, and the arrows between them."""

from __future__ import annotations

from collections.abc import Iterator

from bot.dialogue.flow import Act, FlowBook, Link
from bot.dialogue.paths import LEAVES
from bot.dialogue.state import Passed


def all_steps(book: FlowBook) -> Iterator[Passed]:
    """Every step; a link's one arrow is the step itself."""
    for flow in book.flows.values():
        for step in flow.steps:
            yield Passed(flow=flow.name, step=step)


def all_arrows(book: FlowBook) -> Iterator[Passed]:
    """Every choice of every step; what stands after she has left is never come to, and is no arrow."""
    for flow in book.flows.values():
        for step in flow.steps.values():
            if isinstance(step, Link) or (isinstance(step, Act) and step.action in LEAVES):
                continue
            for number in range(len(step.next)):
                yield Passed(flow=flow.name, step=step.id, arrow=number)
