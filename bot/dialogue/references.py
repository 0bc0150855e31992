"""Every name that content speaks of, held against what exists. The first wrong one is an error with file and line."""

from __future__ import annotations

from collections.abc import Collection, Mapping

from bot.content import instead
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
CONDITION_NAMES = frozenset(
    {"misses", "open", "in_hours", "urgent", "emergency", "fingerprint", "safe", "told", "brigade"}
)


def check_references(book: FlowBook, *, file: str) -> None:
    """Hold every name in the book against what exists; raises ``ContentError`` (in ``file`` if one is missing)."""
    for kind, wanted, there in (
        ("la conversación", PATTERNS, book.flows),
        ("el texto", ENGINE_RESPONSES | set(CONSENT_TEXTS), book.responses),
        ("el dato", ENGINE_SLOTS, book.slots),
    ):
        for name in sorted(wanted - set(there)):
            raise ContentError(
                f"falta {kind} «{name}», que el programa necesita; vuelva a escribir ese nombre", file=file, line=1
            )
    for response in book.responses.values():
        for variant in response.variants:
            _check_variant(book, response, variant)
    for flow in book.flows.values():
        _check_flow(book, flow)


def _check_variant(book: FlowBook, response: Response, variant: Variant) -> None:
    if variant.condition is not None:
        _check_condition(book, variant.condition, variant.where.part("condition"))
    titles = [(button.title, variant.where.part(f"buttons.{n}.title")) for n, button in enumerate(variant.buttons)]
    for text, where in ((variant.text, variant.where.part("text")), *titles):
        for hole in holes(text):
            _check_hole(book.facts, hole, where)
        if "{" in (rest := fill(text, book.facts, {})) or "}" in rest:
            raise wrong(
                f"{response.name}: hay una llave sin su pareja; escriba el dato así: {{lines.mujer_155}}", where
            )
    for key, buttons in (("buttons", variant.buttons), ("typed", variant.typed)):
        for place, button in enumerate(buttons):
            where = variant.where.part(f"{key}.{place}.payload")
            meaning = read_payload(button.payload)
            if meaning is None:
                shape = 'escriba /nombre o \'/inform{"dato": "valor"}\''
                raise wrong(f"{response.name}: no se entiende el payload «{button.payload}»; {shape}", where)
            _check_meaning(book, meaning, where)


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
            known = {trigger.intent for flow in book.flows.values() for trigger in flow.triggers if trigger.intent}
            if intent not in known:
                raise wrong(f"ninguna conversación comienza con «/{intent}»; {instead(intent, known)}", where)


def _check_flow(book: FlowBook, flow: Flow) -> None:
    topics = book.slots["topic"].values
    if flow.topic is not None and flow.topic not in topics:
        problem = f"{flow.name}: el dato topic no tiene el valor «{flow.topic}»; {instead(flow.topic, topics)}"
        raise wrong(problem, flow.where.part("topic"))
    for step in flow.steps.values():
        _check_step(book, flow, step)


def _check_step(book: FlowBook, flow: Flow, step: Step) -> None:
    for place, choice in enumerate(() if isinstance(step, Link) else step.next):
        here = step.where.part(f"next.{place}.{'else' if choice.condition is None else 'then'}")
        if choice.then != END and choice.then not in flow.steps:
            named = {END, *(name for name in flow.steps if not name[0].isdigit())}
            raise wrong(f"{flow.name}: no hay un paso «{choice.then}»; {instead(choice.then, named)}", here)
        if choice.condition is not None:
            _check_condition(book, choice.condition, step.where.part(f"next.{place}.if"))
    match step:
        case Collect(slot=slot, utter=utter):
            _need(slot, book.slots, "un dato", step.where.part("collect"))
            _need(
                utter,
                book.responses,
                "un texto",
                step.where.part("utter" if "utter" in step.where.parts else "collect"),
            )
        case Act(action=action, args=args) if action.startswith("utter_"):
            _need(action, book.responses, "un texto", step.where.part("action"))
            if args:
                raise wrong(f"{action}: un texto no lleva «args»; quítelo", step.where.part("args"))
        case Act(action=action, args=args):
            _check_action(action, args, step.where)
        case SetSlots(slots=slots):
            for place, (slot, value) in enumerate(slots.items()):
                _check_value(book, slot, value, step.where.part(f"set_slots.{place}.{slot}"))
        case Call(flow=target) | Link(flow=target):
            _need(target, book.flows, "una conversación", step.where.part("call" if isinstance(step, Call) else "link"))
        case _:
            pass


def _need(name: str, there: Collection[str], kind: str, where: Where) -> None:
    if name not in there:
        raise wrong(f"no hay {kind} «{name}»; {instead(name, there)}, o créelo con ese nombre", where)


def _check_action(action: str, args: Mapping[str, str], where: Where) -> None:
    known = ACTIONS.get(action)
    if known is None:
        raise wrong(f"no hay una acción «{action}»; {instead(action, ACTIONS)}", where.part("action"))
    for arg in args:
        if arg not in known.args:
            raise wrong(
                f"{action}: no se conoce «{arg}»; {instead(arg, known.args)}, o quítelo", where.part(f"args.{arg}")
            )
    for arg, allowed in known.args.items():
        if arg not in args and not allowed.optional:
            raise wrong(f"{action}: falta «{arg}» en «args»; {instead('', allowed.values)}", where.part("args"))
        if arg in args and args[arg] not in allowed.values:
            problem = f"{action}: «{arg}» no puede ser «{args[arg]}»; {instead(args[arg], allowed.values)}"
            raise wrong(problem, where.part(f"args.{arg}"))


def _check_condition(book: FlowBook, condition: Condition, where: Where) -> None:
    for name in names_in(condition):
        kind, _, slot = name.partition(".")
        if name not in CONDITION_NAMES and not (kind == "slots" and slot in book.slots):
            known = {*CONDITION_NAMES, *(f"slots.{one}" for one in book.slots)}
            raise wrong(f"una condición no puede preguntar por «{name}»; {instead(name, known)}", where)
    for name, value in compared_values(condition):
        if name.startswith("slots.") and not isinstance(value, int):
            _check_value(book, name.removeprefix("slots."), value, where)


def _check_value(book: FlowBook, name: str, value: object, where: Where) -> None:
    slot = book.slots.get(name)
    if slot is None:
        raise wrong(f"no hay un dato «{name}»; {instead(name, book.slots)}, o créelo con ese nombre", where)
    if value is not None and slot.kind is SlotKind.CATEGORICAL and value not in slot.values:
        said = {True: "true", False: "false"}.get(value, value) if isinstance(value, bool) else value
        raise wrong(f"el dato {name} no tiene el valor «{said}»; {instead(said, slot.values)}", where)


def wrong(problem: str, where: Where) -> ContentError:
    """The error that names a place in the content."""
    return ContentError(problem, file=where.file, line=where.line)
