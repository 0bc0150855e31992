"""The way into the drawings: how they are read and signed, which text has which hash, and where each fact is from."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from html import escape

from bot.dialogue.drawing.cards import Subject
from bot.dialogue.drawing.sheets import Sheet, draw_sheets
from bot.dialogue.drawing.speech import Speech
from bot.dialogue.fill import holes
from bot.dialogue.flow import FlowBook, Response
from bot.dialogue.review import Review, Signed, hash_of, signatures_of, unsigned

_HOW = """\
# Los flujos, para revisar y firmar

<!-- Lo escribe `make flows` a partir de bot/flows: no se edita a mano. -->

Aquí está todo lo que el programa dice, con cada texto completo. Para leerlo en papel abra
[`imprimir.html`](imprimir.html) e imprima en tamaño carta: cada hoja es un dibujo.

## Cómo se lee

- **De arriba abajo.** Cada paso tiene un número. Borde morado: pregunta. Borde azul: dice. Borde punteado: lo que
  hace el programa sin decir nada; en rojo, si avisa a una persona o cierra el teléfono.
- **En amarillo**, lo que tiene que pasar para seguir por ahí: «Sí» es el botón que ella toca o lo que escribe.
- **Varios textos en un paso:** se dice uno solo, el primero que se cumpla en el orden en que están; el de arriba
  sin título, si no se cumple ninguno. Los de «Por SMS» son para mensajes de texto.
- **En negrilla**, lo que sale de los datos (líneas, horas, cifras). Abajo del texto, de dónde sale.
- **Huella:** ocho letras y números que cambian si cambia el texto, sus botones o su condición.

## Cómo se firma

1. Lea la hoja. Si algo no va, táchelo y escriba al lado cómo debe ser; esa hoja no se firma.
2. Si todo va, escriba al pie su nombre, la fecha y la firma. Firman dos: una psicóloga y jurídica.
3. Quien mantiene el programa anota cada firma en `bot/flows/review.yml`, con el nombre del texto y su huella.

Si después alguien cambia una palabra, la huella cambia y `valle-sano check` dice qué firma dejó de valer.
"""
_PRINT = """\
<!doctype html>
<!-- Lo escribe `make flows`: no se edita a mano. -->
<html lang="es">
<meta charset="utf-8">
<title>Valle Sano: los flujos, para imprimir y firmar</title>
<style>
@page {{ size: letter; margin: 0 }}
body {{ margin: 0; background: #fff }}
img {{ display: block; width: 8.5in; height: 11in; break-after: page }}
img:last-child {{ break-after: auto }}
</style>
{images}
</html>
"""


def draw(book: FlowBook, review: Review) -> Mapping[str, str]:
    """Every file of ``docs/flows`` by its name: the sheets, ``index.md`` and ``imprimir.html``; the same every time."""
    subject = Subject(book=book, review=review, speech=Speech(book))
    topics = draw_sheets(subject)
    sheets = [sheet for found in topics.values() for sheet in found]
    images = "\n".join(f'<img src="{sheet.file}" alt="{escape(_alt(sheet))}">' for sheet in sheets)
    return {
        **{sheet.file: sheet.svg for sheet in sheets},
        "index.md": "\n".join((_HOW, *_state(subject), *_topics(subject, topics), *_facts(book))) + "\n",
        "imprimir.html": _PRINT.format(images=images),
    }


def _state(subject: Subject) -> Iterator[str]:
    waiting, among = len(unsigned(subject.book, subject.review)), len(subject.book.responses)
    yield f"**Textos sin firmar: {waiting} de {among}.**\n"


def _topics(subject: Subject, topics: Mapping[str, tuple[Sheet, ...]]) -> Iterator[str]:
    for file, sheets in topics.items():
        yield f"## {subject.speech.topic(file)}\n"
        for sheet in sheets:
            yield f"![{_alt(sheet)}]({sheet.file})\n"
        texts = [response for response in subject.book.responses.values() if response.where.file == file]
        if texts:
            yield "| Texto | Huella | Psicóloga | Jurídica |\n|---|---|---|---|"
            yield from (_row(subject, response) for response in texts)
            yield ""


def _row(subject: Subject, response: Response) -> str:
    signed = signatures_of(response, subject.book, subject.review)
    hands = ([one.psychologist for one in signed], [one.legal for one in signed])
    cells = (", ".join(_hand(hand) for hand in found if hand) or "sin firmar" for found in hands)
    return f"| `{response.name}` | `{hash_of(response, subject.book.facts)}` | {' | '.join(cells)} |"


def _facts(book: FlowBook) -> Iterator[str]:
    """The facts that are said, each with its source; those that nobody says are left out."""
    said = {hole for one in book.responses.values() for variant in one.variants for hole in holes(variant.text)}
    yield "## De dónde salen los datos\n\n| Dato | Valor | Qué es | Fuente | Verificado |\n|---|---|---|---|---|"
    for key, line in book.facts.lines.items():
        if f"lines.{key}" in said:
            yield f"| `lines.{key}` | {line.number} | {line.who}: {line.purpose} | {line.source} | {line.verified_on} |"
    for key, figure in book.facts.figures.items():
        if f"figures.{key}" in said:
            yield f"| `figures.{key}` | {figure.value} | cifra | {figure.source} | |"
    hours = book.facts.hours
    spans = "; ".join(f"{span.opens:%H:%M} a {span.closes:%H:%M}" for span in hours.open)
    sure = "confirmado" if hours.confirmed else "**por confirmar**"
    yield f"| `hours` | {spans} | horario de las psicólogas, {sure} | {hours.source} | {hours.verified_on} |"


def _hand(hand: Signed) -> str:
    return f"{hand.name}, {hand.on}"


def _alt(sheet: Sheet) -> str:
    return f"{sheet.topic}, {sheet.file.removesuffix('.svg').rpartition('-')[2]}"
