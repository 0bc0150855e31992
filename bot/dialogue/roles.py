"""As whom somebody writes, and what of the content is spoken in that role. Pure.

A woman's conversation and the brigade's never hold each other's words. So, whatever content does: in the brigade's
role no flow of a woman's begins, and she leaves that role as soon as she tells of herself (seguridad §9, §11).
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from bot.dialogue.patterns import (
    BRIGADE_GUESS,
    BRIGADE_INSTEAD,
    BRIGADE_RETURN,
    FOR_BOTH,
    OF_HERSELF,
    OPENS_BRIGADE,
    SMALL_TALK,
    WOMANS_PATTERNS,
)
from bot.messages import Alert, Role, Understanding
from bot.territory.stores import find_store

if TYPE_CHECKING:
    from bot.dialogue.memory import Memory
    from bot.dialogue.talk import Talk

#: Kinds that the word screen finds (``bot/safety/lexicon/brigade.yml``), and one that is found here.
WORKER, HERSELF, _OF_HERSELF, _OF_ANOTHER = "worker", "herself", "of_herself", "of_another"
STORE_WORD = "store_word"


def role_of(flow: str) -> Role | None:
    """Whose a flow is, by its name; None if it is spoken in both roles. What nobody thought of is a woman's.

    >>> role_of("brigade_lend"), role_of("pattern_quick_exit"), role_of("physical_violence")
    (<Role.BRIGADE: 'brigade'>, None, <Role.WOMAN: 'woman'>)
    """
    if flow.startswith(("brigade", "pattern_brigade")):
        return Role.BRIGADE
    if flow in WOMANS_PATTERNS:
        return Role.WOMAN
    return None if flow.startswith("pattern_") or flow in FOR_BOTH else Role.WOMAN


def spoken_as(role: Role, flow: str) -> str:
    """The flow that is spoken in a role where another one is called for: the brigade has its own of some."""
    if role is Role.WOMAN:
        return flow
    flow = BRIGADE_INSTEAD.get(flow, flow)
    return BRIGADE_RETURN if role_of(flow) is Role.WOMAN else flow


def may_begin(talk: Talk, flow: str, heard: Understanding) -> bool:
    """Whether somebody's words can begin a flow in the role that she writes in."""
    whose = role_of(flow)
    if talk.role is Role.BRIGADE:
        if flow == "pattern_danger":
            return _OF_HERSELF in heard.kinds and heard.alert == Alert.EMERGENCY
        # That she is of the brigade is known: a guess of it asks nothing anew.
        return flow not in SMALL_TALK | {BRIGADE_GUESS} and (whose is not Role.WOMAN or flow in BRIGADE_INSTEAD)
    if flow == "pattern_danger" and WORKER in heard.kinds and _OF_HERSELF not in heard.kinds:
        return False  # the brigade has a first instruction of its own
    if whose is not Role.BRIGADE:
        return True
    if flow not in OPENS_BRIGADE or HERSELF in heard.kinds or _tells_of_herself(heard):
        return False
    # In the middle of her own story a guess of the NLU is not enough to leave it.
    return talk.topic is None or bool({WORKER, STORE_WORD} & heard.kinds)


def leaves_the_brigade(talk: Memory) -> bool:
    """Whether the worker has begun to speak of herself."""
    heard = talk.event.understanding
    return talk.role is Role.BRIGADE and (HERSELF in heard.kinds or _tells_of_herself(heard))


def note_store(talk: Memory) -> None:
    """Hear the code of a shop: where it is, and that a worker writes, if the word is one that only workers know."""
    event, facts = talk.event, talk.book.facts
    today = event.now.astimezone(facts.hours.timezone).date()
    named = find_store(facts.stores, event.text, today) if event.text else None
    if named is None:
        return
    if named.by_word:
        heard = replace(event.understanding, kinds=event.understanding.kinds | {STORE_WORD})
        talk.event = replace(event, understanding=heard)
    if talk.role is Role.BRIGADE or {STORE_WORD, WORKER} & talk.event.understanding.kinds:
        talk.place = facts.territory.by_code[named.store.municipality].place


def _tells_of_herself(heard: Understanding) -> bool:
    return heard.intent in OF_HERSELF and _OF_HERSELF in heard.kinds and _OF_ANOTHER not in heard.kinds
