"""Sheets of letter paper, a few a topic: flows one under the other, and at the foot the place for two signatures."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from html import escape

from bot.dialogue.drawing import shapes
from bot.dialogue.drawing.cards import Subject, said
from bot.dialogue.drawing.doors import FILE, SIGNED_WITH, door_cards, route_cards
from bot.dialogue.drawing.layout import bricks
from bot.dialogue.drawing.shapes import SMALL, SOFT, Piece, bold, framed, number, paragraph, plain, put, stack
from bot.dialogue.fill import holes
from bot.dialogue.flow import Act, Call, Collect, Flow, FlowBook, Link, Response
from bot.dialogue.review import UNREVIEWED, unsigned

#: Letter paper at 96 pixels an inch, and its margins.
WIDTH, HEIGHT, _SIDE, _TOP, _FOOT = 816, 1056, 46, 62, 50
_ROOM = WIDTH - 2 * _SIDE
#: What a sheet holds, from under its heading to above the signatures.
TALL = HEIGHT - _TOP - _FOOT - 22
_BETWEEN = 26.0
#: How wide a text stands by itself.
_CARD = 520.0
#: What is no taller than this is not left alone at the foot of a sheet.
_SMALL = 90.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Sheet:
    """One sheet: ``Sheet(file="danger-1.svg", topic="Peligro ahora", flows=("pattern_danger",), svg="<svg …")``."""

    file: str
    topic: str
    flows: tuple[str, ...]
    svg: str


@dataclass(frozen=True, slots=True, kw_only=True)
class _Part:
    """A flow as bricks under its heading."""

    name: str
    title: str
    bricks: tuple[Piece, ...]


def draw_sheets(subject: Subject) -> Mapping[str, tuple[Sheet, ...]]:
    """The sheets of each content file, in the order of the files."""
    files = {flow.where.file for flow in subject.book.flows.values()} | {f for f, _ in _loose(subject.book)} | {FILE}
    return {
        file: tuple(_sheets(subject, file, _doors(subject) if file == FILE else _parts(subject, file)))
        for file in sorted(files, key=subject.speech.order)
    }


def _parts(subject: Subject, file: str) -> list[_Part]:
    parts = [_part(subject, flow) for flow in subject.book.flows.values() if flow.where.file == file]
    loose = [said(subject, subject.book.responses[name], _CARD) for at, name in _loose(subject.book) if at == file]
    if loose:
        parts.append(_loose_part("Textos que el programa dice por su cuenta", loose))
    return parts


def _doors(subject: Subject) -> list[_Part]:
    half = (_ROOM - 12) / 2
    note = SIGNED_WITH.format(topic=subject.speech.topic("route.yml"))
    return [
        _loose_part("Qué se dice de cada entidad", _in_pairs(door_cards(subject, half)), note),
        _loose_part("Cuáles van primero", _in_pairs(route_cards(subject, half)), note),
    ]


def _in_pairs(cards: Sequence[Piece]) -> list[Piece]:
    """Two cards side by side, and so on."""
    pairs: list[Piece] = []
    for place in range(0, len(cards), 2):
        two = cards[place : place + 2]
        body = "".join(put(card, at * (_ROOM - card.width), 0) for at, card in enumerate(two))
        pairs.append(Piece(width=_ROOM, height=max(card.height for card in two), body=body))
    return pairs


def _loose_part(title: str, cards: Sequence[Piece], *lines: str) -> _Part:
    return _Part(name="", title=title, bricks=(_headed(title, "", cards[0], *lines), *cards[1:]))


def _sheets(subject: Subject, file: str, parts: Sequence[_Part]) -> Iterator[Sheet]:
    topic, stem = subject.speech.topic(file), file.removesuffix(".yml")
    pages = _pages(parts)
    waiting = sum(_is_of(response, file) for response in unsigned(subject.book, subject.review))
    state = f"{UNREVIEWED}: {waiting} sin firmar" if waiting else "todo firmado"
    for place, (body, shown) in enumerate(pages, start=1):
        yield Sheet(
            file=f"{stem}-{place}.svg",
            topic=topic,
            flows=tuple(part.name for part in shown if part.name),
            svg=_svg(topic, f"hoja {place} de {len(pages)}", f"{file} · {state}", body, [part.title for part in shown]),
        )


def _is_of(response: Response, file: str) -> bool:
    """Whether a text is signed on the sheets of a file; the doors are signed with the texts that say one."""
    says_door = any(hole.startswith("door.") for variant in response.variants for hole in holes(variant.text))
    return response.where.file == file or (file == FILE and says_door)


def _part(subject: Subject, flow: Flow) -> _Part:
    speech, width = subject.speech, _ROOM
    lines: list[str] = []
    if begins := speech.begins(flow):
        lines.append(f"Empieza cuando {begins}.")
    if flow.returns:
        lines.append("Al terminar, vuelve a la pregunta que interrumpió.")
    if before := [f"«{speech.flow(name)}»" for name in _leading_to(subject.book, flow.name)]:
        lines.append(f"Se llega desde: {', '.join(before)}.")
    first, *rest = bricks(subject, flow, width)
    if rest and first.height < _SMALL and first.goes_on:
        first = stack((first, rest.pop(0)), width=width, middle=True)
    return _Part(
        name=flow.name,
        title=flow.description,
        bricks=(_headed(flow.description, flow.name, first, *lines), *rest),
    )


def _headed(title: str, name: str, first: Piece, *lines: str) -> Piece:
    """A flow's heading together with its first brick, so that no sheet parts them."""
    inside = _ROOM - 20
    head = [paragraph(bold(title), width=inside, size=15)]
    if name:
        head.append(paragraph(plain(name), width=inside, size=SMALL, ink=SOFT))
    head += [paragraph(plain(line), width=inside, size=11.5) for line in lines]
    box = framed(stack(head, width=inside, gap=1), fill=shapes.DONE, edge=shapes.DONE, pad=10)
    return stack((box, first), width=_ROOM, gap=12, middle=True)


def _leading_to(book: FlowBook, name: str) -> list[str]:
    return [
        flow.name
        for flow in book.flows.values()
        if any(isinstance(step, Link | Call) and step.flow == name for step in flow.steps.values())
    ]


def _loose(book: FlowBook) -> Iterator[tuple[str, str]]:
    """The responses that no step says, but the engine: file and name."""
    steps = [step for flow in book.flows.values() for step in flow.steps.values()]
    spoken = {step.utter for step in steps if isinstance(step, Collect)}
    spoken |= {step.action for step in steps if isinstance(step, Act)}
    for response in book.responses.values():
        if response.name not in spoken:
            yield response.where.file, response.name


def _pages(parts: Sequence[_Part]) -> list[tuple[str, list[_Part]]]:
    """Bricks onto sheets, each with the parts that stand on it; one that does not end there says so on both."""
    pages: list[tuple[str, list[_Part]]] = [("", [])]
    y = 0.0
    for part in parts:
        whole = sum(brick.height for brick in part.bricks)
        is_better_apart = y + _BETWEEN + whole > TALL and (whole <= TALL or y > TALL / 2)
        for place, brick in enumerate(part.bricks):
            gap = (_BETWEEN if y else 0) if not place else (0 if part.name else 10)
            if y and (y + gap + brick.height > TALL or (is_better_apart and not place)):
                body, shown = pages[-1]
                if place:
                    pages[-1] = (body + _aside(f"Sigue en la hoja {len(pages) + 1}", y + 4), shown)
                pages.append((_aside(f"Continúa: {part.title}", -16) if place else "", []))
                y, gap = 0.0, 0.0
            body, shown = pages[-1]
            body += put(brick, _SIDE + (_ROOM - brick.width) / 2, _TOP + y + gap)
            pages[-1] = (body, shown if part in shown else [*shown, part])
            y += gap + brick.height
    return pages


def _aside(text: str, y: float) -> str:
    words = paragraph(plain(text), width=_ROOM, size=SMALL, ink=SOFT, middle=True)
    return put(words, _SIDE, _TOP + y)


def _svg(topic: str, place: str, state: str, body: str, titles: Sequence[str]) -> str:
    left = f'<text x="{_SIDE}" y="36" font-size="16" font-weight="bold">{escape(topic)}</text>'
    right = "".join(
        f'<text x="{WIDTH - _SIDE}" y="{y}" font-size="{SMALL}" text-anchor="end" fill="{SOFT}">{escape(words)}</text>'
        for y, words in ((24, f"Valle Sano · {place}"), (38, state))
    )
    rule = f'<path d="M{_SIDE} 44H{WIDTH - _SIDE}" stroke="{shapes.LINE}"/>'
    foot = "".join(
        f'<text x="{number(x)}" y="{HEIGHT - 34}" font-size="11">{who}, fecha y firma:</text>'
        f'<path d="M{number(x + 168)} {HEIGHT - 32}H{number(x + 350)}" stroke="{shapes.INK}"/>'
        for x, who in ((_SIDE, "Psicóloga: nombre"), (_SIDE + _ROOM / 2 + 8, "Jurídica: nombre"))
    )
    told = f"Hoja para revisar y firmar. Contiene: {' '.join(titles)}"
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" lang="es" width="8.5in" height="11in" viewBox="0 0 {WIDTH} {HEIGHT}" '
        f'font-family="{shapes.FONT}" fill="{shapes.INK}" aria-labelledby="titulo" aria-describedby="contenido">\n'
        f'<title id="titulo">{escape(topic)}, {place}</title>\n<desc id="contenido">{escape(told)}</desc>\n'
        f'<rect width="{WIDTH}" height="{HEIGHT}" fill="{shapes.PAPER}"/>\n'
        f"{left}{right}{rule}\n{_lined(body)}\n{foot}\n</svg>\n"
    )


def _lined(body: str) -> str:
    """A line a text, so that a change of wording is a change of few lines."""
    return body.replace("<text", "\n<text").replace("<rect", "\n<rect")
