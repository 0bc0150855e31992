"""Who does what on the route, and which doors a situation has in a municipality, for whom. Pure but for reading."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

from bot.content import LINE, read_yaml
from bot.errors import ContentError
from bot.territory.data import FOLDER, OUTSIDE, Territory
from bot.territory.directory import Line

#: The situation of whoever has told none: what everybody may ask for.
ANY_SITUATION = "ask_route"
#: How many doors a route has.
DOORS = 3
_EVERYWHERE = "*"
_CONFIDENCES = ("V", "I", "M")
_WORDS = frozenset({"name", "tells", "does", "limit"})
_SERVICE_KEYS = _WORDS | {
    *("id", "municipalities", "find", "confidence", "source", "as_of", "instead_of", "for", "door"),
}
_ROUTE_KEYS = frozenset({"situation", "doors", "confidence", "source"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Service:
    """One entity: ``Service(id="comisaria", name="Comisaría de Familia", municipalities=None, ...)``.

    ``tells`` is a clause that follows "primero"; ``does`` and ``limit`` are sentences; all may hold holes for
    lines and figures. ``municipalities`` are codes, None: any. ``find`` is the line that tells where it is.
    ``instead_of``: it takes that one's place in its municipalities, or for whoever has the trait ``suits``.
    """

    id: str
    name: str
    tells: str
    does: str
    limit: str
    municipalities: frozenset[str] | None
    find: str
    confidence: str
    source: str
    verified_on: date
    as_of: str = ""
    instead_of: str | None = None
    suits: str | None = None
    is_door: bool = True

    @property
    def explains(self) -> str:
        """What it does, then what it does not."""
        return f"{self.does} {self.limit}".strip()


@dataclass(frozen=True, slots=True, kw_only=True)
class Route:
    """The doors of a situation in order, as ids: ``Route(situation="ive", doors=("urgencias", ...), ...)``."""

    situation: str
    doors: tuple[str, ...]
    confidence: str
    source: str
    verified_on: date


@dataclass(frozen=True, slots=True, kw_only=True)
class Directory:
    """All services by id, and all routes by situation."""

    services: Mapping[str, Service]
    routes: Mapping[str, Route]

    @property
    def traits(self) -> frozenset[str]:
        """What somebody may tell of herself that changes a door; each is a slot."""
        return frozenset(service.suits for service in self.services.values() if service.suits)

    @property
    def wording(self) -> str:
        """Every word that the doors may say, and their order: whoever signs a text with a door in it signs these."""
        said = [f"{s.id}: {s.name} | {s.tells} | {s.explains}" for s in self.services.values()]
        return "\n".join([*said, *(f"{r.situation}: {' > '.join(r.doors)}" for r in self.routes.values())])

    def doors(self, situation: str, municipality: str | None, traits: Collection[str] = ()) -> tuple[Service, ...]:
        """Three services, first to third; what she told of herself counts before where she is.

        Raises ``KeyError`` for a situation that has no route.
        """
        return tuple(self._here(door, municipality, traits) for door in self.routes[situation].doors)

    def situations(self, service: str) -> tuple[str, ...]:
        """The situations that a service is a door of."""
        served = {service, self.services[service].instead_of}
        return tuple(route.situation for route in self.routes.values() if served & set(route.doors))

    def _here(self, door: str, municipality: str | None, traits: Collection[str]) -> Service:
        others = [service for service in self.services.values() if service.instead_of == door]
        for service in others:
            if service.suits in traits:
                return service
        for service in others:
            if service.suits is None and municipality in (service.municipalities or ()):
                return service
        return self.services[door]


def load_directory(lines: Mapping[str, Line], territory: Territory, path: Path = FOLDER / "services.yml") -> Directory:
    """Read services and routes; raises ``ContentError`` with file and line for what contradicts itself."""
    content = read_yaml(path)
    if not isinstance(content, dict) or not isinstance(content.get("verified_on"), date):
        raise ContentError("needs verified_on, a date", file=path.name, line=1)
    services: dict[str, Service] = {}
    for row in _rows(content, "services", path, _SERVICE_KEYS):
        service = _service(row, content["verified_on"], path)
        _check_service(service, row[LINE], path, lines, territory)
        if services.setdefault(service.id, service) is not service:
            raise ContentError(f"{service.id} stands twice", file=path.name, line=row[LINE])
    routes: dict[str, Route] = {}
    for row in _rows(content, "routes", path, _ROUTE_KEYS):
        route = _route(row, content["verified_on"], path)
        for door in route.doors:
            known = services.get(door)
            if known is None or not known.is_door:
                raise ContentError(f"{route.situation}: {door!r} is no door", file=path.name, line=row[LINE])
        if len(route.doors) != DOORS or len(set(route.doors)) != DOORS:
            raise ContentError(f"{route.situation}: a route has {DOORS} doors", file=path.name, line=row[LINE])
        if routes.setdefault(route.situation, route) is not route:
            raise ContentError(f"{route.situation} stands twice", file=path.name, line=row[LINE])
    if ANY_SITUATION not in routes:
        raise ContentError(f"the route {ANY_SITUATION} is missing", file=path.name, line=1)
    for service in services.values():
        if service.instead_of and service.instead_of not in services:
            raise ContentError(f"{service.id} stands for {service.instead_of!r}, which is not here", file=path.name)
    return Directory(services=services, routes=routes)


def _service(row: Mapping[str, Any], verified_on: date, path: Path) -> Service:
    places = row.get("municipalities")
    fields = {key: value for key, value in row.items() if key not in (LINE, "for", "door", "municipalities")}
    try:
        return Service(
            **fields,
            municipalities=None if places == _EVERYWHERE else frozenset(places or ()),
            suits=row.get("for"),
            is_door=row.get("door", True),
            verified_on=verified_on,
        )
    except TypeError as error:
        raise ContentError(f"not a service: {error}", file=path.name, line=row[LINE]) from None


def _check_service(service: Service, line: int, path: Path, lines: Mapping[str, Line], territory: Territory) -> None:
    where = service.municipalities
    found = lines.get(service.find)
    if service.confidence not in _CONFIDENCES or not service.source:
        raise ContentError(f"{service.id} needs a source and a confidence (V, I, M)", file=path.name, line=line)
    if service.is_door and service.confidence == "M":
        raise ContentError(f"{service.id} is from memory and may be no door", file=path.name, line=line)
    if found is None or not found.usable:
        raise ContentError(f"{service.id}: {service.find!r} is no line that may be said", file=path.name, line=line)
    if where is not None and (not where or not where <= {OUTSIDE, *territory.by_code}):
        raise ContentError(f'{service.id}: municipalities are "*" or known codes', file=path.name, line=line)
    if where is not None and not service.instead_of:
        raise ContentError(f"{service.id}: what is only in some places needs instead_of", file=path.name, line=line)


def _route(row: Mapping[str, Any], verified_on: date, path: Path) -> Route:
    try:
        fields = {key: value for key, value in row.items() if key not in (LINE, "doors")}
        route = Route(**fields, doors=tuple(row.get("doors") or ()), verified_on=verified_on)
    except TypeError as error:
        raise ContentError(f"not a route: {error}", file=path.name, line=row[LINE]) from None
    if route.confidence not in _CONFIDENCES[:2] or not route.source:
        raise ContentError(f"{route.situation} needs a source and a confidence (V, I)", file=path.name, line=row[LINE])
    return route


def _rows(content: Mapping[str, Any], key: str, path: Path, known: frozenset[str]) -> Iterator[Mapping[str, Any]]:
    rows = content.get(key)
    if not isinstance(rows, list) or not all(isinstance(row, dict) for row in rows):
        raise ContentError(f"has no list {key!r}", file=path.name, line=1)
    for row in rows:
        if unknown := set(row) - known - {LINE}:
            raise ContentError(f"{min(unknown)!r} is not known here", file=path.name, line=row[LINE])
        yield row
