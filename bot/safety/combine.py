"""What the words say and what the NLU says, as one understanding: the gravest wins. Pure."""

from __future__ import annotations

from dataclasses import replace

from bot.messages import Alert, Understanding
from bot.safety.lexicon import lexicon
from bot.safety.screen import Screening

#: Small talk and asking: whatever the words found weighs more than these.
_LIGHT = frozenset({"unknown", "greet", "goodbye", "thank", "affirm", "deny", "ask_help", "out_of_scope", "ask_human"})
#: Whose case it is decides the way on; no guess about the violence itself takes that away.
_SAID_OF_OTHERS = frozenset({"brigade_help", "third_party_report"})
#: A graver meaning that only the NLU heard outweighs the words' own from here on.
_LIKELIER_THAN_NOT = 0.5


def combine(screening: Screening, understanding: Understanding) -> Understanding:
    """Join both: the alert is the graver; the intent is the words' own or the NLU's, and ``by`` says whose.

    ``by`` is ``screen`` only where the words themselves mean this intent (the NLU may agree; the confidence
    is then 1). An intent by ``rasa`` is a guess, even beside words that raised the alert. A score never
    lowers an alert.
    """
    alert = max(screening.alert, understanding.alert, _by_both(screening, understanding))
    by_words = screening.intent is not None and _words_win(screening, screening.intent, understanding)
    said_unknown = understanding.intent == "unknown" and screening.alert > Alert.NONE
    return replace(
        understanding,
        intent=screening.intent if by_words and screening.intent else understanding.intent,
        confidence=1.0 if by_words else understanding.confidence,
        alert=alert,
        by="screen" if by_words or said_unknown else understanding.by,
        cues=screening.cues if alert > Alert.NONE else (),
        kinds=screening.kinds,
    )


def _words_win(screening: Screening, words: str, understanding: Understanding) -> bool:
    """Whether the words' meaning counts: the graver of the six grave ones, where the NLU does more than guess it."""
    heard = understanding.intent
    if words == heard or heard in _LIGHT:
        return True
    if "his_suicide_threat" in screening.kinds and words == "psychological_violence":
        return True  # "dice que se mata" is his threat, and neither her wish nor a threat to kill her
    if heard == "suicidal_ideation" and "threatens_her" in screening.kinds and "suicide" not in screening.kinds:
        return True  # "intentó matarme" is his deed: Rasa knows the word, the screen knows whose it is
    order = lexicon().gravity
    rank = {intent: place for place, intent in enumerate(order)}
    if words in rank or heard in rank:
        is_graver = rank.get(words, len(order)) <= rank.get(heard, len(order))
        return is_graver or understanding.confidence < _LIKELIER_THAN_NOT
    return screening.alert >= Alert.ATTENTION or words in _SAID_OF_OTHERS


def _by_both(screening: Screening, understanding: Understanding) -> Alert:
    """The NLU heard the violence and the words say that it was last night: neither knew alone."""
    if understanding.alert < Alert.ATTENTION:
        return Alert.NONE
    raises = (r for r in lexicon().raises_heard if r.heard == understanding.intent and r.kinds & screening.kinds)
    return max((r.alert for r in raises), default=Alert.NONE)
