"""Conversations as data: what a YAML file becomes once it is read. Frozen, loaded once."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from bot.dialogue.condition import Condition
from bot.dialogue.facts import Facts
from bot.dialogue.state import Value
from bot.messages import Alert, Button

#: Where a path stops.
END = "END"


@dataclass(frozen=True, slots=True, kw_only=True)
class Where:
    """A place in a content file: ``Where(file="opening.yml", line=12)``.

    ``parts`` are the lines of what stands within it, by path: ``{"next": 14, "next.0.then": 15}``.
    """

    file: str
    line: int
    parts: Mapping[str, int] = field(default_factory=dict, compare=False, repr=False)

    def part(self, path: str) -> Where:
        """The place of a part, or of the nearest that is known around it."""
        while path not in self.parts and "." in path:
            path = path.rpartition(".")[0]
        return Where(file=self.file, line=self.parts.get(path, self.line))


class SlotKind(StrEnum):
    """What may be an answer: one of a few values, a municipality, or any words (which are not kept)."""

    CATEGORICAL = "categorical"
    MUNICIPALITY = "municipality"
    ANY = "any"


@dataclass(frozen=True, slots=True, kw_only=True)
class Slot:
    """Something remembered. ``words`` are whole messages that mean a value, ``intents`` the NLU's.

    ``said`` are words that mean a value wherever they stand in whatever she writes, ``kinds`` the same for
    what the word screen finds: noted, never asked. ``anywhere`` are whole messages that answer this question
    even while another one waits. ``alarm`` marks the questions of which there are two at most (seguridad §3).
    ``lapses``: the answer is about that moment, and is forgotten after half an hour of silence.
    """

    name: str
    kind: SlotKind
    values: tuple[str, ...] = ()
    words: Mapping[str, str] = field(default_factory=dict)
    intents: Mapping[str, str] = field(default_factory=dict)
    said: Mapping[str, str] = field(default_factory=dict)
    kinds: Mapping[str, str] = field(default_factory=dict)
    anywhere: Mapping[str, str] = field(default_factory=dict)
    alarm: bool = False
    lapses: bool = False
    where: Where


@dataclass(frozen=True, slots=True, kw_only=True)
class Variant:
    """One wording. ``typed`` are choices that are understood but not shown; ``candidates`` shows those found."""

    text: str
    buttons: tuple[Button, ...] = ()
    typed: tuple[Button, ...] = ()
    candidates: bool = False
    channel: str | None = None
    condition: Condition | None = None
    where: Where


@dataclass(frozen=True, slots=True, kw_only=True)
class Response:
    """Something the bot can say: the first variant that fits is said, in file order."""

    name: str
    variants: tuple[Variant, ...]
    where: Where


@dataclass(frozen=True, slots=True, kw_only=True)
class Choice:
    """``if condition then step``; without a condition it always holds. ``then`` is a step's id or END."""

    then: str
    condition: Condition | None = None


Next = tuple[Choice, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Collect:
    """Ask for a slot and wait, unless it is known already (``always`` asks again)."""

    id: str
    slot: str
    utter: str
    next: Next
    always: bool = False
    where: Where


@dataclass(frozen=True, slots=True, kw_only=True)
class Act:
    """Say a response (``utter_...``) or carry out an action of the closed list."""

    id: str
    action: str
    args: Mapping[str, str]
    next: Next
    where: Where


@dataclass(frozen=True, slots=True, kw_only=True)
class SetSlots:
    """Remember or (``null``) forget something."""

    id: str
    slots: Mapping[str, Value]
    next: Next
    where: Where


@dataclass(frozen=True, slots=True, kw_only=True)
class Call:
    """Go through another flow and come back."""

    id: str
    flow: str
    next: Next
    where: Where


@dataclass(frozen=True, slots=True, kw_only=True)
class Link:
    """Leave for another flow for good."""

    id: str
    flow: str
    where: Where


@dataclass(frozen=True, slots=True, kw_only=True)
class Follow:
    """Leave for the flow that her own words asked for before she could be answered; go on if there is none.

    A flow that ``returns`` comes back to here.
    """

    id: str
    next: Next
    where: Where


@dataclass(frozen=True, slots=True, kw_only=True)
class Branch:
    """Only chooses the way."""

    id: str
    next: Next
    where: Where


Step = Collect | Act | SetSlots | Call | Link | Follow | Branch


@dataclass(frozen=True, slots=True, kw_only=True)
class Trigger:
    """What starts a flow; everything given must hold.

    ``kinds``: the word screen found all of these. ``said``: one of these is in the plain text. ``told``: so
    grave is what she told before.
    """

    intent: str | None = None
    alert: Alert = Alert.NONE
    kinds: frozenset[str] = frozenset()
    said: tuple[str, ...] = ()
    told: Alert = Alert.NONE


@dataclass(frozen=True, slots=True, kw_only=True)
class Flow:
    """A conversation of its own. ``returns``: what it interrupted is asked again afterwards."""

    name: str
    description: str
    steps: Mapping[str, Step]
    first: str
    triggers: tuple[Trigger, ...] = ()
    topic: str | None = None
    returns: bool = False
    where: Where


@dataclass(frozen=True, slots=True, kw_only=True)
class WordRule:
    """A word that content may not hold, and why: ``WordRule(word="relájese", reason="minimiza")``.

    ``unless`` are phrases in which it is meant otherwise.
    """

    word: str
    reason: str
    unless: tuple[str, ...] = ()
    where: Where


@dataclass(frozen=True, slots=True, kw_only=True)
class FlowBook:
    """All content and the facts it speaks of. ``version`` is a hash of both."""

    flows: Mapping[str, Flow]
    slots: Mapping[str, Slot]
    responses: Mapping[str, Response]
    facts: Facts
    version: str
    forbidden: tuple[WordRule, ...] = ()
    betraying: tuple[WordRule, ...] = ()
