"""The doors of the route on paper: what is said of each entity, and which come first in which situation."""

from __future__ import annotations

from bot.dialogue.drawing import shapes
from bot.dialogue.drawing.cards import Subject, filled
from bot.dialogue.drawing.measure import Run
from bot.dialogue.drawing.shapes import SMALL, SOFT, Piece, bold, framed, paragraph, plain, stack
from bot.dialogue.facts import OUTSIDE, place_name
from bot.dialogue.fill import holes
from bot.territory.services import Route, Service

#: Where the doors stand.
FILE = "services.yml"
#: The texts that say a door are signed with the words of all doors.
SIGNED_WITH = (
    "Se firma con los textos que dicen una puerta (en «{topic}»): si algo de aquí cambia, cambia la huella de ellos."
)
_OUTSIDE = "fuera del Valle"
_PAD = 9


def door_cards(subject: Subject, width: float) -> list[Piece]:
    """A card for each entity: its name, what it does and does not, whose place it takes, and its source."""
    return [_service(subject, service, width) for service in subject.book.facts.directory.services.values()]


def route_cards(subject: Subject, width: float) -> list[Piece]:
    """A card for each situation, with its three doors in order."""
    return [_route(subject, route, width) for route in subject.book.facts.directory.routes.values()]


def _service(subject: Subject, service: Service, width: float) -> Piece:
    inside = width - 2 * _PAD - 4
    said = (("Primero, después o también", service.tells), ("Si pregunta qué hace", service.explains))
    parts = [paragraph(filled(subject, service.name, bold=True), width=inside, size=12, ink=shapes.SPOKEN_EDGE)]
    for label, text in said:
        parts.append(paragraph(bold(f"{label}:"), width=inside, size=SMALL, ink=SOFT))
        words = paragraph(filled(subject, text), width=inside - 14)
        parts.append(framed(words, fill=shapes.SPOKEN, edge=shapes.SPOKEN, pad=6, radius=8))
    notes = [_stands_for(subject, service), f"Fuente: {service.source}.", f"Verificado: {service.verified_on}."]
    if not service.is_door:
        notes.insert(0, "No es puerta: solo se nombra.")
    texts = (service.name, service.tells, service.explains)
    notes.append(subject.speech.sources(hole for text in texts for hole in holes(text)))
    note = " ".join(part for part in notes if part)
    parts.append(paragraph(plain(note), width=inside, size=SMALL, ink=SOFT))
    return framed(stack(parts, width=inside, gap=4), fill=shapes.PAPER, edge=shapes.SPOKEN_EDGE, pad=_PAD, stripe=True)


def _stands_for(subject: Subject, service: Service) -> str:
    """In whose place it is said, and where or for whom."""
    if service.instead_of is None:
        return ""
    facts = subject.book.facts
    other = "".join(run.text for run in filled(subject, facts.directory.services[service.instead_of].name))
    notes = [f"En lugar de «{other}»"]
    if service.suits is not None:
        notes.append(f"si ella contó que {subject.speech.answer(service.suits, 'yes')}")
    if service.municipalities is not None:
        names = sorted(
            _OUTSIDE if code == OUTSIDE else place_name(facts, code) or code for code in service.municipalities
        )
        notes.append(f"si está en: {', '.join(names)}")
    return " ".join(notes) + "."


def _route(subject: Subject, route: Route, width: float) -> Piece:
    inside = width - 2 * _PAD
    services = subject.book.facts.directory.services
    runs: list[Run] = []
    for word, door in zip(("1. ", " · 2. ", " · 3. "), route.doors, strict=True):
        runs += [Run(text=word, bold=True), *filled(subject, services[door].name)]
    title = f"Si {subject.speech.answer('situation', route.situation)}"
    parts = (
        paragraph(bold(title), width=inside, size=12),
        paragraph(runs, width=inside),
        paragraph(
            plain(f"Fuente: {route.source}. Verificado: {route.verified_on}."), width=inside, size=SMALL, ink=SOFT
        ),
    )
    return framed(stack(parts, width=inside, gap=2), fill=shapes.PAPER, edge=shapes.LINE, pad=_PAD)
