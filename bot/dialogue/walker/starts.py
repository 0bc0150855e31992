"""Where a walk begins: an open and a closed hour, each role, a phone that is safe or not, and what was told before.

All of it is read from the book, so that a new flow is walked without a word about it here.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

from bot.dialogue.condition import names_in
from bot.dialogue.flow import Collect, Flow, FlowBook, Link, SlotKind
from bot.dialogue.state import Event, Frame, Phone, State, Value
from bot.messages import Alert, Role, Understanding

#: A moment to begin from; hours are tried from here on until one is open and one is closed.
_MOMENT = datetime(2026, 11, 23, 15, tzinfo=UTC)
#: Words of somebody to whom it is happening now.
DANGER = "está tumbando la puerta"


def hours(book: FlowBook) -> tuple[datetime, ...]:
    """A moment when psychologists answer and one when they do not, as far as there are such."""
    by_open = {book.facts.is_open(at): at for at in (_MOMENT + timedelta(hours=n) for n in range(24 * 7))}
    return tuple(by_open[is_open] for is_open in sorted(by_open, reverse=True))


def names_read(flow: Flow) -> Iterator[str]:
    """The names in the conditions of a flow, save what a step has just asked for itself."""
    for step in flow.steps.values():
        asked = {f"slots.{step.slot}"} if isinstance(step, Collect) else set()
        for choice in () if isinstance(step, Link) else step.next:
            if choice.condition is not None:
                yield from names_in(choice.condition) - asked


def remembered_slots(book: FlowBook) -> tuple[str, ...]:
    """The slots by which a step decides without having asked for them: what was told before."""
    found = {name for flow in book.flows.values() for name in names_read(flow) if name.startswith("slots.")}
    return tuple(sorted(name.removeprefix("slots.") for name in found))


def starts(now: datetime) -> Iterator[State]:
    """A first message; a conversation that rests, in each role and in each gravity; one that a deploy cut off."""
    yield State()
    yield from (State(role=role, phone=Phone.SAFE, heard_at=now) for role in Role)
    yield State(role=Role.BRIGADE, heard_at=now)
    yield State(phone=Phone.SAFE, heard_at=now, alert=Alert.URGENT)
    yield State(phone=Phone.SAFE, heard_at=now, stack=(Frame(flow="", step=""),))


def starts_told(book: FlowBook, now: datetime, name: str) -> Iterator[State]:
    """Somebody of whom this slot is known already, whichever its value; her phone safe, or not known to be."""
    for value in _values(book, name):
        yield State(phone=Phone.SAFE, heard_at=now, slots={name: value})
        yield State(heard_at=now, slots={name: value})


def stories(book: FlowBook, now: datetime) -> Iterator[Event]:
    """For each trigger of each flow somebody who says just that; the command words, and a sign of life."""
    for word in ("salir", "baja", "borrar", "."):
        yield Event(now=now, text=word)
    for flow in book.flows.values():
        for trigger in flow.triggers:
            intent = trigger.intent or "unknown"
            heard = Understanding(intent=intent, confidence=1.0, alert=trigger.alert, by="screen", kinds=trigger.kinds)
            yield Event(now=now, text=" ".join(trigger.said[:1]) or "es que", understanding=heard)


def danger(now: datetime) -> Event:
    """She says that it is happening now."""
    heard = Understanding(intent="imminent_danger", confidence=1.0, alert=Alert.EMERGENCY, by="screen")
    return Event(now=now, text=DANGER, understanding=heard)


def _values(book: FlowBook, name: str) -> tuple[Value, ...]:
    slot = book.slots[name]
    if slot.kind is SlotKind.CATEGORICAL:
        return slot.values
    if slot.kind is SlotKind.MUNICIPALITY:
        return (next(iter(book.facts.territory.by_code)),)
    return ("given",)
