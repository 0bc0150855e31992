"""Whether a message answers a question: the one that waits, or one asked before. It means what it says."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import assert_never

from bot.dialogue.facts import OUTSIDE, UNSAID
from bot.dialogue.flow import Collect, Flow, FlowBook, Slot, SlotKind
from bot.dialogue.patterns import CALL_FOR_ME, IMMEDIATE, MUNICIPALITY, OFFER_AT, SAFE_NOW, SURE_ENOUGH
from bot.dialogue.payload import Inform, write_inform
from bot.dialogue.state import Phone
from bot.dialogue.walk import Talk
from bot.messages import Alert, Button
from bot.spelling import plain
from bot.territory import Ambiguous, Found, Outside, Refused, Unknown, answer

#: Where the first words of a message end.
_CLAUSE = re.compile(r"[\n,.;:!?]+")


def take_inform(talk: Talk, meaning: Inform) -> None:
    """An answer, to the question that waits or to one asked before: it means what it says."""
    slot = talk.book.slots.get(meaning.slot)
    question = talk.question
    known = slot is not None and _may_be(talk.book, meaning)
    if question is not None and known and question.slot == meaning.slot:
        talk.answer(meaning.value)
        return
    asked_in = next(asks(talk.book, meaning.slot), None) if known else None
    is_danger = asked_in is not None and asked_in[0] in IMMEDIATE
    says_no_news = talk.slots.get(meaning.slot) == meaning.value or (meaning.slot, meaning.value) == (SAFE_NOW, "yes")
    may_speak = talk.phone is Phone.SAFE or meaning.slot == SAFE_NOW
    if asked_in is not None and (is_danger or (may_speak and not says_no_news)):
        talk.answer_elsewhere(*asked_in, meaning.value)
        if not talk.has_spoken and not talk.phone.is_locked:
            _ask_where_she_stands(talk)
    else:
        _ask_where_she_stands(talk)


def take_words(talk: Talk, wanted: Flow | None) -> bool:
    """Whether free words (or a picture, where any will do) answer the question that waits."""
    question = talk.question
    if question is None:
        return False
    slot = talk.book.slots[question.slot]
    heard, said = talk.event.understanding, plain(talk.event.text)
    if slot.kind is SlotKind.ANY:
        talk.answer("given")
        return True
    if slot.kind is SlotKind.MUNICIPALITY:
        return _answers_where(talk, wanted)
    if (value := _by_words(talk, slot, said)) is not None:
        talk.answer(value)
        return True
    if slot.name == CALL_FOR_ME and heard.place is not None:
        talk.answer("yes")  # she was told to dial or to write 1, and says where she is
        return True
    if heard.intent in slot.intents and heard.confidence >= SURE_ENOUGH and wanted is None:
        talk.answer(slot.intents[heard.intent])
        return True
    return False


def _by_words(talk: Talk, slot: Slot, said: str) -> str | None:
    """A whole message that means a value, or its first words: "sí, es que mi esposo me pega".

    Where something grave follows, a yes may belong to that ("sí me pega"), save for the neutral question.
    """
    if said in slot.words:
        return slot.words[said]
    value = slot.words.get(plain(_CLAUSE.split(talk.event.text.strip(), maxsplit=1)[0]))
    is_clear = slot.name == SAFE_NOW or talk.event.understanding.alert == Alert.NONE
    return value if value != "yes" or is_clear else None


def asks(book: FlowBook, slot: str) -> Iterator[tuple[str, str]]:
    for flow in book.flows.values():
        for step in flow.steps.values():
            if isinstance(step, Collect) and step.slot == slot:
                yield flow.name, step.id


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
        case Unknown(nearest=nearest) if wanted is None and talk.misses + 1 < OFFER_AT:
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
