"""What the words say and what the NLU says, as one understanding: the gravest wins. Pure."""

from __future__ import annotations

from dataclasses import replace

from bot.safety.lexicon import HeardRaise, lexicon
from bot.safety.screen import Screening
from bot.understood import Alert, Understanding

#: Small talk, asking, and where she is: whatever the words found weighs more than these.
_LIGHT = frozenset(
    {
        *("unknown", "greet", "goodbye", "thank", "affirm", "deny", "ask_help", "out_of_scope", "ask_human"),
        "inform_municipality",
    }
)
#: Whose case it is decides the way on; no guess about the violence itself takes that away.
_SAID_OF_OTHERS = frozenset({"brigade_help", "third_party_report"})
#: These are about the moment or about herself: whose case it is does not outweigh them.
_BEFORE_WHOSE_CASE = frozenset({"imminent_danger", "suicidal_ideation", "child_at_risk"})
#: What only the NLU heard outweighs the words' own meaning from here on, where it is graver or the words are mild.
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


def without_weak_words(screening: Screening) -> Screening:
    """What the words say where two readers rule out that weak ones are meant: those call for attention, no more,
    and what they would mean is not said.
    """
    return screening if screening.firm is screening.alert else replace(screening, alert=screening.firm, intent=None)


def is_only_a_saying(screening: Screening) -> bool:
    """Whether the words hold an idiom ("me mata el estrés") and nothing that is grave beside it."""
    known = {entry.id for entry in lexicon().entries if entry.covers and not entry.alert}
    return screening.alert is Alert.NONE and not known.isdisjoint(screening.found)


def _words_win(screening: Screening, words: str, understanding: Understanding) -> bool:
    """Whether the words' meaning counts: the graver of the six grave ones, where the NLU does more than guess it.

    Words that only call for attention ("me amenaza") give way to a meaning that the NLU is sure of.
    """
    heard = understanding.intent
    if words == heard or heard in _LIGHT:
        return True
    if "his_suicide_threat" in screening.kinds and words == "psychological_violence":
        return True  # "dice que se mata" is his threat, and neither her wish nor a threat to kill her
    if heard == "suicidal_ideation" and "threatens_her" in screening.kinds and "suicide" not in screening.kinds:
        return True  # "intentó matarme" is his deed: Rasa knows the word, the screen knows whose it is
    if _is_said_whose(screening, words, heard):
        return True
    sure = understanding.confidence >= _LIKELIER_THAN_NOT
    if words in _SAID_OF_OTHERS and screening.alert <= Alert.ATTENTION and heard not in lexicon().gravity:
        return True
    if sure and heard == "third_party_report" and words not in _BEFORE_WHOSE_CASE | _SAID_OF_OTHERS:
        return False
    if sure and screening.alert <= Alert.ATTENTION:
        return False
    order = lexicon().gravity
    rank = {intent: place for place, intent in enumerate(order)}
    if words in rank or heard in rank:
        is_graver = rank.get(words, len(order)) <= rank.get(heard, len(order))
        return is_graver or not sure
    return screening.alert >= Alert.ATTENTION or words in _SAID_OF_OTHERS


def _is_said_whose(screening: Screening, words: str, heard: str) -> bool:
    """Whether the sentence itself says who is hit, or that she flees from him and not from life.

    A neighbour's wife is another's case, the mother of a violent son no child.
    """
    if "flees" in screening.kinds and words == "psychological_violence":
        return heard != "imminent_danger" and "suicide" not in screening.kinds
    if words == "third_party_report":
        return "another_couple" in screening.kinds and heard not in _BEFORE_WHOSE_CASE
    return words == "physical_violence" and "her_child" in screening.kinds and heard == "child_at_risk"


def _by_both(screening: Screening, understanding: Understanding) -> Alert:
    """The NLU heard the violence and the words say that it was last night: neither knew alone."""
    if understanding.alert < Alert.ATTENTION:
        return Alert.NONE
    raises = (r for r in lexicon().raises_heard if _applies(r, understanding.intent, screening))
    return max((r.alert for r in raises), default=Alert.NONE)


def _applies(rule: HeardRaise, heard: str, screening: Screening) -> bool:
    return rule.heard == heard and bool(rule.kinds & screening.kinds) and rule.also <= screening.kinds
