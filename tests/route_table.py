"""docs/ruta.md: what the bot answers about the route, played by the engine, each line with its sources and their date.

``make route`` writes it anew; ``tests/territory/test_route_table.py`` holds it against the content.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

from bot.dialogue.effects import Say
from bot.dialogue.engine import advance
from bot.dialogue.facts import OUTSIDE, UNSAID, place_name
from bot.dialogue.fill import doors, holes
from bot.dialogue.flow import FlowBook
from bot.dialogue.load import load_book
from bot.dialogue.state import Event, Phone, State

PAGE = Path(__file__).parent.parent / "docs" / "ruta.md"
#: A Monday morning; what is said of the route does not depend on it.
_NOW = datetime(2026, 11, 23, 15, tzinfo=UTC)
#: Large and small, each subregion, the two with a Consultorio Rosa that is known, and a neighbour outside.
PLACES = ("76001", "76892", "76109", "76520", "76111", "76834", "76147", "76736", "76845", OUTSIDE)
SITUATIONS = {
    "physical_violence": "Golpes en la familia o la pareja",
    "sexual_violence": "Violencia sexual, persona adulta",
    "child_sexual": "Violencia sexual, menor de edad",
    "psychological_violence": "Insultos, control",
    "economic_violence": "La plata",
    "digital_violence": "Fotos, celular",
    "death_threat": "Amenaza de muerte",
    "strangulation": "Le apretaron el cuello",
    "workplace": "Acoso en el trabajo",
    "missing": "Alguien no aparece",
}
OTHERS = {
    "ask_route": "Pregunta por la ruta, sin contar qué pasa",
    "child_at_risk": "Un niño o una niña en peligro",
    "third_party": "Sabe de otra persona",
    "ive": "Interrupción del embarazo",
    "trafficking": "Trata de personas",
    "acid": "Ácido u otro químico",
    "armed_groups": "Grupos armados",
    "feminicide": "Mataron a una familiar",
    "institution": "La maltrató una entidad",
    "turned_away": "Una entidad la devolvió",
    "uniformed": "Él es policía, militar o anda armado por su trabajo",
    "lgbtiq": "Población LGBTIQ+",
    "indigenous": "De un pueblo indígena",
    "migrant": "Migrante",
    "street": "La calle o el bus",
    "ablation": "Corte genital a una niña",
}
_NEIGHBOUR = "Puerto Tejada (Cauca)"
_HEAD = """# Lo que el bot responde sobre la ruta

Diez situaciones en diez municipios, y las demás situaciones en cualquiera: lo que ella lee, las fuentes (por número, al
final) y el día en que se leyeron. Ningún dato lo ha confirmado todavía la Secretaría. Esta página la escribe
`make route` desde `bot/territory/services.yml`, `bot/territory/lines.yml` y `bot/flows/route.yml`, con el mismo motor
que conversa; una prueba no deja que se aparte de ellos.

Por municipio cambia solo lo que se conoce de un municipio: hoy, los Consultorios Rosa de Cali y de Yumbo, y la línea
106, que es del Valle. No hay ninguna dirección confirmada: se dice por cuál línea se averigua. «Ruta» y «reglas de
seguridad» son las notas de dominio del proyecto.
"""

#: What the answer stands on: the source, and the day on which it was read.
Source = tuple[str, str]


def write_table(book: FlowBook) -> str:
    """The whole page as Markdown."""
    numbers: dict[Source, int] = {}
    parts = [_HEAD]
    for situation, title in SITUATIONS.items():
        parts += [f"## {title}", "", *_heading("Municipio")]
        parts += [
            _row(book, numbers, place_name(book.facts, place) or _NEIGHBOUR, situation, place) for place in PLACES
        ]
        parts.append("")
    parts += ["## Las demás situaciones, en cualquier municipio", "", *_heading("Situación")]
    parts += [_row(book, numbers, title, situation, UNSAID) for situation, title in OTHERS.items()]
    parts += ["", "## Fuentes", "", "| N.º | Fuente | Leída |", "|---|---|---|"]
    parts += [f"| {number} | {source} | {day} |" for (source, day), number in numbers.items()]
    return "\n".join(parts) + "\n"


def answer(book: FlowBook, situation: str, place: str) -> str:
    """What she reads once her situation and her place are known."""
    slots = {"situation": situation, "municipality": place}
    state = State(phone=Phone.SAFE, slots=slots, heard_at=_NOW)
    turn = advance(book, state, Event(now=_NOW, payload="/ask_route"))
    said = [e for e in turn.effects if isinstance(e, Say) and e.response in ("utter_doors", "utter_find_address")]
    return " ".join(re.sub(r"\s+", " ", say.reply.text) for say in said)


def sources(book: FlowBook, situation: str, place: str) -> Iterator[Source]:
    """Every source of an answer: of the order of the doors, of each door, of each line that is said."""
    facts = book.facts
    route = facts.directory.routes[situation]
    yield route.source, route.verified_on.isoformat()
    said = [variant.text for variant in book.responses["utter_find_address"].variants[-1:]]
    for door in doors(facts, {"situation": situation, "municipality": place}):
        yield f"{door.source}{f' (de {door.as_of})' if door.as_of else ''}", door.verified_on.isoformat()
        said.append(door.tells)
    for hole in dict.fromkeys(holes(" ".join(said))):
        line = facts.lines[hole.removeprefix("lines.")]
        yield f"Línea {line.number}: {line.source}", line.verified_on.isoformat()


def _heading(first: str) -> list[str]:
    return [f"| {first} | Lo que lee | Fuentes | Leídas |", "|---|---|---|---|"]


def _row(book: FlowBook, numbers: dict[Source, int], title: str, situation: str, place: str) -> str:
    found = list(dict.fromkeys(sources(book, situation, place)))
    cited = ", ".join(str(numbers.setdefault(source, len(numbers) + 1)) for source in found)
    days = ", ".join(sorted({day for _, day in found}))
    return f"| {title} | {answer(book, situation, place)} | {cited} | {days} |"


if __name__ == "__main__":
    PAGE.write_text(write_table(load_book()), encoding="utf-8")
