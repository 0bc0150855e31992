"""What a button carries: ``/inform{"slot": "value"}`` or ``/intent``, as in Rasa."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass

_PAYLOAD = re.compile(r"/(?P<intent>[a-z_]{1,60})(?P<slots>\{.{0,400}\})?", re.DOTALL)


@dataclass(frozen=True, slots=True, kw_only=True)
class Inform:
    """An answer: ``Inform(slot="safe_now", value="yes")``."""

    slot: str
    value: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Start:
    """A wish: ``Start(intent="ask_human")``."""

    intent: str


Meaning = Inform | Start


def read_payload(payload: str) -> Meaning | None:
    """What a payload means, or None; it comes from outside and may be anything."""
    found = _PAYLOAD.fullmatch(payload.strip())
    if found is None:
        return None
    if found["slots"] is None:
        return Start(intent=found["intent"])
    try:
        slots = json.loads(found["slots"])
    except (ValueError, RecursionError):
        return None
    if found["intent"] != "inform" or not isinstance(slots, dict) or len(slots) != 1:
        return None
    slot, value = next(iter(slots.items()))
    return Inform(slot=slot, value=value) if isinstance(value, str) else None


def write_inform(slot: str, value: str) -> str:
    """The payload of an answer."""
    return f"/inform{json.dumps({slot: value}, ensure_ascii=False)}"
