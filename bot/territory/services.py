"""Who does what on the route, and which doors a situation has in a municipality, for whom. Pure but for reading."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

from bot.content import LINE, instead, line_of, read_mapping, rows_of, verified
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
    *("id", "municipalities", "find", "confidence", "source", "as_of", "instead_of", "for", "door", "is_told"),
}
#: ``limit`` may be empty.
_SERVICE_NEEDS = ("id", "name", "tells", "does", "municipalities", "find", "source")
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
    #: As it follows "avisar": "a la Comisaría de Familia"; empty where nobody is told.
    is_told: str = ""

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
        return tuple(self.here(door, municipality, traits) for door in self.routes[situation].doors)

    def situations(self, service: str) -> tuple[str, ...]:
        """The situations that a service is a door of."""
        served = {service, self.services[service].instead_of}
        return tuple(route.situation for route in self.routes.values() if served & set(route.doors))

    def here(self, door: str, municipality: str | None, traits: Collection[str] = ()) -> Service:
        """Who opens this door where she is, for what she told of herself; raises ``KeyError``."""
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
    content = read_mapping(path, {"verified_on", "services", "routes"})
    verified_on = verified(content, path)
    services: dict[str, Service] = {}
    rows = rows_of(content, "services", path, _SERVICE_KEYS, needed=_SERVICE_NEEDS)
    for row in rows:
        service = _service(row, verified_on, path)
        _check_service(service, row, path, lines, territory)
        if services.setdefault(service.id, service) is not service:
            raise _wrong(f"la entidad «{service.id}» está dos veces; cambie un «id» o borre una", row, "id", path)
    for row in rows:
        other = row.get("instead_of")
        if other and other not in services:
            problem = f"{row['id']}: no hay una entidad «{other}» que reemplazar; {instead(other, services)}"
            raise _wrong(problem, row, "instead_of", path)
    known = {service.id for service in services.values() if service.is_door}
    routes: dict[str, Route] = {}
    for row in rows_of(content, "routes", path, _ROUTE_KEYS, needed=("situation", "doors", "source")):
        route = _route(row, verified_on, path)
        for door in route.doors:
            if door not in known:
                problem = f"{route.situation}: «{door}» no es una puerta; {instead(door, known)}"
                raise _wrong(problem, row, "doors", path)
        if len(route.doors) != DOORS or len(set(route.doors)) != DOORS:
            problem = f"{route.situation}: una ruta lleva {DOORS} puertas distintas; escríbalas en orden"
            raise _wrong(problem, row, "doors", path)
        if routes.setdefault(route.situation, route) is not route:
            problem = f"la situación «{route.situation}» está dos veces; deje una sola ruta para ella"
            raise _wrong(problem, row, "situation", path)
    if ANY_SITUATION not in routes:
        problem = f"falta la ruta «{ANY_SITUATION}», la de quien no ha contado nada; vuelva a escribirla"
        raise ContentError(problem, file=path.name, line=line_of(content, "routes", 1))
    return Directory(services=services, routes=routes)


def _service(row: Mapping[str, Any], verified_on: date, path: Path) -> Service:
    places = row["municipalities"]
    if places != _EVERYWHERE and not isinstance(places, list):
        problem = f'{row["id"]}: los municipios son "*" (todos) o una lista de códigos entre [ ]; escríbalos así'
        raise _wrong(problem, row, "municipalities", path)
    fields = {key: value for key, value in row.items() if key not in (LINE, "for", "door", "municipalities")}
    return Service(
        **{key: "" if value is None else str(value) for key, value in fields.items()},
        municipalities=None if places == _EVERYWHERE else frozenset(str(place) for place in places),
        suits=row.get("for"),
        is_door=row.get("door", True),
        verified_on=verified_on,
    )


def _check_service(
    service: Service, row: Mapping[str, Any], path: Path, lines: Mapping[str, Line], territory: Territory
) -> None:
    where, found = service.municipalities, lines.get(service.find)
    if service.confidence not in _CONFIDENCES:
        problem = f"{service.id}: falta cuánto se confía; escriba confidence: V (leído), I (consejo) o M (memoria)"
        raise _wrong(problem, row, "confidence", path)
    if service.is_door and service.confidence == "M":
        problem = f"{service.id}: lo que es de memoria (M) no puede ser puerta; busque la fuente o escriba door: false"
        raise _wrong(problem, row, "confidence", path)
    if found is None or not found.usable:
        usable = [line.id for line in lines.values() if line.usable]
        problem = f"{service.id}: «{service.find}» no es una línea que se pueda decir; {instead(service.find, usable)}"
        raise _wrong(problem, row, "find", path)
    for code in sorted((where or frozenset()) - {OUTSIDE, *territory.by_code}):
        problem = f"{service.id}: ningún municipio tiene el código «{code}»; búsquelo en municipalities.csv"
        raise _wrong(problem, row, "municipalities", path)
    if where is not None and not service.instead_of:
        problem = f"{service.id}: si solo está en unos municipios, diga a cuál entidad reemplaza; agregue «instead_of»"
        raise _wrong(problem, row, "municipalities", path)


def _route(row: Mapping[str, Any], verified_on: date, path: Path) -> Route:
    if not isinstance(row["doors"], list):
        problem = f"{row['situation']}: las puertas van en una lista; escríbalas así: [una, dos, tres]"
        raise _wrong(problem, row, "doors", path)
    if row.get("confidence") not in _CONFIDENCES[:2]:
        problem = f"{row['situation']}: falta cuánto se confía; escriba confidence: V (leído) o I (consejo)"
        raise _wrong(problem, row, "confidence", path)
    return Route(
        situation=str(row["situation"]),
        doors=tuple(map(str, row["doors"])),
        confidence=row["confidence"],
        source=str(row["source"]),
        verified_on=verified_on,
    )


def _wrong(problem: str, row: Mapping[str, Any], key: str, path: Path) -> ContentError:
    return ContentError(problem, file=path.name, line=line_of(row, key, row[LINE]))
