"""The ways through the content: no dead step, no path without an end, nothing read that was not set, help near."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from bot.dialogue.actions import ACTIONS
from bot.dialogue.condition import Condition, names_in
from bot.dialogue.flow import Act, Collect, FlowBook, Link, SetSlots, SlotKind, Step, Where
from bot.dialogue.lint.problem import Problem, at
from bot.dialogue.paths import EndlessPath, distances_to_help, reachable_flows, reachable_steps
from bot.dialogue.patterns import ASKED_ONCE, ENGINE_SLOTS
from bot.dialogue.render import choose

#: How many of her messages help may be away.
HELP_WITHIN = 2
#: Before she has said that she can read, there is one line and nothing more (seguridad §2).
ONE_LINE_ONLY = frozenset({"can_read"})
#: These questions are not repeated, so they need no other words.
_ASKED_ONCE = ASKED_ONCE | {"can_read", "stay"}


def check_structure(book: FlowBook) -> Iterator[Problem]:
    """What is wrong with the ways through a book."""
    for check in (_dead, _repeats, _slots, _help):
        yield from check(book)


def _dead(book: FlowBook) -> Iterator[Problem]:
    begun = reachable_flows(book)
    for flow in book.flows.values():
        if flow.name not in begun:
            yield at(
                flow.where,
                f"{flow.name}: ningún camino comienza este flujo; enlácelo, dele «nlu_trigger» o bórrelo",
            )
        reached = reachable_steps(flow)
        for step in flow.steps.values():
            if step.id not in reached:
                yield at(
                    step.where, f"{flow.name}: ningún camino llega al paso «{step.id}»; lleve uno hasta él o bórrelo"
                )


def _repeats(book: FlowBook) -> Iterator[Problem]:
    """A question that was not understood is asked in other words; one slot is asked in one place."""
    askers: dict[str, str] = {}
    for flow in book.flows.values():
        for step in flow.steps.values():
            if not isinstance(step, Collect):
                continue
            slot = book.slots[step.slot]
            if slot.name in askers:
                yield at(
                    step.where,
                    f"{slot.name} ya se pregunta en {askers[slot.name]}; pregúntelo en un solo lugar",
                )
            askers[slot.name] = flow.name
            if slot.kind is SlotKind.ANY or slot.name in _ASKED_ONCE:
                continue
            response = book.responses[step.utter]
            first, again = (choose(response, "whatsapp", _missed(n)).text for n in (0, 1))
            if first == again:
                yield at(
                    response.where,
                    f"{step.utter}: faltan otras palabras para «condition: misses > 0»",
                )
            offered = {b.payload for v in response.variants for b in (*v.buttons, *v.typed)}
            if slot.kind is SlotKind.CATEGORICAL and not offered:
                yield at(response.where, f"{step.utter}: una pregunta necesita opciones («buttons» o «typed»)")


def _slots(book: FlowBook) -> Iterator[Problem]:
    """Whatever is read was set somewhere; whatever is declared is used."""
    filled = ENGINE_SLOTS | {
        slot for flow in book.flows.values() for step in flow.steps.values() for slot in _filled_by(step)
    }
    filled |= {slot.name for slot in book.slots.values() if slot.said or slot.kinds}
    for name, where in _read_in(book):
        if name.startswith("slots.") and name.removeprefix("slots.") not in filled:
            yield at(
                where,
                f"{name} se lee y nadie lo llena; pregúntelo («collect»), llénelo («set_slots») o quite la condición",
            )
    for declared in book.slots.values():
        if declared.name not in filled:
            yield at(declared.where, f"{declared.name} se declara y nadie lo llena; úselo o bórrelo")


def _filled_by(step: Step) -> Iterator[str]:
    match step:
        case Collect(slot=slot):
            yield slot
        case SetSlots(slots=slots):
            yield from (slot for slot, value in slots.items() if value is not None)
        case Act(action=action) if action in ACTIONS:
            yield from ACTIONS[action].fills
        case _:
            pass


def _read_in(book: FlowBook) -> Iterator[tuple[str, Where]]:
    for flow in book.flows.values():
        for step in flow.steps.values():
            for choice in () if isinstance(step, Link) else step.next:
                yield from ((name, step.where) for name in _names(choice.condition))
    for response in book.responses.values():
        for variant in response.variants:
            yield from ((name, variant.where) for name in _names(variant.condition))


def _names(condition: Condition | None) -> frozenset[str]:
    return frozenset() if condition is None else names_in(condition)


def _help(book: FlowBook) -> Iterator[Problem]:
    try:
        distances = distances_to_help(book)
    except EndlessPath as error:
        flow = book.flows.get(str(error).split(":", 1)[0])
        where = flow.where if flow else Where(file="", line=0)
        yield at(where, f"{error}: vuelve a sí mismo sin preguntar; haga que termine o pregunte")
        return
    for stack, far in distances.items():
        if not stack:
            continue
        flow, step = book.flows[stack[-1][0]], book.flows[stack[-1][0]].steps[stack[-1][1]]
        if far > HELP_WITHIN and not (isinstance(step, Collect) and step.slot in ONE_LINE_ONLY):
            yield at(
                step.where,
                f"{flow.name}: una persona o el 123 quedan a {far} mensajes, a lo sumo {HELP_WITHIN}; nómbrelos antes",
            )


def _missed(times: int) -> Callable[[str], int | bool | str | None]:
    return lambda name: times if name == "misses" else True if name == "open" else None
