"""What stands on the way: a text with all its wordings and choices, or what the program does in silence."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from html import escape

from bot.dialogue.condition import Name, Not
from bot.dialogue.drawing import shapes
from bot.dialogue.drawing.measure import Run, width_of
from bot.dialogue.drawing.shapes import SMALL, SOFT, Piece, bold, framed, paragraph, plain, stack
from bot.dialogue.drawing.speech import Speech
from bot.dialogue.fill import holes
from bot.dialogue.flow import Act, Call, Collect, FlowBook, Follow, Response, SetSlots, SlotKind, Step, Variant
from bot.dialogue.patterns import PARTING, SAYABLE_UNKNOWN
from bot.dialogue.payload import Start, read_payload
from bot.dialogue.review import Review, hash_of, signatures_of
from bot.messages import Button

_HOLE = re.compile(r"(\{[^{}]*\})")
_PAD, _GAP = 9, 5
#: What asks for a person or closes the phone stands out.
_GRAVE = ("action_request_human", "action_lock_phone", "action_stop", "action_forget")


@dataclass(frozen=True, slots=True, kw_only=True)
class Subject:
    """What is drawn: the book, its signatures, and the words for it."""

    book: FlowBook
    review: Review
    speech: Speech


def card(subject: Subject, step: Step, number: int, width: float) -> Piece:
    """One step, with its number in the flow."""
    speech = subject.speech
    match step:
        case Collect():
            return said(subject, subject.book.responses[step.utter], width, title=f"{number} · Pregunta", step=step)
        case Act(action=action) if action in subject.book.responses:
            return said(subject, subject.book.responses[action], width, title=f"{number} · Dice")
        case Call(flow=flow):
            words = _numbered(number, f"Pasa por «{speech.flow(flow)}» y vuelve", width)
            name = _note(flow, words.width)
            both = stack((words, name), width=words.width)
            return framed(both, fill=shapes.LEADS, edge=shapes.LEADS_EDGE, pad=_PAD - 2, dashed=True)
        case _:
            return done(subject, ((step, number),), width)


def is_silent(subject: Subject, step: Step) -> bool:
    """Whether she sees nothing of the step."""
    return isinstance(step, SetSlots | Follow) or (isinstance(step, Act) and step.action not in subject.book.responses)


def done(subject: Subject, steps: Sequence[tuple[Step, int]], width: float) -> Piece:
    """What the program does without a word: steps and their numbers, in one box."""
    lines = [_numbered(number, _deed(subject.speech, step), width) for step, number in steps]
    is_grave = any(isinstance(step, Act) and step.action in _GRAVE for step, _ in steps)
    fill_, edge = (shapes.HELP, shapes.HELP_EDGE) if is_grave else (shapes.DONE, shapes.DONE_EDGE)
    return framed(stack(lines, width=lines[0].width, gap=3), fill=fill_, edge=edge, pad=_PAD - 2, dashed=True)


def said(
    subject: Subject, response: Response, width: float, *, title: str = "Dice", step: Collect | None = None
) -> Piece:
    """A text in full: each wording with when it is said, its choices, its facts, and the hash to sign."""
    edge, ground = (shapes.ASKED_EDGE, shapes.ASKED) if step else (shapes.SPOKEN_EDGE, shapes.SPOKEN)
    inside = width - 2 * _PAD - 4
    parts = [_heading(subject, response, title, inside, edge)]
    are_alike = len({(v.buttons, v.typed, v.candidates) for v in response.variants}) == 1
    for label, variant in _ordered(subject.speech, response):
        if label:
            parts.append(paragraph(bold(label), width=inside, size=SMALL, ink=SOFT))
        words = paragraph(filled(subject, variant.text), width=inside - 14)
        parts.append(framed(words, fill=ground, edge=ground, pad=7, radius=8))
        if not are_alike:
            parts += _choices(subject, variant, inside)
    if are_alike:
        parts += _choices(subject, response.variants[-1], inside)
    if rules := " ".join(_rules(subject, response, step)):
        parts.append(_note(rules, inside))
    if sources := subject.speech.sources(hole for variant in response.variants for hole in holes(variant.text)):
        parts.append(_note(sources, inside))
    return framed(stack(parts, width=inside, gap=_GAP), fill=shapes.PAPER, edge=edge, pad=_PAD, stripe=True)


def filled(subject: Subject, text: str, *, bold: bool = False) -> tuple[Run, ...]:
    """A text with its facts in bold; one that depends on her, as its municipality, as a name in brackets."""
    return tuple(
        Run(text=subject.speech.fact(part[1:-1]) if part.startswith("{") else part, bold=bold or part.startswith("{"))
        for part in _HOLE.split(text)
        if part
    )


def pill(text: str, width: float, *, small: str = "") -> Piece:
    """Where a way leads, no wider than its words need."""
    return _snug(text, width, small=small, fill=shapes.LEADS, edge=shapes.LEADS_EDGE)


def mark(text: str, width: float) -> Piece:
    """Where a way ends, or only goes on."""
    return _snug(text, width, fill=shapes.DONE, edge=shapes.DONE_EDGE)


def chip(text: str, width: float) -> Piece:
    """What has to hold for a way to be taken."""
    return _snug(text, width, fill=shapes.ANSWER, edge=shapes.ANSWER_EDGE, size=12)


def _heading(subject: Subject, response: Response, title: str, width: float, ink: str) -> Piece:
    mark = f"{response.name} · huella {hash_of(response, subject.book.facts)}"
    hands = [
        f"{hand.name} ({what}, {hand.on})"
        for one in signatures_of(response, subject.book, subject.review)
        for what, hand in (("psicóloga", one.psychologist), ("jurídica", one.legal))
        if hand
    ]
    if hands:
        mark += f" · firmado: {', '.join(hands)}"
    first = paragraph(bold(title), width=width, size=12, ink=ink)
    second = paragraph(plain(mark), width=width, size=SMALL, ink=SOFT)
    if width_of(bold(title), 12) + width_of(plain(mark), SMALL) + 14 < width:
        body = first.body + (
            f'<text x="{shapes.number(width)}" y="12" font-size="{SMALL}" fill="{SOFT}" text-anchor="end">'
            f"{escape(mark)}</text>"
        )
        return Piece(width=width, height=first.height, body=body)
    return stack((first, second), width=width)


def _ordered(speech: Speech, response: Response) -> list[tuple[str, Variant]]:
    """The wording that fits always first, then the others as they are tried; or a yes and its no as they stand."""
    *others, last = response.variants
    if len(others) == 1 and others[0].channel is None and isinstance(condition := others[0].condition, Name | Not):
        contrary = condition.part if isinstance(condition, Not) else Not(part=condition)
        return [
            (f"Si {speech.condition(condition)}:", others[0]),
            (f"Si {speech.condition(contrary)}:", last),
        ]
    labelled = [("", last)]
    for variant in others:
        channel = {"sms": "Por SMS", "whatsapp": "Por WhatsApp", None: ""}[variant.channel]
        words = f"si {speech.condition(variant.condition)}" if variant.condition else ""
        label = ", ".join(part for part in (channel, words) if part)
        labelled.append((label[:1].upper() + label[1:] + ":", variant))
    return labelled


def _choices(subject: Subject, variant: Variant, width: float) -> list[Piece]:
    found: list[Piece] = []
    if variant.candidates:
        found.append(_note("Botones: los municipios que se parecen a lo que escribió.", width))
    if variant.buttons:
        found.append(_buttons(variant.buttons, width))
    if variant.typed:
        titles = ", ".join(f"«{button.title}»" for button in variant.typed)
        found.append(_note(f"{'' if variant.buttons else 'Sin botones. '}Se entiende si escribe {titles}.", width))
    for button in (*variant.buttons, *variant.typed):
        meaning = read_payload(button.payload)
        if isinstance(meaning, Start):
            flows = [
                flow for flow in subject.book.flows.values() if any(t.intent == meaning.intent for t in flow.triggers)
            ]
            led = " o ".join(f"«{subject.speech.flow(flow.name)}»" for flow in flows)
            found.append(_note(f"El botón «{button.title}» lleva a {led}.", width))
    return found


def _buttons(buttons: tuple[Button, ...], width: float) -> Piece:
    """Buttons as the phone shows them, in as many rows as they need."""
    body, x, y, tall = "", 0.0, 0.0, 0.0
    for button in buttons:
        one = framed(
            paragraph(plain(button.title), width=width_of(plain(button.title), 12), size=12, middle=True),
            fill=shapes.PAPER,
            edge=shapes.LINE,
            pad=5,
            radius=12,
        )
        if x and x + one.width > width:
            x, y = 0.0, y + one.height + 4
        body += shapes.put(one, x, y)
        x, tall = x + one.width + 6, y + one.height
    return Piece(width=width, height=tall, body=body)


def _rules(subject: Subject, response: Response, step: Collect | None) -> Iterator[str]:
    """When a text may be said at all, and how a question takes its answer."""
    if response.name in PARTING:
        yield "Última línea: después, nada sale hasta que ella escriba."
    elif response.name in SAYABLE_UNKNOWN:
        yield "Puede decirse antes de saber si el teléfono es seguro."
    if step is None:
        return
    match subject.book.slots[step.slot].kind:
        case SlotKind.ANY:
            yield "Contesta con sus palabras, que no se anotan."
        case SlotKind.MUNICIPALITY:
            yield "Contesta con un municipio; si no se conoce, se le ofrecen los parecidos."
        case SlotKind.CATEGORICAL:
            pass
    if not step.always:
        yield "No se pregunta si ya se sabe."


def _note(text: str, width: float) -> Piece:
    return paragraph(plain(text), width=width, size=SMALL, ink=SOFT)


def _deed(speech: Speech, step: Step) -> str:
    match step:
        case Act():
            return speech.action(step)
        case SetSlots():
            return speech.remembers(step)
        case Follow():
            return "Si sus palabras ya pedían algo, va a eso; si no, sigue"
        case _:
            return "El programa escoge por dónde seguir"


def _numbered(number: int, words: str, width: float) -> Piece:
    inside = width - 2 * (_PAD - 2)
    return paragraph((Run(text=f"{number} · ", bold=True), Run(text=words)), width=inside, size=12)


def _snug(text: str, width: float, *, fill: str, edge: str, small: str = "", size: float = 12) -> Piece:
    most = width - 18
    parts = [(plain(text), size, shapes.INK)] + ([(plain(small), SMALL, SOFT)] if small else [])
    needed = max(shapes.widest(runs, width=most, size=scale) for runs, scale, _ in parts)
    lines = [paragraph(runs, width=needed, size=scale, ink=ink, middle=True) for runs, scale, ink in parts]
    return framed(stack(lines, width=needed), fill=fill, edge=edge, pad=5 if len(lines) == 1 else 6, radius=10)
