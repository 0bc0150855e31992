"""Sheets of letter paper, a few a topic: flows one under the other, and at the foot the place for two signatures."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from html import escape

from bot.dialogue.drawing import shapes
from bot.dialogue.drawing.cards import Subject, said
from bot.dialogue.drawing.layout import bricks
from bot.dialogue.drawing.shapes import SMALL, SOFT, Piece, bold, framed, number, paragraph, plain, put, stack
from bot.dialogue.flow import Act, Call, Collect, Flow, FlowBook, Link
from bot.dialogue.review import UNREVIEWED, unsigned

#: Letter paper at 96 pixels an inch, and its margins.
WIDTH, HEIGHT, _SIDE, _TOP, _FOOT = 816, 1056, 46, 62, 50
_ROOM = WIDTH - 2 * _SIDE
#: What a sheet holds, from under its heading to above the signatures.
TALL = HEIGHT - _TOP - _FOOT - 22
_BETWEEN = 26.0
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
    files = sorted({flow.where.file for flow in subject.book.flows.values()} | {f for f, _ in _loose(subject.book)})
    return {file: tuple(_sheets(subject, file)) for file in files}


def _sheets(subject: Subject, file: str) -> Iterator[Sheet]:
    topic, stem = subject.speech.topic(file), file.removesuffix(".yml")
    parts = [_part(subject, flow) for flow in subject.book.flows.values() if flow.where.file == file]
    loose = [said(subject, subject.book.responses[name], 520) for at, name in _loose(subject.book) if at == file]
    if loose:
        title = "Textos que el programa dice por su cuenta"
        parts.append(_Part(name="", title=title, bricks=(_headed(title, "", loose[0]), *loose[1:])))
    pages = _pages(parts)
    waiting = sum(response.where.file == file for response in unsigned(subject.book, subject.review))
    for place, (body, flows) in enumerate(pages, start=1):
        names = tuple(dict.fromkeys(name for name in flows if name))
        yield Sheet(
            file=f"{stem}-{place}.svg",
            topic=topic,
            flows=names,
            svg=_svg(
                topic, file, f"hoja {place} de {len(pages)}", waiting, body, [p.title for p in parts if p.name in names]
            ),
        )


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


def _pages(parts: Sequence[_Part]) -> list[tuple[str, list[str]]]:
    """Bricks onto sheets; a flow that does not end on one says so on both."""
    pages: list[tuple[str, list[str]]] = [("", [])]
    y = 0.0
    for part in parts:
        whole = sum(brick.height for brick in part.bricks)
        is_better_apart = y + _BETWEEN + whole > TALL and (whole <= TALL or y > TALL / 2)
        for place, brick in enumerate(part.bricks):
            gap = (_BETWEEN if y else 0) if not place else (0 if part.name else 12)
            if y and (y + gap + brick.height > TALL or (is_better_apart and not place)):
                body, names = pages[-1]
                if place:
                    body += _aside(f"Sigue en la hoja {len(pages) + 1}", y + 4)
                pages[-1] = (body, names)
                pages.append(("", []))
                y, gap = 0.0, 0.0
                if place:
                    pages[-1] = (_aside(f"Continúa: {part.title}", -16), [])
            body, names = pages[-1]
            pages[-1] = (body + put(brick, _SIDE + (_ROOM - brick.width) / 2, _TOP + y + gap), [*names, part.name])
            y += gap + brick.height
    return pages


def _aside(text: str, y: float) -> str:
    words = paragraph(plain(text), width=_ROOM, size=SMALL, ink=SOFT, middle=True)
    return put(words, _SIDE, _TOP + y)


def _svg(topic: str, file: str, place: str, waiting: int, body: str, titles: Sequence[str]) -> str:
    state = f"{UNREVIEWED}: faltan {waiting} firmas de textos" if waiting else "todos los textos firmados"
    left = f'<text x="{_SIDE}" y="36" font-size="16" font-weight="bold">{escape(topic)}</text>'
    right = (
        f'<text x="{WIDTH - _SIDE}" y="36" font-size="11" text-anchor="end" fill="{SOFT}">'
        f"Valle Sano · {escape(file)} · {place} · {state}</text>"
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
