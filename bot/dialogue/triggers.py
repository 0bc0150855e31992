"""Which flow somebody's words ask for."""

from __future__ import annotations

from bot.dialogue.flow import Flow, Trigger
from bot.dialogue.patterns import GRAVE, GRAVITY, IMMEDIATE, SURE_ENOUGH
from bot.dialogue.payload import Inform, Meaning, Start
from bot.dialogue.walk import Talk
from bot.messages import Alert, Understanding
from bot.spelling import plain


def wanted_flow(talk: Talk, kinds: frozenset[str], meaning: Meaning | None) -> Flow | None:
    """The flow that her words (or a button's wish) ask for: the most particular trigger, then file order."""
    heard = talk.event.understanding
    if isinstance(meaning, Start):
        heard = Understanding(intent=meaning.intent, confidence=1.0)
    elif isinstance(meaning, Inform):
        return None
    said = f" {plain(talk.event.text)} "
    fitting = [
        (_rank(t, flow), flow)
        for flow in talk.book.flows.values()
        for t in flow.triggers
        if _fits(t, heard, kinds, said)
    ]
    if heard.alert == Alert.EMERGENCY:
        fitting = [pair for pair in fitting if pair[1].name in IMMEDIATE]
        if not fitting:
            return talk.book.flows["pattern_danger"]
    return max(fitting, key=lambda pair: pair[0])[1] if fitting else None


def gravity(topic: object) -> int:
    """How grave a topic is; 1 for what is not in the list, 0 for no topic."""
    return GRAVITY.get(topic, 1) if isinstance(topic, str) else 0


def _rank(trigger: Trigger, flow: Flow) -> tuple[int, ...]:
    """Danger first, and there its kind; then what is grave; then the most particular words."""
    is_danger, is_particular = flow.name in IMMEDIATE, bool(trigger.kinds or trigger.said)
    grave = weight if (weight := gravity(flow.topic)) >= GRAVE else 0
    particular = (bool(trigger.kinds), bool(trigger.said), trigger.alert, trigger.intent is not None)
    return (is_danger, is_danger and is_particular, grave, *particular)


def _fits(trigger: Trigger, heard: Understanding, kinds: frozenset[str], said: str) -> bool:
    is_sure = heard.confidence >= SURE_ENOUGH or heard.alert >= Alert.URGENT
    return (
        (trigger.intent is None or (trigger.intent == heard.intent and is_sure))
        and heard.alert >= trigger.alert
        and trigger.kinds <= kinds
        and (not trigger.said or any(f" {phrase} " in said for phrase in trigger.said))
    )
