"""A turn under way: what is begun in it, answered, asked again and let go."""

from __future__ import annotations

from bot.dialogue.effects import Say
from bot.dialogue.flow import END, Call, Choice, Follow, SlotKind
from bot.dialogue.patterns import ASKED_ONCE, CALL_FOR_ME, IMMEDIATE, SAFE_NOW, UNSAID_ONCE
from bot.dialogue.state import Frame, Phone
from bot.dialogue.walk import Walk


class Talk(Walk):
    """A turn under way; lives for one call of ``advance`` and no longer."""

    @property
    def topic(self) -> str | None:
        """What the conversation is about just now: the topic of the nearest flow that has one."""
        for frame in reversed(self.stack):
            flow = self.book.flows.get(frame.flow)  # a deploy may have taken it away
            if flow is not None and flow.topic:
                return flow.topic
        return None

    @property
    def is_immediate(self) -> bool:
        """Whether a danger conversation is under way, which needs no safe phone."""
        return any(frame.flow in IMMEDIATE for frame in self.stack)

    def start(self, flow: str, *, over: bool = False) -> None:
        """Begin a flow in place of what was under way, or ``over`` it, to come back afterwards.

        What interrupts an interruption takes its place: there is one question to come back to.
        """
        self.stack = self._uninterrupted() if over else []
        self.misses, self.buttons = 0, self.calls_for_help()
        self._push(flow)
        self.run()

    def answer(self, value: str) -> None:
        """Take an answer to the question and go on."""
        question = self.question
        if question is None:
            return
        slot = self.book.slots[question.slot]
        self.slots[slot.name] = "given" if slot.kind is SlotKind.ANY else value
        self.misses, self.buttons = 0, () if slot.name == CALL_FOR_ME else self.calls_for_help()
        if slot.name == SAFE_NOW and value == "yes":
            self.phone = Phone.SAFE
        self._go(question.next)
        self.run()

    def answer_elsewhere(self, flow: str, step: str, value: str) -> None:
        """Take an answer to a question that was asked before: go back there and on from it."""
        depth = next((n for n, frame in enumerate(self.stack) if frame.flow == flow), None)
        self.stack = [*(self.stack[:depth] if depth is not None else []), Frame(flow=flow, step=step)]
        self._take_up(flow)
        self.answer(value)

    def ask_again(self) -> None:
        """Ask the question that waits, in the words that its count of misses calls for."""
        if question := self.question:
            self.say(question.utter)

    def let_go(self) -> bool:
        """Drop a question that is asked once: she writes of something else, and what comes after it waits.

        The question that waits then is not said: her words may answer it, or tell of something else.
        """
        question = self.question
        if question is None or question.slot not in ASKED_ONCE:
            return False
        self.slots[question.slot] = UNSAID_ONCE
        self.buttons = self.calls_for_help()
        before = len(self.effects)
        self._go((Choice(then=END),))
        self.run()
        said = [effect.response for effect in self.effects[before:] if isinstance(effect, Say)]
        if self.question is not None and said == [self.question.utter]:
            self.unsay(since=before)
        return True

    def unsay(self, *, since: int = 0) -> None:
        """Take back what was to be said in this turn, from its effect number ``since`` on."""
        kept = [effect for effect in self.effects[since:] if not isinstance(effect, Say)]
        self.effects[since:] = kept

    def _uninterrupted(self) -> list[Frame]:
        """The flows that called each other, without what came over them."""
        for depth, frame in enumerate(self.stack, start=1):
            if not isinstance(self.book.flows[frame.flow].steps[frame.step], Call | Follow):
                return self.stack[:depth]
        return self.stack
