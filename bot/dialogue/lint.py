"""What a content file may not get wrong, found without a conversation: every problem with file and line."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from bot.dialogue.actions import ACTIONS
from bot.dialogue.condition import Condition, names_in
from bot.dialogue.fill import fill, holes
from bot.dialogue.flow import (
    Act,
    Collect,
    FlowBook,
    Link,
    Response,
    SetSlots,
    SlotKind,
    Step,
    Variant,
    Where,
    WordRule,
)
from bot.dialogue.load import FLOWS, load_book
from bot.dialogue.paths import EndlessPath, distances_to_help, reachable_flows, reachable_steps
from bot.dialogue.patterns import ENGINE_RESPONSES, ENGINE_SLOTS, IMMEDIATE, PARTING, SAYABLE_UNKNOWN
from bot.dialogue.render import choose
from bot.dialogue.review import REVIEW, Review, load_review, stale
from bot.errors import ContentError
from bot.messages import Button
from bot.segments import count_segments, transliterate
from bot.spelling import plain

#: WhatsApp's limits: reply buttons and list rows, characters.
MOST_BUTTONS, MOST_ROWS, TITLE, BODY = 3, 10, 20, 1024
#: A message: sentences, words in each; a first line: characters; an SMS: segments.
SENTENCES, WORDS, FIRST_LINE, SEGMENTS = 3, 26, 60, 2
#: How many of her messages help may be away.
_HELP_WITHIN = 2
#: Before she has said that she can read, there is one line and nothing more (seguridad §2).
_ONE_LINE_ONLY = frozenset({"can_read"})
#: These questions are not repeated, so they need no other words.
_ASKED_ONCE = frozenset({"can_read", "stay"})
#: A child is spoken to as "tú", everybody else as "usted" (seguridad §5).
_TO_A_CHILD = re.compile(r"utter_child_(?!other)|utter_ask_he_there")
_TU = frozenset(["tú", "tu", "tus", "te", "contigo", "puedes", "tienes", "eres", "estás", "cuentas", "corres"])
_DIGITS = re.compile(r"\d+")
_SENTENCE = re.compile(r"[^.!?]+[.!?]*")


@dataclass(frozen=True, slots=True, kw_only=True)
class Problem:
    """One thing to correct: ``opening.yml:12: ...``."""

    file: str
    line: int
    text: str

    def __str__(self) -> str:
        return f"{self.file}:{self.line}: {self.text}"


def check_content(flows_dir: Path = FLOWS) -> list[Problem]:
    """Read and check all content; an unreadable book is one problem, a book without problems is an empty list."""
    try:
        book = load_book(flows_dir)
        review = load_review(book, flows_dir / REVIEW)
    except ContentError as error:
        return [Problem(file=error.file, line=error.line, text=error.problem)]
    return [*lint(book), *_outdated(book, review)]


def lint(book: FlowBook) -> list[Problem]:
    """Every problem of a loaded book."""
    found: list[Problem] = []
    for response in book.responses.values():
        found += _response(book, response)
        for variant in response.variants:
            found += _variant(book, response, variant)
    for check in (_dead, _repeats, _slots, _help):
        found += check(book)
    return sorted(found, key=lambda problem: (problem.file, problem.line, problem.text))


def _outdated(book: FlowBook, review: Review) -> Iterator[Problem]:
    for one, now in stale(book, review):
        yield _at(one.where, f"{one.response} was signed as {one.hash} and is now {now}; it has to be signed anew")


def _response(book: FlowBook, response: Response) -> Iterator[Problem]:
    last = response.variants[-1]
    if last.condition is not None or last.channel is not None:
        yield _at(last.where, f"{response.name}: the last variant must fit always, without condition or channel")
    for variant in response.variants[:-1]:
        if variant.condition is None and variant.channel is None:
            yield _at(variant.where, f"{response.name}: this variant fits always, so those after it are never said")
    said = ENGINE_RESPONSES | {
        name
        for flow in book.flows.values()
        for step in flow.steps.values()
        for name in ([step.utter] if isinstance(step, Collect) else [step.action] if isinstance(step, Act) else [])
    }
    if response.name not in said:
        yield _at(response.where, f"{response.name} is never said")


def _variant(book: FlowBook, response: Response, variant: Variant) -> Iterator[Problem]:
    name, where = response.name, variant.where
    text = fill(variant.text, book.facts, {})
    for rule in _found(book.forbidden, text, variant.buttons):
        yield _at(where, f"{name}: «{rule.word}» may not be said: {rule.reason}")
    yield from _first_line(book, name, text, variant)
    yield from _buttons(name, variant)
    typed = {choice.title for choice in variant.typed} | {str(n) for n in range(1, len(variant.buttons) + 1)}
    bare = variant.text
    for hole in holes(variant.text):
        bare = bare.replace("{" + hole + "}", "")
    for digits in _DIGITS.findall(bare):
        if digits not in typed:
            yield _at(where, f"{name}: the number {digits} is typed into the text; numbers come from data")
    if variant.channel != "whatsapp" and (much := _segments(text, variant.buttons)) > SEGMENTS:
        yield _at(where, f"{name}: {much} SMS segments, {SEGMENTS} at most; shorten it or add a variant for sms")
    for part in text.split("\n\n"):
        sentences = [sentence for sentence in _SENTENCE.findall(part) if plain(sentence)]
        if len(sentences) > SENTENCES or any(len(sentence.split()) > WORDS for sentence in sentences):
            yield _at(where, f"{name}: at most {SENTENCES} sentences of {WORDS} words; say it shorter")
    is_for_child = _TO_A_CHILD.match(name) or (variant.condition and "slots.child_who" in names_in(variant.condition))
    familiar = {word.strip(".,;:¿?¡!").lower() for word in text.split()} & _TU
    if familiar and not is_for_child:
        yield _at(where, f"{name}: «{min(familiar)}»: whoever is not a child is spoken to as usted")


def _first_line(book: FlowBook, name: str, text: str, variant: Variant) -> Iterator[Problem]:
    if name not in SAYABLE_UNKNOWN:
        return
    for rule in _found(book.betraying, text, variant.buttons):
        yield _at(variant.where, f"{name}: «{rule.word}» could be read by another: {rule.reason}")
    is_danger = any(
        name in (step.utter if isinstance(step, Collect) else step.action)
        for flow in IMMEDIATE
        for step in book.flows[flow].steps.values()
        if isinstance(step, Collect | Act)
    )
    if len(text) > FIRST_LINE and not (is_danger and name not in PARTING):
        yield _at(variant.where, f"{name}: {len(text)} characters; a first or last line has at most {FIRST_LINE}")


def _buttons(name: str, variant: Variant) -> Iterator[Problem]:
    titles = [plain(button.title) for button in (*variant.buttons, *variant.typed)]
    if len(variant.buttons) > MOST_ROWS:
        yield _at(variant.where, f"{name}: {len(variant.buttons)} choices; a list has at most {MOST_ROWS}")
    if len(set(titles)) < len(titles):
        yield _at(variant.where, f"{name}: two choices have the same words")
    for button in variant.buttons:
        if len(button.title) > TITLE:
            yield _at(variant.where, f"{name}: «{button.title}» has more than {TITLE} characters")
    if variant.buttons and len(variant.text) > BODY:
        yield _at(variant.where, f"{name}: more than {BODY} characters above the choices")
    if "0" in titles:
        yield _at(variant.where, f"{name}: 0 is never a choice (seguridad §4)")


def _dead(book: FlowBook) -> Iterator[Problem]:
    begun = reachable_flows(book)
    for flow in book.flows.values():
        if flow.name not in begun:
            yield _at(flow.where, f"{flow.name} is never begun")
        reached = reachable_steps(flow)
        for step in flow.steps.values():
            if step.id not in reached:
                yield _at(step.where, f"{flow.name}: no path comes to the step {step.id!r}")


def _repeats(book: FlowBook) -> Iterator[Problem]:
    """A question that was not understood is asked in other words; one slot is asked in one place."""
    askers: dict[str, str] = {}
    for flow in book.flows.values():
        for step in flow.steps.values():
            if not isinstance(step, Collect):
                continue
            slot = book.slots[step.slot]
            if slot.name in askers:
                yield _at(step.where, f"{slot.name} is asked in {askers[slot.name]} too; an old button has one meaning")
            askers[slot.name] = flow.name
            if slot.kind is SlotKind.ANY or slot.name in _ASKED_ONCE:
                continue
            response = book.responses[step.utter]
            first, again = (choose(response, "whatsapp", _missed(n)).text for n in (0, 1))
            if first == again:
                yield _at(response.where, f"{step.utter}: it needs other words for when it was not understood")
            offered = {b.payload for v in response.variants for b in (*v.buttons, *v.typed)}
            if slot.kind is SlotKind.CATEGORICAL and not offered:
                yield _at(response.where, f"{step.utter}: a question needs choices")


def _slots(book: FlowBook) -> Iterator[Problem]:
    """Whatever is read was set somewhere; whatever is declared is used."""
    filled = ENGINE_SLOTS | {
        slot for flow in book.flows.values() for step in flow.steps.values() for slot in _filled_by(step)
    }
    filled |= {slot.name for slot in book.slots.values() if slot.said}
    for name, where in _read_in(book):
        if name.startswith("slots.") and name.removeprefix("slots.") not in filled:
            yield _at(where, f"{name} is read and never set")
    for declared in book.slots.values():
        if declared.name not in filled:
            yield _at(declared.where, f"{declared.name} is never set")


def _filled_by(step: Step) -> Iterator[str]:
    match step:
        case Collect(slot=slot):
            yield slot
        case SetSlots(slots=slots):
            yield from (slot for slot, value in slots.items() if value is not None)
        case Act(action=action) if action in ACTIONS:
            yield from ACTIONS[action].fills
        case _:
            pass


def _read_in(book: FlowBook) -> Iterator[tuple[str, Where]]:
    for flow in book.flows.values():
        for step in flow.steps.values():
            for choice in () if isinstance(step, Link) else step.next:
                yield from ((name, step.where) for name in _names(choice.condition))
    for response in book.responses.values():
        for variant in response.variants:
            yield from ((name, variant.where) for name in _names(variant.condition))


def _names(condition: Condition | None) -> frozenset[str]:
    return frozenset() if condition is None else names_in(condition)


def _help(book: FlowBook) -> Iterator[Problem]:
    try:
        distances = distances_to_help(book)
    except EndlessPath as error:
        flow = book.flows.get(str(error).split(":", 1)[0])
        where = flow.where if flow else Where(file="", line=0)
        yield _at(where, str(error))
        return
    for stack, far in distances.items():
        if not stack:
            continue
        flow, step = book.flows[stack[-1][0]], book.flows[stack[-1][0]].steps[stack[-1][1]]
        if far > _HELP_WITHIN and not (isinstance(step, Collect) and step.slot in _ONE_LINE_ONLY):
            yield _at(step.where, f"{flow.name}: a person or 123 is {far} messages away, {_HELP_WITHIN} at most")


def _missed(times: int) -> Callable[[str], int | bool | str | None]:
    return lambda name: times if name == "misses" else True if name == "open" else None


def _found(rules: tuple[WordRule, ...], text: str, buttons: tuple[Button, ...]) -> Iterator[WordRule]:
    spoken = " | ".join(["", plain(text), *(plain(button.title) for button in buttons), ""])
    for rule in rules:
        left = spoken
        for phrase in rule.unless:
            left = left.replace(f" {plain(phrase)} ", " | ")
        if f" {plain(rule.word)} " in left:
            yield rule


def _segments(text: str, buttons: tuple[Button, ...]) -> int:
    as_sms = "\n".join([text, *(f"{n}) {button.title}" for n, button in enumerate(buttons, start=1))])
    return count_segments(transliterate(as_sms)).segments


def _at(where: Where, text: str) -> Problem:
    return Problem(file=where.file, line=where.line, text=text)
