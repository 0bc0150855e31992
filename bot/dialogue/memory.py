"""One turn under way: what is remembered of somebody, what was said in it, and what it gives back."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import replace

from bot.dialogue.condition import Known
from bot.dialogue.effects import CancelReminder, Effect, LogSession, NoteConsent, Remind, RequestHuman, Say, Silence
from bot.dialogue.flow import FlowBook
from bot.dialogue.patterns import CALL_FOR_ME, MUNICIPALITY, SMALL_TALK, TEAM_ASKED, TOPIC, gravity
from bot.dialogue.payload import Inform, read_payload
from bot.dialogue.render import choose, render
from bot.dialogue.review import hash_of
from bot.dialogue.state import Event, Passed, Phone, State, Turn
from bot.messages import Alert, Button, Place, Role

#: How many last lines the fingerprint chooses from.
_FINGERPRINTS = 4


class Memory:
    """What a turn knows and changes, without the way through the flows (``Talk``)."""

    def __init__(self, book: FlowBook, state: State, event: Event) -> None:
        self.book, self.event, self.before = book, event, state
        self.role, self.mode, self.phone = state.role, state.mode, state.phone
        self.stack, self.slots = list(state.stack), dict(state.slots)
        self.buttons, self.misses, self.alert = state.buttons, state.misses, state.alert
        self.remembered, self.reminders = state.remembered, list(state.reminders)
        self.pace, self.heard_at, self.forgetting = state.pace, state.heard_at, state.forgetting
        self.agreement, self.word, self.word_given_at = state.agreement, state.word, state.word_given_at
        self.spared_at = state.spared_at
        self.effects: list[Effect] = []
        self.passed: list[Passed] = []
        #: Where she says in this message that she is.
        self.place: Place | None = event.understanding.place

    def know(self, name: str) -> Known:
        """The value of a name in a condition."""
        match name:
            case "misses":
                return self.misses
            case "open":
                return self.is_attended
            case "in_hours":
                return self.book.facts.is_open(self.event.now)
            case "urgent":
                return self.alert >= Alert.URGENT
            case "emergency":
                return self.alert >= Alert.EMERGENCY
            case "safe":
                return self.phone is Phone.SAFE
            case "brigade":
                return self.role is Role.BRIGADE
            case "fingerprint":
                # Her message before this one: the same whenever the turn is taken again, another for everybody.
                moment = (self.before.heard_at or self.event.now).isoformat()
                return hashlib.sha256(moment.encode()).digest()[0] % _FINGERPRINTS
            case "told":
                return bool(self.remembered) and self.remembered not in SMALL_TALK
            case _:
                return self.slots.get(name.removeprefix("slots."))

    @property
    def is_attended(self) -> bool:
        """Whether somebody of the team will read this now: on shift where she is, or, in an emergency, anywhere."""
        attended, facts = self.event.attended, self.book.facts
        if attended is None:
            return facts.is_open(self.event.now)
        code = self.slots.get(MUNICIPALITY)
        place = facts.territory.by_code.get(code) if isinstance(code, str) else None
        return attended.is_there_for(place.zone if place else None, is_emergency=self.alert >= Alert.EMERGENCY)

    @property
    def has_spoken(self) -> bool:
        """Whether something is said in this turn."""
        return any(isinstance(effect, Say) for effect in self.effects)

    def add(self, *effects: Effect) -> None:
        """Ask for something; a permission is noted with the version of the text that she answered."""
        for effect in effects:
            if isinstance(effect, RequestHuman):
                self.slots[TEAM_ASKED] = "yes"
            if isinstance(effect, NoteConsent):
                worded = hash_of(self.book.responses[effect.text], self.book.facts)
                self.effects.append(replace(effect, version=worded))
            else:
                self.effects.append(effect)

    def say(self, name: str, candidates: Sequence[Button] = ()) -> None:
        """Say a response; its choices are those that can now be typed or tapped."""
        variant = choose(self.book.responses[name], self.event.channel, self.know)
        say = render(name, variant, self.book.facts, self.slots, candidates)
        self.add(say)
        if choices := (*say.reply.buttons, *variant.typed):
            self.buttons = choices

    def note_topic(self, topic: str) -> None:
        """Note a topic for the session's row; the gravest is what the conversation is about."""
        if gravity(topic) >= gravity(self.slots.get(TOPIC)):
            self.slots[TOPIC] = topic
        log = LogSession(topic=topic)
        if log not in self.effects:
            self.add(log)

    def raise_alert(self, alert: Alert) -> None:
        """Note how grave it is; it is never lowered within an episode."""
        if alert > self.alert:
            self.alert = alert
            self.add(LogSession(alert=alert))

    def be_silent(self, reason: str) -> None:
        """Say nothing, and why."""
        self.add(Silence(reason=reason))

    def forget_context(self) -> None:
        """Close what was told: whoever writes next must not be shown it (seguridad §4). Only a call for help stays."""
        self.stack.clear()
        self.slots.clear()
        self.misses, self.remembered, self.alert = 0, "", Alert.NONE
        self.word_given_at = None
        self.buttons = self.calls_for_help()

    def cancel_reminders(self) -> None:
        """Withdraw every reminder that has not fired."""
        self.effects = [effect for effect in self.effects if not isinstance(effect, Remind)]
        self.add(*(CancelReminder(name=name) for name in self.reminders))
        self.reminders.clear()

    def turn(self) -> Turn:
        """The state that is kept and the effects."""
        state = replace(
            self.before,
            role=self.role,
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
            spoke_at=self.event.now if self.has_spoken else self.before.spoke_at,
            forgetting=self.forgetting,
            agreement=self.agreement,
            word=self.word,
            word_given_at=self.word_given_at,
            spared_at=self.spared_at,
            version=self.book.version,
        )
        return Turn(state=state, effects=tuple(self.effects), passed=tuple(self.passed))

    def calls_for_help(self) -> tuple[Button, ...]:
        """She was told to write 1: until another question has choices of its own, 1 still means that."""
        return tuple(button for button in self.buttons if _calls_for_help(button))

    def as_state(self) -> State:
        now = replace(self.before, role=self.role, mode=self.mode, phone=self.phone)
        return replace(now, slots=self.slots, alert=self.alert)


def ask_for_human(talk: Memory, reason: str, alert: Alert = Alert.NONE) -> None:
    """Ask for a person of the team, at least as urgently as what was told in this episode."""
    talk.add(RequestHuman(reason=reason, alert=max(alert, talk.alert)))


def _calls_for_help(button: Button) -> bool:
    meaning = read_payload(button.payload)
    return isinstance(meaning, Inform) and meaning.slot == CALL_FOR_ME
