"""Which flow somebody's words ask for."""

from __future__ import annotations

from bot.dialogue.flow import Flow, Trigger
from bot.dialogue.patterns import BY_WORDS, CERTAIN, CLOSING, GRAVE, IMMEDIATE, SURE_ENOUGH, gravity
from bot.dialogue.payload import Inform, Meaning, Start
from bot.dialogue.walk import Talk
from bot.messages import Alert, Understanding
from bot.spelling import plain


def wanted_flow(talk: Talk, meaning: Meaning | None) -> Flow | None:
    """The flow that her words (or a button's wish) ask for: the most particular trigger, then file order.

    An emergency gets a danger conversation whatever else was said, unless the emergency is an unsure guess
    and particular words say otherwise; the alert and the person who is asked for do not depend on that.
    """
    heard = talk.event.understanding
    if isinstance(meaning, Start):
        heard = Understanding(intent=meaning.intent, confidence=BY_WORDS)
    elif isinstance(meaning, Inform):
        return None
    said = f" {plain(talk.event.text)} "
    fitting = [
        (_rank(t, flow, heard), flow)
        for flow in talk.book.flows.values()
        for t in flow.triggers
        if _fits(t, heard, said, told=talk.alert)
    ]
    best = max(fitting, key=lambda pair: pair[0], default=None)
    is_unsure = heard.by != "screen" and heard.confidence < CERTAIN
    if heard.alert == Alert.EMERGENCY and not (best is not None and is_unsure and best[0] > _GUESSED):
        fitting = [pair for pair in fitting if pair[1].name in IMMEDIATE]
        if not fitting:
            return talk.book.flows["pattern_danger"]
    return max(fitting, key=lambda pair: pair[0])[1] if fitting else None


def _rank(trigger: Trigger, flow: Flow, heard: Understanding) -> tuple[int, ...]:
    """Words (or as good as words) before a guess; then closing the phone, danger and its kind; then what is grave."""
    is_danger, is_particular = flow.name in IMMEDIATE, bool(trigger.kinds or trigger.said)
    is_guess = not is_particular and heard.confidence < CERTAIN
    is_said = heard.confidence >= BY_WORDS and flow.topic == heard.intent
    grave = weight if (weight := gravity(flow.topic)) >= GRAVE else 0
    particular = (len(trigger.kinds), bool(trigger.said), trigger.alert, trigger.intent is not None)
    kind_of_danger = (flow.name in CLOSING, is_danger, is_danger and is_said, is_danger and is_particular)
    return (not is_guess, *kind_of_danger, grave, *particular)


#: The rank of any guess is below this.
_GUESSED = (1,)


def _fits(trigger: Trigger, heard: Understanding, said: str, *, told: Alert) -> bool:
    return (
        (trigger.intent is None or (trigger.intent == heard.intent and heard.confidence >= SURE_ENOUGH))
        and heard.alert >= trigger.alert
        and told >= trigger.told
        and trigger.kinds <= heard.kinds
        and (not trigger.said or any(f" {phrase} " in said for phrase in trigger.said))
    )
