"""Whether a message answers a question: the one that waits, or one asked before. It means what it says."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import assert_never

from bot.dialogue.facts import OUTSIDE, UNSAID
from bot.dialogue.flow import Collect, Flow, FlowBook, Slot, SlotKind
from bot.dialogue.hour_said import hours_said
from bot.dialogue.patterns import (
    A_PERSON,
    BESIDE_HER,
    CALL_FOR_ME,
    CERTAIN,
    CONTACT_BAND,
    CONTACT_WAY,
    IMMEDIATE,
    IN_DANGER,
    MUNICIPALITY,
    NEAR_PLACE,
    OFFER_AT,
    SAFE_NOW,
    TOPIC,
    gravity,
)
from bot.dialogue.payload import Inform, write_inform
from bot.dialogue.roles import role_of
from bot.dialogue.state import Phone
from bot.dialogue.talk import Talk
from bot.messages import Alert, Button, Role
from bot.spelling import plain
from bot.territory import Ambiguous, Found, Outside, Refused, Unknown, answer

#: At a till these tell of the customer's companion, not of somebody who looks at this phone.
_BESIDE_ANOTHER = frozenset({"esta aqui", "el esta aqui", "esta al lado"})
#: Where the first words of a message end.
_CLAUSE = re.compile(r"[\n,.;:!?]+")


def take_inform(talk: Talk, meaning: Inform) -> None:
    """An answer, to the question that waits or to one asked before: it means what it says."""
    if (meaning.slot, meaning.value) == (CONTACT_WAY, "none"):
        talk.agreement = None  # whatever else it answers, and whether or not she may be answered just now
    slot = talk.book.slots.get(meaning.slot)
    if talk.question is not None and talk.question.slot != meaning.slot:
        talk.let_go()
    question = talk.question
    known = slot is not None and _may_be(talk.book, meaning)
    if question is not None and known and question.slot == meaning.slot:
        talk.answer(meaning.value)
        return
    asked_in = next(asks(talk.book, meaning.slot), None) if known else None
    if asked_in is not None and (role := role_of(asked_in[0])) not in (None, talk.role):
        talk.speak_as(role)  # an old choice of the other conversation, still on her screen
        talk.stack.clear()
    is_danger = asked_in is not None and asked_in[0] in IMMEDIATE
    says_no_news = talk.slots.get(meaning.slot) == meaning.value or (meaning.slot, meaning.value) == (SAFE_NOW, "yes")
    may_speak = talk.phone is Phone.SAFE or meaning.slot == SAFE_NOW
    if asked_in is not None and (is_danger or (may_speak and not says_no_news)):
        talk.answer_elsewhere(*asked_in, meaning.value)
        if not talk.has_spoken and not talk.phone.is_locked:
            _ask_where_she_stands(talk)
    else:
        if known and talk.phone is Phone.UNKNOWN:
            talk.remembered = _wish(meaning) or talk.remembered
        _ask_where_she_stands(talk)


def take_listed(talk: Talk) -> bool:
    """Whether the whole message is one of the listed answers to the question that waits."""
    slot = _asked_slot(talk)
    value = None if slot is None else _listed(slot, plain(talk.event.text))
    if value is None:
        return False
    talk.answer(value)
    return True


def said_anywhere(talk: Talk) -> Inform | None:
    """A whole message that answers its question even now that another one waits, which does not know it."""
    said, asked = plain(talk.event.text), _asked_slot(talk)
    if not said or (asked is not None and said in asked.words):
        return None
    if talk.role is Role.BRIGADE and said in _BESIDE_ANOTHER:
        return None
    slots = talk.book.slots.values()
    return next((Inform(slot=s.name, value=s.anywhere[said]) for s in slots if said in s.anywhere), None)


def take_words(talk: Talk, wanted: Flow | None) -> bool:
    """Whether free words (or a picture, where any will do) answer the question that waits."""
    slot, heard = _asked_slot(talk), talk.event.understanding
    if slot is None:
        return False
    if slot.kind is SlotKind.ANY:
        return _answers_anything(talk, slot, wanted)
    if slot.kind is SlotKind.MUNICIPALITY:
        return _answers_where(talk, wanted)
    if slot.name == CALL_FOR_ME and talk.event.has_location:
        _calls_from_here(talk)
        return True
    value = _by_words(talk, slot)
    if value is None and slot.name == CONTACT_BAND and heard.alert == Alert.NONE and not heard.kinds & BESIDE_HER:
        value = hours_said(talk.event.text, talk.book.facts.hours.bands)
    if value is None and slot.name == CALL_FOR_ME and heard.place is not None:
        value = "yes"  # she was told to dial or to write 1, and says where she is
    if value is None and slot.name == IN_DANGER and heard.alert >= Alert.URGENT:
        value = "yes"  # "creo que sí, porque él la jala": at a till nobody waits for a better word
    if value is None and wanted is None and heard.confidence >= CERTAIN:
        value = slot.intents.get(heard.intent)
    if value is None:
        return False
    talk.answer(value)
    return True


def _calls_from_here(talk: Talk) -> None:
    """She was told to dial or to write 1, and sends her place: a person reads it, and where she is is not asked."""
    before = len(talk.effects)
    talk.answer("yes")
    talk.unsay(since=before)
    talk.answer("given")


def _asked_slot(talk: Talk) -> Slot | None:
    return None if talk.question is None else talk.book.slots[talk.question.slot]


def _listed(slot: Slot, said: str) -> str | None:
    return slot.words.get(said) or slot.anywhere.get(said)


def _by_words(talk: Talk, slot: Slot) -> str | None:
    """What she is by the words ("tengo 13"), or first words that mean a value: "sí, es que mi esposo me pega".

    Where something grave follows, a yes may belong to that ("sí me pega"), save for the neutral question.
    There somebody beside her is never a yes, whatever she wrote before it (seguridad §1). The brigade tells of
    somebody else, so a yes of hers is one.
    """
    heard = talk.event.understanding
    if slot.name == SAFE_NOW and heard.kinds & BESIDE_HER:
        return "watched"
    if (by_kind := next((value for kind, value in slot.kinds.items() if kind in heard.kinds), None)) is not None:
        return by_kind
    if _corrects_the_place(talk) and not slot.alarm:
        return None  # "no, en Palmira no, en Tuluá" is no answer to anything else
    value = _listed(slot, plain(_CLAUSE.split(talk.event.text.strip(), maxsplit=1)[0]))
    is_clear = slot.name == SAFE_NOW or talk.role is Role.BRIGADE or heard.alert == Alert.NONE
    return value if value != "yes" or is_clear else None


def _corrects_the_place(talk: Talk) -> bool:
    """Whether she names another place than the one that she had named before."""
    before, now = talk.before.slots.get(MUNICIPALITY), talk.event.understanding.place
    return before is not None and now is not None and now.code != before


def _answers_anything(talk: Talk, slot: Slot, wanted: Flow | None) -> bool:
    """Any words will do, but a graver story is followed, and nobody is sent to a place that nobody knows."""
    if wanted is not None and not talk.is_immediate and gravity(wanted.topic) > gravity(talk.topic):
        return False
    if slot.name == NEAR_PLACE and not _is_place_known(talk):
        _note_named_place(talk)
    if slot.name == NEAR_PLACE and not _is_place_known(talk) and talk.misses == 0:
        talk.misses += 1
        talk.ask_again()
    else:
        talk.answer("given")
    return True


def _note_named_place(talk: Talk) -> None:
    """She was asked for a town, so "toro frente al parque" names one, which in a free text it would not."""
    match answer(talk.book.facts.territory, talk.event.text):
        case Found(place=place) | Outside(place=place) if place.name:
            talk.note_place(place)
        case _:
            pass


def _is_place_known(talk: Talk) -> bool:
    return talk.event.has_location or talk.slots.get(MUNICIPALITY) is not None


def asks(book: FlowBook, slot: str) -> Iterator[tuple[str, str]]:
    for flow in book.flows.values():
        for step in flow.steps.values():
            if isinstance(step, Collect) and step.slot == slot:
                yield flow.name, step.id


def _wish(meaning: Inform) -> str | None:
    """An old choice, tapped on a phone that is not known to be safe: the flow that it asks for, for after her yes."""
    if meaning.value == A_PERSON:
        return "pattern_human_handoff"
    return meaning.value if meaning.slot == TOPIC else None


def _may_be(book: FlowBook, meaning: Inform) -> bool:
    slot = book.slots[meaning.slot]
    match slot.kind:
        case SlotKind.CATEGORICAL:
            return meaning.value in slot.values
        case SlotKind.MUNICIPALITY:
            return meaning.value in book.facts.territory.by_code or meaning.value in (OUTSIDE, UNSAID)
        case SlotKind.ANY:
            return True
        case _:
            assert_never(slot.kind)


def _ask_where_she_stands(talk: Talk) -> None:
    if talk.phone is Phone.UNKNOWN and not talk.is_immediate:
        talk.start("pattern_session_start")
    elif talk.question is not None:
        talk.ask_again()
    else:
        talk.start("pattern_clarification")


def _is_yes_or_no(talk: Talk) -> bool:
    """ "No está pasando ahora" names no place that could be like another."""
    return talk.event.understanding.intent in ("affirm", "deny")


def _answers_where(talk: Talk, wanted: Flow | None) -> bool:
    if talk.slots.get(MUNICIPALITY) is not None:  # the words named a place that was already noted
        talk.answer(str(talk.slots[MUNICIPALITY]))
        return True
    if not talk.event.text:
        return False
    match answer(talk.book.facts.territory, talk.event.text):
        case Found(place=place) | Outside(place=place):
            talk.answer(place.code)
        case Refused():
            talk.answer(UNSAID)
        case Ambiguous(places=places) if wanted is None:
            choices = tuple(
                Button(title=place.name[:20], payload=write_inform(MUNICIPALITY, place.code)) for place in places[:9]
            )
            talk.say("utter_which_municipality", choices)
        case Unknown(nearest=nearest) if wanted is None and not _is_yes_or_no(talk) and talk.misses + 1 < OFFER_AT:
            talk.misses += 1
            names = {m.name: m.code for m in talk.book.facts.territory.municipalities}
            choices = tuple(
                Button(title=name[:20], payload=write_inform(MUNICIPALITY, names[name]))
                for name in nearest
                if name in names
            )
            talk.say("utter_unknown_municipality", choices)
        case _:
            return False
    return True
