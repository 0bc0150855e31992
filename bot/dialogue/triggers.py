"""Which flow somebody's words ask for."""

from __future__ import annotations

from bot.dialogue.flow import Flow, Trigger
from bot.dialogue.patterns import BY_WORDS, CERTAIN, CLOSING, GRAVE, IMMEDIATE, SURE_ENOUGH, WHO_SHE_IS, gravity
from bot.dialogue.payload import Inform, Meaning, Start
from bot.dialogue.roles import may_begin, spoken_as
from bot.dialogue.talk import Talk
from bot.messages import Alert, Role, Understanding
from bot.spelling import plain


def wanted_flow(talk: Talk, meaning: Meaning | None) -> Flow | None:
    """The flow that her words (or a button's wish) ask for: the most particular trigger, then file order.

    An emergency gets a danger conversation whatever else was said, unless the emergency is an unsure guess
    and particular words say otherwise: who she is ("yo sorda") and what is grave itself ("ácido") do not. The alert
    and the person who is asked for do not depend on that.
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
        and may_begin(talk, flow.name, heard)
        and not _is_anothers(flow, heard, said)
    ]
    best = max(fitting, key=lambda pair: pair[0], default=None)
    is_unsure = heard.by != "screen" and heard.confidence < CERTAIN
    if heard.alert == Alert.EMERGENCY and not (best is not None and is_unsure and _says_otherwise(*best)):
        fitting = [pair for pair in fitting if pair[1].name in IMMEDIATE]
        if not fitting:
            return talk.book.flows["pattern_danger" if talk.role is Role.WOMAN else "pattern_brigade"]
    if not fitting:
        return None
    return talk.book.flows[spoken_as(talk.role, max(fitting, key=lambda pair: pair[0])[1].name)]


def rests_on_a_guess(talk: Talk, wanted: Flow) -> bool:
    """Whether nothing but an unsure guess asks for this flow."""
    heard, said = talk.event.understanding, f" {plain(talk.event.text)} "
    by_words = any((t.kinds or t.said) and _fits(t, heard, said, told=talk.alert) for t in wanted.triggers)
    return bool(talk.event.text) and not by_words and heard.confidence < CERTAIN


def _rank(trigger: Trigger, flow: Flow, heard: Understanding) -> tuple[int, ...]:
    """How well founded it is; then closing the phone, danger and its kind; then what is grave, and particular words."""
    is_danger, is_particular = flow.name in IMMEDIATE, bool(trigger.kinds or trigger.said)
    is_said = heard.confidence >= BY_WORDS and flow.topic == heard.intent
    grave = weight if (weight := gravity(flow.topic)) >= GRAVE else 0
    founded = _BARE_GUESS
    if is_particular or heard.confidence >= CERTAIN:
        founded = _WORDS_OF_DANGER if is_danger or grave else _WORDS
    elif heard.cues:
        founded = _WORDS  # the words name something grave themselves, if not just this
    particular = (len(trigger.kinds), bool(trigger.said), trigger.alert, trigger.intent is not None)
    closes = flow.name in CLOSING and (trigger.intent is None or heard.confidence >= CERTAIN)
    kind_of_danger = (closes, is_danger, is_danger and is_said, is_danger and is_particular)
    tells = flow.name not in WHO_SHE_IS and (is_particular or flow.topic is not None)
    return (founded, *kind_of_danger, grave, tells, *particular)


def _says_otherwise(rank: tuple[int, ...], flow: Flow) -> bool:
    """Whether particular words make an unsure guess of an emergency less likely."""
    return rank[0] >= _WORDS and flow.name not in WHO_SHE_IS and gravity(flow.topic) < GRAVE


#: What a flow rests on. What she is ("somos nasa", "en silla de ruedas") outweighs a bare guess and nothing else.
_BARE_GUESS, _WORDS, _WORDS_OF_DANGER = 0, 1, 2


def _is_anothers(flow: Flow, heard: Understanding, said: str) -> bool:
    """Whether a flow about her own wish to die would answer the deed or the threat of somebody else.

    "Mi novio se tomó veneno" is his deed where she does not speak of herself; "tengo miedo de que llegue a matarme" is
    a threat, whatever the NLU guesses.
    """
    if flow.topic != _OWN_DEATH:
        return False
    is_his_deed = "other_suicide" in heard.kinds and not any(word in said for word in _OF_HERSELF)
    is_his_threat = heard.by != "screen" and _THREATS & heard.kinds and "suicide" not in heard.kinds
    return is_his_deed or bool(is_his_threat)


_OWN_DEATH, _OF_HERSELF = "suicidal_ideation", (" me ", " yo ", " conmigo ")
_THREATS = frozenset({"threat", "threatens_her"})


def _fits(trigger: Trigger, heard: Understanding, said: str, *, told: Alert) -> bool:
    return (
        (trigger.intent is None or (trigger.intent == heard.intent and heard.confidence >= SURE_ENOUGH))
        and heard.alert >= trigger.alert
        and told >= trigger.told
        and trigger.kinds <= heard.kinds
        and (not trigger.said or any(f" {phrase} " in said for phrase in trigger.said))
    )
