"""Every name that content speaks of, held against what exists. The first wrong one is an error with file and line."""

from __future__ import annotations

from collections.abc import Container, Mapping

from bot.dialogue.actions import ACTIONS
from bot.dialogue.condition import Condition, compared_values, names_in
from bot.dialogue.facts import Facts
from bot.dialogue.fill import UnknownHole, fill, holes
from bot.dialogue.flow import (
    END,
    Act,
    Call,
    Collect,
    Flow,
    FlowBook,
    Link,
    Response,
    SetSlots,
    SlotKind,
    Step,
    Variant,
    Where,
)
from bot.dialogue.patterns import CONSENT_TEXTS, ENGINE_RESPONSES, ENGINE_SLOTS, PATTERNS
from bot.dialogue.payload import Inform, Meaning, Start, read_payload
from bot.errors import ContentError

#: What a condition may ask besides ``slots.<name>``.
CONDITION_NAMES = frozenset({"misses", "open", "urgent", "emergency", "fingerprint", "safe", "told", "brigade"})


def check_references(book: FlowBook, *, file: str) -> None:
    """Hold every name in the book against what exists; raises ``ContentError`` (in ``file`` if one is missing)."""
    for kind, wanted, there in (
        ("flow", PATTERNS, book.flows),
        ("response", ENGINE_RESPONSES | set(CONSENT_TEXTS), book.responses),
        ("slot", ENGINE_SLOTS, book.slots),
    ):
        for name in sorted(wanted - set(there)):
            raise ContentError(f"the {kind} {name} is missing", file=file, line=1)
    for response in book.responses.values():
        for variant in response.variants:
            _check_variant(book, response, variant)
    for flow in book.flows.values():
        _check_flow(book, flow)


def _check_variant(book: FlowBook, response: Response, variant: Variant) -> None:
    if variant.condition is not None:
        _check_condition(book, variant.condition, variant.where)
    for text in (variant.text, *(button.title for button in variant.buttons)):
        for hole in holes(text):
            _check_hole(book.facts, hole, variant.where)
        if "{" in (rest := fill(text, book.facts, {})) or "}" in rest:
            raise wrong(f"{response.name}: a brace has no partner", variant.where)
    for button in (*variant.buttons, *variant.typed):
        meaning = read_payload(button.payload)
        if meaning is None:
            raise wrong(f'{button.payload!r} is neither /intent nor /inform{{"slot": "value"}}', variant.where)
        _check_meaning(book, meaning, variant.where)


def _check_hole(facts: Facts, hole: str, where: Where) -> None:
    try:
        fill("{" + hole + "}", facts, {})
    except UnknownHole as error:
        raise wrong(str(error), where) from None


def _check_meaning(book: FlowBook, meaning: Meaning, where: Where) -> None:
    match meaning:
        case Inform(slot=slot, value=value):
            _check_value(book, slot, value, where)
        case Start(intent=intent):
            if not any(trigger.intent == intent for flow in book.flows.values() for trigger in flow.triggers):
                raise wrong(f"no flow is started by /{intent}", where)


def _check_flow(book: FlowBook, flow: Flow) -> None:
    topics = book.slots["topic"].values
    if flow.topic is not None and flow.topic not in topics:
        raise wrong(f"{flow.name}: {flow.topic!r} is not a value of the slot topic", flow.where)
    for step in flow.steps.values():
        _check_step(book, flow, step)


def _check_step(book: FlowBook, flow: Flow, step: Step) -> None:
    for choice in () if isinstance(step, Link) else step.next:
        if choice.then != END and choice.then not in flow.steps:
            raise wrong(f"{flow.name} has no step {choice.then!r}", step.where)
        if choice.condition is not None:
            _check_condition(book, choice.condition, step.where)
    match step:
        case Collect(slot=slot, utter=utter):
            _need(slot, book.slots, "slot", step.where)
            _need(utter, book.responses, "response", step.where)
        case Act(action=action, args=args) if action.startswith("utter_"):
            _need(action, book.responses, "response", step.where)
            if args:
                raise wrong(f"{action} takes no args", step.where)
        case Act(action=action, args=args):
            _check_action(action, args, step.where)
        case SetSlots(slots=slots):
            for slot, value in slots.items():
                _check_value(book, slot, value, step.where)
        case Call(flow=target) | Link(flow=target):
            _need(target, book.flows, "flow", step.where)
        case _:
            pass


def _need(name: str, there: Container[str], kind: str, where: Where) -> None:
    if name not in there:
        raise wrong(f"there is no {kind} {name!r}", where)


def _check_action(action: str, args: Mapping[str, str], where: Where) -> None:
    known = ACTIONS.get(action)
    if known is None:
        raise wrong(f"there is no action {action!r}; there are {', '.join(sorted(ACTIONS))}", where)
    for arg in sorted(set(args) ^ set(known.args)):
        if arg in args or not known.args[arg].optional:
            raise wrong(f"{action}: {arg!r} is {'not known' if arg in args else 'missing'}", where)
    for arg, value in args.items():
        if value not in known.args[arg].values:
            raise wrong(f"{action}: {arg} is one of {', '.join(known.args[arg].values)}, not {value!r}", where)


def _check_condition(book: FlowBook, condition: Condition, where: Where) -> None:
    for name in names_in(condition):
        kind, _, slot = name.partition(".")
        if name not in CONDITION_NAMES and not (kind == "slots" and slot in book.slots):
            raise wrong(f"a condition cannot ask for {name!r}", where)
    for name, value in compared_values(condition):
        if name.startswith("slots.") and not isinstance(value, int):
            _check_value(book, name.removeprefix("slots."), value, where)


def _check_value(book: FlowBook, name: str, value: object, where: Where) -> None:
    slot = book.slots.get(name)
    if slot is None:
        raise wrong(f"there is no slot {name!r}", where)
    if value is not None and slot.kind is SlotKind.CATEGORICAL and value not in slot.values:
        raise wrong(f"{name} has no value {value!r}; it has {', '.join(slot.values)}", where)


def wrong(problem: str, where: Where) -> ContentError:
    """The error that names a place in the content."""
    return ContentError(problem, file=where.file, line=where.line)
