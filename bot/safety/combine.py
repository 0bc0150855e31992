"""What the words say and what the NLU says, as one understanding: the gravest wins. Pure."""

from __future__ import annotations

from dataclasses import replace

from bot.messages import Alert, Understanding
from bot.safety.lexicon import lexicon
from bot.safety.screen import Screening

#: Intents of small talk and of asking: whatever the words found weighs more than these.
_LIGHT = frozenset({"unknown", "greet", "goodbye", "thank", "affirm", "deny", "ask_help", "out_of_scope", "ask_human"})


def combine(screening: Screening, understanding: Understanding) -> Understanding:
    """Join both: the alert is the graver, the intent the graver by the label vocabulary's order.

    A score never lowers an alert. Words of violence also outweigh small talk around them.
    """
    alert = max(screening.alert, understanding.alert, _by_both(screening, understanding))
    intent = graver(screening.intent, understanding.intent)
    by_words = intent != understanding.intent or alert > understanding.alert
    return replace(
        understanding,
        intent=intent,
        confidence=1.0 if intent != understanding.intent else understanding.confidence,
        alert=alert,
        by="screen" if by_words else understanding.by,
        cues=screening.cues if alert > Alert.NONE else (),
        kinds=screening.kinds,
    )


def graver(words: str | None, heard: str) -> str:
    """The intent that counts: the graver of the seven grave ones, else the heard one unless it is small talk."""
    if words is None:
        return heard
    order = lexicon().gravity
    rank = {intent: place for place, intent in enumerate(order)}
    if words in rank or heard in rank:
        return words if rank.get(words, len(order)) <= rank.get(heard, len(order)) else heard
    return words if heard in _LIGHT else heard


def _by_both(screening: Screening, understanding: Understanding) -> Alert:
    """The NLU heard the violence and the words say that it was last night: neither knew alone."""
    if understanding.alert < Alert.ATTENTION:
        return Alert.NONE
    raises = (r for r in lexicon().raises_heard if r.heard == understanding.intent and r.kinds & screening.kinds)
    return max((r.alert for r in raises), default=Alert.NONE)
