"""The walk: every choice at every question, words that nobody understands, the way out and danger."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import datetime

from bot.dialogue.engine import advance, fail
from bot.dialogue.flow import Collect, FlowBook, SlotKind
from bot.dialogue.patterns import ASK_AT
from bot.dialogue.payload import write_inform
from bot.dialogue.state import Event, Pace, Phone, State, Turn
from bot.dialogue.walker.parts import all_arrows, all_steps
from bot.dialogue.walker.starts import danger, hours, names_read, remembered_slots, starts, starts_told, stories
from bot.messages import Alert, MediaKind

#: Words that no flow knows.
NONSENSE = "asdf qwer"
EXIT = "salir"
_GRAVITY = frozenset({"urgent", "emergency"})

Place = tuple[object, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Walked:
    """One turn of the walk: where she stood, what she did, what came of it. ``leads_to`` is where she stands then.

    ``is_walked``: she did it; else the turn was given up, as one is that fails three times.
    """

    place: Place
    state: State
    event: Event
    turn: Turn
    leads_to: Place
    is_walked: bool = True


def walk(book: FlowBook) -> tuple[Walked, ...]:
    """Every turn of somebody who tries everything. Deterministic; a few seconds."""
    walker, moments = _Walker(book), hours(book)
    for now in moments:
        walker.walk_at(now, starts(now))
    # What was told before is tried where a step that nobody came by asks for it.
    for now in moments:
        for name in walker.wanted_slots():
            walker.walk_at(now, starts_told(book, now, name))
    return tuple(walker.walked)


class _Walker:
    """Breadth first; a place that was seen is not walked from again."""

    def __init__(self, book: FlowBook) -> None:
        self._book = book
        self._memory = frozenset(f"slots.{name}" for name in remembered_slots(book))
        self._reads = {name: frozenset(names_read(flow)) for name, flow in book.flows.items()}
        self._seen: set[Place] = set()
        self.walked: list[Walked] = []

    def wanted_slots(self) -> list[str]:
        """The slots that are read in flows of which something was not come by yet."""
        passed = {one for way in self.walked for one in way.turn.passed}
        flows = {one.flow for one in (*all_steps(self._book), *all_arrows(self._book)) if one not in passed}
        return sorted(name.removeprefix("slots.") for name in self._memory & {n for f in flows for n in self._reads[f]})

    def walk_at(self, now: datetime, begun: Iterable[State]) -> None:
        """Walk on from where somebody begins, and from every new place that she comes to."""
        told = list(stories(self._book, now))
        waiting = deque[State]()
        for state in begun:
            # Before her "Sí" a story only waits; it is told once.
            self._take(state, told if state.phone is Phone.SAFE or not state.slots else [], waiting)
            self.walked.append(self._failed(state, now))
            waiting.append(state)
        while waiting:
            state = waiting.popleft()
            self._take(state, self._choices(state, now), waiting)

    def _take(self, state: State, events: Iterator[Event] | list[Event], waiting: deque[State]) -> None:
        for event in events:
            turn = advance(self._book, state, event)
            # How fast she writes is another story (the loop guard); here she takes her time.
            after = replace(turn.state, pace=Pace())
            place = self._place(after)
            self.walked.append(Walked(place=self._place(state), state=state, event=event, turn=turn, leads_to=place))
            if place not in self._seen:
                self._seen.add(place)
                waiting.append(after)

    def _failed(self, state: State, now: datetime) -> Walked:
        turn, place = fail(self._book, state, now), self._place(state)
        return Walked(place=place, state=state, event=Event(now=now), turn=turn, leads_to=place, is_walked=False)

    def _choices(self, state: State, now: datetime) -> Iterator[Event]:
        payloads = {button.payload: None for button in state.buttons}
        payloads |= dict.fromkeys(self._old_buttons(state))
        yield from (Event(now=now, payload=payload) for payload in payloads)
        yield from (Event(now=now, text=text) for text in (NONSENSE, EXIT))
        yield danger(now)
        if not payloads:
            yield Event(now=now, text="tuluá")
        if state.phone is Phone.SAFE and state.misses == 0:
            yield Event(now=now, media=(MediaKind.AUDIO,))
            yield Event(now=now, media=(MediaKind.IMAGE,))

    def _old_buttons(self, state: State) -> Iterator[str]:
        """Whatever else may answer the question: a button of an older message can be tapped at any time."""
        frame = state.stack[-1] if state.stack else None
        flow = self._book.flows.get(frame.flow) if frame else None
        step = flow.steps.get(frame.step) if flow and frame else None
        if isinstance(step, Collect) and self._book.slots[step.slot].kind is SlotKind.CATEGORICAL:
            yield from (write_inform(step.slot, value) for value in self._book.slots[step.slot].values)

    def _place(self, state: State) -> Place:
        """Two conversations that stand alike go on alike: of what was told, only what these flows read counts."""
        flows = [self._book.flows[frame.flow] for frame in state.stack if frame.flow in self._book.flows]
        reads = {name for flow in flows for name in self._reads[flow.name]}
        told = tuple((name, state.slots.get(name.removeprefix("slots."))) for name in sorted(reads & self._memory))
        grave = min(state.alert, Alert.EMERGENCY) if reads & _GRAVITY else None
        wanted = self._book.flows.get(state.remembered)
        goes_back = None if wanted is None else wanted.returns
        misses = min(state.misses, ASK_AT)
        return (state.role, state.mode, state.phone, state.stack, misses, goes_back, told, grave)
