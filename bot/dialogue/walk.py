"""One turn under way: what is remembered, and the walk over steps until somebody has to answer."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import replace
from typing import assert_never

from bot.dialogue.actions import ACTIONS, Done
from bot.dialogue.condition import Known, holds
from bot.dialogue.effects import CancelReminder, Effect, LogSession, Remind, RequestHuman, Say, Silence
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
    SlotKind,
    Step,
)
from bot.dialogue.patterns import CALL_FOR_ME, IMMEDIATE, SAFE_NOW
from bot.dialogue.payload import Inform, read_payload
from bot.dialogue.render import choose, render
from bot.dialogue.state import Event, Frame, Phone, State, Turn
from bot.errors import BotError
from bot.messages import Alert, Button

#: Past these a turn is given up and a person is asked for, as every good engine does.
MOST_STEPS, MOST_DEPTH = 40, 5
#: How many last lines the fingerprint chooses from.
_FINGERPRINTS = 4


class TooFar(BotError):
    """A turn took too many steps or flows called each other too deeply; correct the flow."""


class Talk:
    """A turn under way; lives for one call of ``advance`` and no longer."""

    def __init__(self, book: FlowBook, state: State, event: Event) -> None:
        self.book, self.event, self.before = book, event, state
        self.mode, self.phone = state.mode, state.phone
        self.stack, self.slots = list(state.stack), dict(state.slots)
        self.buttons, self.misses, self.alert = state.buttons, state.misses, state.alert
        self.remembered, self.reminders = state.remembered, list(state.reminders)
        self.pace, self.heard_at = state.pace, state.heard_at
        self.effects: list[Effect] = []
        self._steps = 0

    def know(self, name: str) -> Known:
        """The value of a name in a condition."""
        match name:
            case "misses":
                return self.misses
            case "open":
                return self.book.facts.is_open(self.event.now)
            case "urgent":
                return self.alert >= Alert.URGENT
            case "emergency":
                return self.alert >= Alert.EMERGENCY
            case "safe":
                return self.phone is Phone.SAFE
            case "fingerprint":
                day = (self.before.heard_at or self.event.now).date().isoformat()
                return hashlib.sha256(day.encode()).digest()[0] % _FINGERPRINTS
            case _:
                return self.slots.get(name.removeprefix("slots."))

    @property
    def flow(self) -> Flow | None:
        """The flow that is under way, if any."""
        return self.book.flows[self.stack[-1].flow] if self.stack else None

    @property
    def question(self) -> Collect | None:
        """What she was asked and has not answered."""
        step = self._step() if self.stack else None
        return step if isinstance(step, Collect) else None

    @property
    def topic(self) -> str | None:
        """What the conversation is about just now: the topic of the nearest flow that has one."""
        for frame in reversed(self.stack):
            if topic := self.book.flows[frame.flow].topic:
                return topic
        return None

    @property
    def has_spoken(self) -> bool:
        """Whether something is said in this turn."""
        return any(isinstance(effect, Say) for effect in self.effects)

    @property
    def is_immediate(self) -> bool:
        """Whether a danger conversation is under way, which needs no safe phone."""
        return any(frame.flow in IMMEDIATE for frame in self.stack)

    def add(self, *effects: Effect) -> None:
        """Ask for something."""
        self.effects += effects

    def say(self, name: str, candidates: Sequence[Button] = ()) -> None:
        """Say a response; its choices are those that can now be typed or tapped."""
        variant = choose(self.book.responses[name], self.event.channel, self.know)
        say = render(name, variant, self.book.facts, self.slots, candidates)
        self.add(say)
        if choices := (*say.reply.buttons, *variant.typed):
            self.buttons = choices

    def start(self, flow: str, *, over: bool = False) -> None:
        """Begin a flow in place of what was under way, or ``over`` it, to come back afterwards.

        What interrupts an interruption takes its place: there is one question to come back to.
        """
        self.stack = self._uninterrupted() if over else []
        self.misses, self.buttons = 0, ()
        self._push(flow)
        self.run()

    def answer(self, value: str) -> None:
        """Take an answer to the question and go on."""
        question = self.question
        if question is None:
            return
        slot = self.book.slots[question.slot]
        self.slots[slot.name] = "given" if slot.kind is SlotKind.ANY else value
        self.misses, self.buttons = 0, ()
        if slot.name == SAFE_NOW and value == "yes":
            self.phone = Phone.SAFE
        self._go(question.next)
        self.run()

    def answer_elsewhere(self, flow: str, step: str, value: str) -> None:
        """Take an answer to a question that was asked before: go back there and on from it."""
        depth = next((n for n, frame in enumerate(self.stack) if frame.flow == flow), None)
        self.stack = [*(self.stack[:depth] if depth is not None else []), Frame(flow=flow, step=step)]
        self.answer(value)

    def ask_again(self) -> None:
        """Ask the question that waits, in the words that its count of misses calls for."""
        if question := self.question:
            self.say(question.utter)

    def log_topic(self, topic: str) -> None:
        """Note a topic for the session's row."""
        self.add(LogSession(topic=topic))

    def be_silent(self, reason: str) -> None:
        """Say nothing, and why."""
        self.add(Silence(reason=reason))

    def forget_context(self) -> None:
        """Close what was told: whoever writes next must not be shown it (seguridad §4). Only a call for help stays."""
        self.stack.clear()
        self.slots.clear()
        self.misses, self.remembered, self.alert = 0, "", Alert.NONE
        self.buttons = tuple(button for button in self.buttons if _calls_for_help(button))

    def cancel_reminders(self) -> None:
        """Withdraw every reminder that has not fired."""
        self.effects = [effect for effect in self.effects if not isinstance(effect, Remind)]
        self.add(*(CancelReminder(name=name) for name in self.reminders))
        self.reminders.clear()

    def run(self) -> None:
        """Walk until a question waits, the end is reached or the phone is locked."""
        while self.stack and not self.phone.is_locked:
            self._steps += 1
            if self._steps > MOST_STEPS:
                raise TooFar(f"more than {MOST_STEPS} steps in one turn, at {self.stack[-1].flow}")
            if self._do(self._step()):
                return

    def turn(self) -> Turn:
        """The state that is kept and the effects."""
        state = replace(
            self.before,
            mode=self.mode,
            phone=self.phone,
            stack=tuple(self.stack),
            slots=dict(self.slots),
            buttons=self.buttons,
            misses=self.misses,
            remembered=self.remembered,
            alert=self.alert,
            reminders=tuple(self.reminders),
            pace=self.pace,
            heard_at=self.heard_at,
            version=self.book.version,
        )
        return Turn(state=state, effects=tuple(self.effects))

    def _step(self) -> Step:
        frame = self.stack[-1]
        return self.book.flows[frame.flow].steps[frame.step]

    def _do(self, step: Step) -> bool:
        """Carry out one step; True if it waits for her."""
        match step:
            case Collect():
                return self._ask(step)
            case Act(action=action) if action.startswith("utter_"):
                self.say(action)
                self._go(step.next)
            case Act():
                self._apply(ACTIONS[step.action].run(self._as_state(), step.args, self.event.now, self.book.facts))
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
        elif self.slots.get(step.slot) is not None:
            self._go(step.next)
            return False
        self.misses = 0
        self.say(step.utter)
        return True

    def _apply(self, done: Done) -> None:
        self.slots.update(done.slots)
        self.add(*done.effects)
        self.reminders += [e.name for e in done.effects if isinstance(e, Remind) and e.name not in self.reminders]
        self.mode = done.mode or self.mode
        self.phone = done.phone or self.phone

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
        self.stack.append(Frame(flow=flow, step=self.book.flows[flow].first))

    def _go(self, way: Next) -> None:
        """To the next step; at the end of a flow, on in the one that called it."""
        target = next(c.then for c in way if c.condition is None or holds(c.condition, self.know))
        while target == END:
            self.stack.pop()
            if not self.stack:
                return
            step = self._step()
            if not isinstance(step, Call | Follow):
                return  # it was interrupted: its question is asked again
            target = next(c.then for c in step.next if c.condition is None or holds(c.condition, self.know))
        self.stack[-1] = replace(self.stack[-1], step=target)

    def _uninterrupted(self) -> list[Frame]:
        """The flows that called each other, without what came over them."""
        for depth, frame in enumerate(self.stack, start=1):
            if not isinstance(self.book.flows[frame.flow].steps[frame.step], Call | Follow):
                return self.stack[:depth]
        return self.stack

    def _as_state(self) -> State:
        return replace(self.before, mode=self.mode, phone=self.phone, slots=self.slots, alert=self.alert)


def ask_for_human(talk: Talk, reason: str, alert: Alert = Alert.NONE) -> None:
    """Ask for a person of the team, at least as urgently as what was told in this episode."""
    talk.add(RequestHuman(reason=reason, alert=max(alert, talk.alert)))


def _calls_for_help(button: Button) -> bool:
    meaning = read_payload(button.payload)
    return isinstance(meaning, Inform) and meaning.slot == CALL_FOR_ME
