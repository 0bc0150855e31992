"""The walk over steps until somebody has to answer."""

from __future__ import annotations

from dataclasses import replace
from typing import assert_never

from bot.dialogue.actions import ACTIONS, Done
from bot.dialogue.condition import holds
from bot.dialogue.contact import in_doubt
from bot.dialogue.effects import LogSession, Remind, SpeakAs
from bot.dialogue.flow import (
    END,
    Act,
    Branch,
    Call,
    Collect,
    Flow,
    FlowBook,
    Follow,
    Link,
    Next,
    SetSlots,
    Step,
)
from bot.dialogue.memory import Memory
from bot.dialogue.patterns import (
    BORROWED,
    MOST_ALARM,
    MUNICIPALITY,
)
from bot.dialogue.roles import spoken_as
from bot.dialogue.state import Event, Frame, Mode, Passed, Phone, State
from bot.errors import BotError
from bot.messages import Alert, Place, Role
from bot.nlu.meanings import alert_of_intents

#: Past these a turn is given up and a person is asked for, as every good engine does.
MOST_STEPS, MOST_DEPTH = 40, 5


class TooFar(BotError):
    """A turn took too many steps or flows called each other too deeply; correct the flow."""


class Walk(Memory):
    """Where a turn stands in the flows, and its way from step to step."""

    def __init__(self, book: FlowBook, state: State, event: Event) -> None:
        super().__init__(book, state, event)
        self._steps = 0

    @property
    def flow(self) -> Flow | None:
        """The flow that is under way, if any."""
        return self.book.flows[self.stack[-1].flow] if self.stack else None

    @property
    def question(self) -> Collect | None:
        """What she was asked and has not answered."""
        frame = self.stack[-1] if self.stack else None
        flow = self.book.flows.get(frame.flow) if frame else None  # a deploy may have taken it away
        step = flow.steps.get(frame.step) if flow and frame else None
        return step if isinstance(step, Collect) else None

    def speak_as(self, role: Role) -> None:
        """Go on in another role: nothing that was told before this message comes along.

        Her phone is asked for anew before she speaks of herself. What waits to fire comes along: it is her phone's.
        """
        if role is self.role:
            return
        left = SpeakAs(role=role, left_alert=min(self.before.alert, self.alert))
        # Back and forth within one message is no change.
        changes = [left] if role is not self.before.role else []
        self.effects = [*changes, *(effect for effect in self.effects if not isinstance(effect, SpeakAs))]
        self.role, self.mode = role, Mode.BOT
        self.phone = Phone.UNKNOWN if role is Role.WOMAN else self.phone
        self.stack = self.stack[-1:]
        self.slots.clear()
        self.buttons, self.misses, self.remembered, self.alert = (), 0, "", Alert.NONE
        self.word_given_at = None
        self.agreement = in_doubt(self.agreement)
        self.raise_alert(self.event.understanding.alert)
        if self.place is not None:
            self.note_place(self.place)

    def note_place(self, place: Place) -> None:
        """Remember and count where she is."""
        self.slots[MUNICIPALITY] = place.code
        self.add(LogSession(municipality=place.code, zone=place.zone or place.code))

    def run(self) -> None:
        """Walk until a question waits, the end is reached or the phone is locked."""
        while self.stack and not self.phone.is_locked:
            self._steps += 1
            if self._steps > MOST_STEPS:
                raise TooFar(f"more than {MOST_STEPS} steps in one turn, at {self.stack[-1].flow}")
            if self._do(self._step()):
                return

    def _step(self) -> Step:
        frame = self.stack[-1]
        return self.book.flows[frame.flow].steps[frame.step]

    def _do(self, step: Step) -> bool:
        """Carry out one step; True if it waits for her."""
        self.passed.append(Passed(flow=self.stack[-1].flow, step=step.id))
        match step:
            case Collect():
                return self._ask(step)
            case Act(action=action) if action.startswith("utter_"):
                self.say(action)
                self._go(step.next)
            case Act():
                self._apply(ACTIONS[step.action].run(self.as_state(), step.args, self.event, self.book.facts))
                if not self.phone.is_locked:
                    self._go(step.next)
            case SetSlots():
                self._set(step)
                self._go(step.next)
            case Call():
                self._push(step.flow)
            case Link():
                self.stack.clear()
                self._push(step.flow)
            case Follow():
                self._follow(step)
            case Branch():
                self._go(step.next)
            case _:
                assert_never(step)
        return False

    def _ask(self, step: Collect) -> bool:
        if step.always:
            self.slots.pop(step.slot, None)
        if self.slots.get(step.slot) is not None or self._is_one_alarm_too_many(step.slot):
            self._go(step.next)
            return False
        self.misses = 0
        self.say(step.utter)
        return True

    def _is_one_alarm_too_many(self, slot: str) -> bool:
        slots = self.book.slots
        answered = sum(slots[name].alarm for name, value in self.slots.items() if value is not None)
        return slots[slot].alarm and answered >= MOST_ALARM

    def _apply(self, done: Done) -> None:
        if done.role is not None and done.role is not self.role:
            self.speak_as(done.role)
            self._take_up(self.stack[-1].flow)
        self.slots.update(done.slots)
        # The time of a lent phone runs from when it was lent.
        runs = {BORROWED} & set(self.reminders)
        self.add(*(e for e in done.effects if not (isinstance(e, Remind) and e.name in runs)))
        self.reminders += [e.name for e in done.effects if isinstance(e, Remind) and e.name not in self.reminders]
        self.phone = done.phone or self.phone
        self.alert = max(self.alert, done.alert)
        if done.mode is not Mode.WAITING or self.is_attended:
            self.mode = done.mode or self.mode
        self.forgetting = self.forgetting or done.forgetting
        if done.ends_agreement:
            self.agreement = None
        if done.agreement is not None:
            self.agreement = replace(done.agreement, channel=self.event.channel)

    def _set(self, step: SetSlots) -> None:
        for name, value in step.slots.items():
            if value is None:
                self.slots.pop(name, None)
            else:
                self.slots[name] = value

    def _follow(self, step: Follow) -> None:
        wanted, self.remembered = self.book.flows.get(self.remembered), ""
        if wanted is None:
            self._go(step.next)
            return
        if not wanted.returns:
            self.stack.clear()
        self._push(wanted.name)

    def _push(self, flow: str) -> None:
        if len(self.stack) >= MOST_DEPTH:
            raise TooFar(f"more than {MOST_DEPTH} flows in each other, at {flow}")
        flow = spoken_as(self.role, flow)
        self.stack.append(Frame(flow=flow, step=self.book.flows[flow].first))
        self._take_up(flow)

    def _take_up(self, flow: str) -> None:
        """What a tap or a link led to counts as told: its topic, and how grave that is by itself."""
        topic = self.book.flows[flow].topic
        if topic is not None:
            self.note_topic(topic)
            self.raise_alert(alert_of_intents().get(topic, Alert.NONE))

    def _go(self, way: Next) -> None:
        """To the next step; at the end of a flow, on in the one that called it."""
        target = self._target(way)
        while target == END:
            self.stack.pop()
            if not self.stack:
                return
            step = self._step()
            if not isinstance(step, Call | Follow):
                return  # it was interrupted: its question is asked again
            target = self._target(step.next)
        self.stack[-1] = replace(self.stack[-1], step=target)

    def _target(self, way: Next) -> str:
        """The first choice that holds, noted as passed."""
        number, choice = next((n, c) for n, c in enumerate(way) if c.condition is None or holds(c.condition, self.know))
        frame = self.stack[-1]
        self.passed.append(Passed(flow=frame.flow, step=frame.step, arrow=number))
        return choice.then
