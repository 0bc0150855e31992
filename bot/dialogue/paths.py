"""The ways through the flows, walked without anybody: where they lead, and how far help is."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from bot.dialogue.condition import Known, holds, names_in
from bot.dialogue.flow import (
    END,
    Act,
    Branch,
    Call,
    Choice,
    Collect,
    Flow,
    FlowBook,
    Follow,
    Link,
    SetSlots,
    SlotKind,
    Step,
)
from bot.dialogue.patterns import PATTERNS
from bot.dialogue.payload import Inform, Start, read_payload
from bot.errors import BotError

#: The help that every text can name.
_HELP = "{lines.policia_123}"
_FAR = 99
#: Here she leaves; whoever comes back begins anew.
LEAVES = frozenset({"action_lock_phone", "action_stop"})

Stack = tuple[tuple[str, str], ...]


class EndlessPath(BotError):
    """Steps lead back to themselves without a question; let one of them end or ask."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Stop:
    """Where a walk rests: at a question, or (an empty stack) at the end. ``helped``: help was named on the way."""

    stack: Stack
    helped: bool = False


def waits(book: FlowBook) -> dict[Stack, tuple[tuple[Stop, ...], ...]]:
    """Every question in every place it can be asked from; for each of her choices, all places where it may lead."""
    found: dict[Stack, tuple[tuple[Stop, ...], ...]] = {}
    begun = [name for name, flow in book.flows.items() if flow.triggers or name in PATTERNS]
    pending = [stop.stack for name in begun for stop in _walk_flow(book, name)]
    while pending:
        stack = pending.pop()
        if not stack or stack in found:
            continue
        found[stack] = tuple(tuple(stops) for stops in _choices(book, stack))
        pending += [stop.stack for stops in found[stack] for stop in stops]
    return found


def distances_to_help(book: FlowBook) -> Mapping[Stack, int]:
    """How many messages of hers a person or 123 is away from each question: her best choice, our worst answer."""
    graph = waits(book)
    far = dict.fromkeys([*graph, ()], _FAR)
    changed = True
    while changed:
        changed = False
        for stack, choices in graph.items():
            ways = [max((0 if stop.helped else far[stop.stack]) for stop in stops) for stops in choices if stops]
            near = 1 + min(ways, default=_FAR)
            if near < far[stack]:
                far[stack], changed = near, True
        idle = 1 + min((far[stop.stack] for stop in _walk_flow(book, "pattern_clarification")), default=_FAR)
        if idle < far[()]:
            far[()], changed = idle, True
    return far


def reachable_steps(flow: Flow) -> frozenset[str]:
    """The steps of a flow that some path comes to."""
    seen: set[str] = set()
    pending = [flow.first]
    while pending:
        step_id = pending.pop()
        if step_id == END or step_id in seen:
            continue
        seen.add(step_id)
        step = flow.steps[step_id]
        pending += [] if isinstance(step, Link) else [choice.then for choice in step.next]
    return frozenset(seen)


def reachable_flows(book: FlowBook) -> frozenset[str]:
    """The flows that a pattern, a trigger, a link or a call begins."""
    begun = {name for name, flow in book.flows.items() if flow.triggers or name in PATTERNS}
    pending = list(begun)
    while pending:
        for step in book.flows[pending.pop()].steps.values():
            if isinstance(step, Link | Call) and step.flow not in begun:
                begun.add(step.flow)
                pending.append(step.flow)
    return frozenset(begun)


def _walk_flow(book: FlowBook, flow: str) -> Iterator[Stop]:
    return _walk(book, ((flow, book.flows[flow].first),), {})


def _choices(book: FlowBook, stack: Stack) -> Iterator[list[Stop]]:
    """For each choice that the question offers: where it leads."""
    name, step_id = stack[-1]
    step = book.flows[name].steps[step_id]
    assert isinstance(step, Collect)  # noqa: S101  a walk rests at questions only
    slot = book.slots[step.slot]
    if slot.kind is not SlotKind.CATEGORICAL:
        yield list(_after(book, stack, step.next, {}))
    for payload in _payloads(book, step.utter):
        match read_payload(payload):
            case Inform(slot=asked, value=value) if asked == step.slot:
                yield list(_after(book, stack, step.next, {f"slots.{asked}": value}))
            case Start(intent=intent):
                flow = next(f for f in book.flows.values() if any(t.intent == intent for t in f.triggers))
                yield list(_walk_flow(book, flow.name))
            case _:
                pass


def _payloads(book: FlowBook, response: str) -> Iterator[str]:
    seen: set[str] = set()
    for variant in book.responses[response].variants:
        for button in (*variant.buttons, *variant.typed):
            if button.payload not in seen:
                seen.add(button.payload)
                yield button.payload


def _walk(book: FlowBook, stack: Stack, known: Mapping[str, Known], helped: bool = False) -> Iterator[Stop]:
    """From a step on, every way that conditions leave open, up to a question or the end."""
    yield from _step(book, stack, known, helped, frozenset())


def _step(
    book: FlowBook, stack: Stack, known: Mapping[str, Known], helped: bool, seen: frozenset[Stack]
) -> Iterator[Stop]:
    if stack in seen:
        raise EndlessPath(f"{stack[-1][0]}: {stack[-1][1]}")
    seen |= {stack}
    flow = book.flows[stack[-1][0]]
    step = flow.steps[stack[-1][1]]
    match step:
        case Collect():
            yield Stop(stack=stack, helped=helped or _names_help(book, step.utter))
            if not step.always:
                yield from _next(book, stack, step.next, known, helped, seen)
        case Link(flow=target):
            yield from _step(book, ((target, book.flows[target].first),), known, helped, seen)
        case Call(flow=target):
            yield from _step(book, (*stack, (target, book.flows[target].first)), known, helped, seen)
        case Follow():
            for other in book.flows.values():
                if other.triggers:
                    below = stack if other.returns else ()
                    yield from _step(book, (*below, (other.name, other.first)), known, helped, seen)
            yield from _next(book, stack, step.next, known, helped, seen)
        case Act(action=action) if action in LEAVES:
            pass
        case Act() | SetSlots() | Branch():
            yield from _next(book, stack, step.next, known, helped or _helps(book, step), seen)


def _after(book: FlowBook, stack: Stack, way: tuple[Choice, ...], known: Mapping[str, Known]) -> Iterator[Stop]:
    yield from _next(book, stack, way, known, False, frozenset())


def _next(
    book: FlowBook,
    stack: Stack,
    way: tuple[Choice, ...],
    known: Mapping[str, Known],
    helped: bool,
    seen: frozenset[Stack],
) -> Iterator[Stop]:
    for target in _targets(way, known):
        if target != END:
            yield from _step(book, (*stack[:-1], (stack[-1][0], target)), known, helped, seen)
        elif len(stack) == 1:
            yield Stop(stack=(), helped=helped)
        else:
            caller = stack[:-1]
            call = book.flows[caller[-1][0]].steps[caller[-1][1]]
            # What is under a flow that was not called is a question that it interrupted.
            if isinstance(call, Call | Follow):
                yield from _next(book, caller, call.next, known, helped, seen)
            else:
                yield Stop(stack=caller, helped=helped)


def _targets(way: tuple[Choice, ...], known: Mapping[str, Known]) -> Iterator[str]:
    """Where a choice can go: conditions over what is known are decided, the others stay open both ways."""
    for choice in way:
        if choice.condition is None:
            yield choice.then
            return
        if names_in(choice.condition) <= set(known):
            if holds(choice.condition, known.__getitem__):
                yield choice.then
                return
        else:
            yield choice.then


def _helps(book: FlowBook, step: Step) -> bool:
    if not isinstance(step, Act):
        return False
    return step.action == "action_request_human" or _names_help(book, step.action)


def _names_help(book: FlowBook, response: str) -> bool:
    said = book.responses.get(response)
    return said is not None and all(_HELP in variant.text for variant in said.variants)
