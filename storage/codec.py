"""Values to bytes and back: what is sealed into a column is JSON of the value's own fields."""

from __future__ import annotations

from pydantic import TypeAdapter

from bot.dialogue.agreement import Agreement
from bot.dialogue.state import State
from bot.messages import (
    ClockStruck,
    DeliveryFailed,
    Entry,
    ForgetAsked,
    PersonMessage,
    Reply,
    StaffAction,
    TimerFired,
    Understanding,
    WordAgreed,
)

STATE: TypeAdapter[State] = TypeAdapter(State)
AGREEMENT: TypeAdapter[Agreement] = TypeAdapter(Agreement)
REPLY: TypeAdapter[Reply] = TypeAdapter(Reply)
UNDERSTANDING: TypeAdapter[Understanding] = TypeAdapter(Understanding)

#: The word in ``inbox.kind`` for each kind of entry.
KINDS: dict[type[Entry], str] = {
    PersonMessage: "person",
    TimerFired: "timer",
    DeliveryFailed: "delivery_failed",
    ForgetAsked: "forget",
    WordAgreed: "word",
    StaffAction: "staff",
    ClockStruck: "clock",
}
ENTRIES: dict[str, TypeAdapter[Entry]] = {word: TypeAdapter(kind) for kind, word in KINDS.items()}


def entry_bytes(entry: Entry) -> tuple[str, bytes]:
    """The kind's word, and the entry as JSON."""
    word = KINDS[type(entry)]
    return word, ENTRIES[word].dump_json(entry)


def entry_from(kind: str, body: bytes) -> Entry:
    """The entry that ``entry_bytes`` wrote."""
    return ENTRIES[kind].validate_json(body)
