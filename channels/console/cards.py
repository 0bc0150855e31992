"""Route cards: what the directory says of her way, as short texts that a psychologist reads and edits before sending.

What an entity does, where it is asked for, and from which day the source is. Nothing of what she asked not to be
told is offered. Pure.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from functools import cache

from bot.dialogue.drawing.names import called
from bot.dialogue.facts import OUTSIDE, Facts, place_name
from bot.dialogue.fill import fill, holes
from bot.dialogue.flow import FlowBook
from bot.dialogue.memory import Memory
from bot.dialogue.patterns import MUNICIPALITY, MUNICIPALITY_KIND, SITUATION
from bot.dialogue.render import choose
from bot.dialogue.state import Event, State, Value
from bot.messages import Role
from bot.spelling import plain
from bot.territory.services import ANY_SITUATION, Service

#: Where she asks for an address, and 123 in danger: the bot's own words, as it would say them to her.
_WHERE = "utter_find_address"
_IN_VALLE = "valle"
#: She writes with her already.
_NO_CARD = frozenset({"psicologa"})
_SENTENCE = re.compile(r"(?<=[.?!])\s+")
#: The first word of a name that names nothing by itself ("línea 155").
_COMMON = frozenset({"linea", "la", "el", "de"})
#: To whoever is in danger 123 is said whatever she asked not to be told (seguridad §7, "salvo peligro ahora").
_DANGER = "123"

#: A source, and the day on which it was read.
Source = tuple[str, date]


@dataclass(frozen=True, slots=True, kw_only=True)
class RouteCard:
    """One text: ``RouteCard(name="Ruta en Palmira", words="En Palmira, primero …", source="Ley 294 art. 4", …)``.

    ``read_on`` is the oldest day on which one of its sources was read. ``is_hers``: of what is known of her; the
    others are found by their names alone.
    """

    name: str
    words: str
    source: str
    read_on: date
    is_hers: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Reader:
    """For whom the cards are: what the program noted (``slots``), by which channel, and whom she wants not told."""

    slots: Mapping[str, Value]
    channel: str
    role: Role
    untold: Collection[str] = ()


def route_cards(book: FlowBook, reader: Reader, now: datetime) -> tuple[RouteCard, ...]:
    """Her own route and its entities first; then other entities, other subjects, and her route elsewhere."""
    directory, facts = _Directory(book, reader, now), book.facts
    here, situation = reader.slots.get(MUNICIPALITY), reader.slots.get(SITUATION)
    town = here if isinstance(here, str) and (here == OUTSIDE or here in facts.territory.by_code) else None
    subject = situation if isinstance(situation, str) and situation in facts.directory.routes else ANY_SITUATION
    hers = {door.id for door in directory.doors(subject, town)}
    cards = [
        directory.route(subject, town, is_hers=True),
        *sorted(directory.services(town, hers), key=lambda card: not card.is_hers),
        *(directory.route(other, town) for other in facts.directory.routes if other != subject),
        *(directory.route(subject, one.code) for one in facts.territory.municipalities if one.code != town),
    ]
    return tuple(card for card in cards if card is not None)


class _Directory:
    """The directory as it is for one reader; ``untold`` are the entities that are not offered."""

    def __init__(self, book: FlowBook, reader: Reader, now: datetime) -> None:
        self.facts = book.facts
        # An entity's variant for a place or a person is that entity.
        services = book.facts.directory.services.items()
        self.untold = frozenset(id_ for id_, one in services if {id_, one.instead_of} & set(reader.untold))
        self._book, self._reader, self._now = book, reader, now
        self._traits = {trait for trait in self.facts.directory.traits if reader.slots.get(trait) is not None}
        self._marks, self._is_short = _marks(self.facts, self.untold), reader.channel.endswith("sms")
        self._where = cache(self._ask_where)

    def doors(self, subject: str, town: str | None) -> tuple[Service, ...]:
        return self.facts.directory.doors(subject, town, self._traits)

    def route(self, subject: str, town: str | None, *, is_hers: bool = False) -> RouteCard | None:
        """The doors that are left, in order; None if she wants none of them told."""
        found = [door for door in self.doors(subject, town) if door.id not in self.untold]
        if not found:
            return None
        name = place_name(self.facts, town)
        said = [fill(door.name if self._is_short else door.tells, self.facts, {}).rstrip(".") for door in found]
        start = f"En {name}, primero" if name and not self._is_short else "Primero,"
        clauses = [f"{word} {door}." for word, door in zip((start, "Después,", "También,"), said, strict=False)]
        route, title = self.facts.directory.routes[subject], f"Ruta en {name}" if name else "Ruta"
        topic = called()["slots"][SITUATION].get(subject) if subject != ANY_SITUATION else None
        sources = [(route.source, route.verified_on), *((door.source, door.verified_on) for door in found)]
        return self._card(f"{title}: {topic}" if topic else title, clauses, town, sources, is_hers=is_hers)

    def services(self, town: str | None, hers: Collection[str]) -> Iterator[RouteCard]:
        """What each entity does; ``hers`` are those of her own route."""
        for base in self.facts.directory.services.values():
            one = self.facts.directory.here(base.id, town, self._traits)
            is_offered = base.is_door and base.instead_of is None and base.id not in _NO_CARD
            if not is_offered or one.id in self.untold:
                continue
            name, tells = (_sentence(fill(text, self.facts, {})) for text in (one.name, one.tells))
            explains = _SENTENCE.split(fill(one.explains, self.facts, {}))
            if not self._is_short and self._may_say(tells):
                explains = [tells, *explains]
            elif not any(map(self._may_say, explains)):
                explains = [tells if self._may_say(tells) else name]
            yield self._card(name.rstrip("."), explains, town, [(one.source, one.verified_on)], is_hers=one.id in hers)

    def _card(
        self, name: str, sentences: Sequence[str], town: str | None, sources: Sequence[Source], *, is_hers: bool
    ) -> RouteCard:
        """The sentences, then where the address is asked for; none that names whom she wants not told."""
        where, cited = self._where(town)
        kept = filter(self._may_say, (*sentences, *where))
        cited = [*sources, *cited]
        return RouteCard(
            name=name,
            words=" ".join(kept),
            source="; ".join(dict.fromkeys(source for source, _ in cited)),
            read_on=min(day for _, day in cited),
            is_hers=is_hers,
        )

    def _may_say(self, sentence: str) -> bool:
        return not any(
            word == mark or word.startswith(mark) for word in plain(sentence).split() for mark in self._marks
        )

    def _ask_where(self, town: str | None) -> tuple[Sequence[str], list[Source]]:
        """Where she asks for the address, in the bot's words for her, and the sources of the lines in them."""
        kind = "outside" if town == OUTSIDE else _IN_VALLE if town else None
        slots = {**self._reader.slots, MUNICIPALITY: town, MUNICIPALITY_KIND: kind}
        state = State(role=self._reader.role, slots=slots)
        memory = Memory(self._book, state, Event(now=self._now, channel=self._reader.channel))
        text = choose(self._book.responses[_WHERE], self._reader.channel, memory.know).text
        lines = [self.facts.lines[hole.removeprefix("lines.")] for hole in dict.fromkeys(holes(text))]
        cited = [(f"Línea {line.number}: {line.source}", line.verified_on) for line in lines]
        return _SENTENCE.split(fill(text, self.facts, slots)), cited


def _sentence(clause: str) -> str:
    return f"{clause[0].upper()}{clause[1:].rstrip('.')}."


def _marks(facts: Facts, untold: Collection[str]) -> frozenset[str]:
    """The words by which a sentence names somebody whom she wants not told: *comisaria*, *155*."""
    marks: set[str] = set()
    for id_ in untold:
        service = facts.directory.services[id_]
        if service.instead_of is None:
            words = [word for word in plain(fill(service.name, facts, {})).split() if word not in _COMMON]
            marks |= {words[0], *(word for word in words if word.isdigit())}
    return frozenset(marks - {_DANGER})
