"""The department as data: municipalities, zones and the places around it."""

from __future__ import annotations

import csv
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path

from bot.content import LINE, line_of, read_mapping, read_text, rows_of
from bot.errors import ContentError
from bot.messages import Place
from bot.spelling import plain, sound
from bot.territory.speech import Speech, load_speech

FOLDER = Path(__file__).parent
#: The code of every place outside the department.
OUTSIDE = "FUERA_VALLE"
#: "soy del águila" says "soy de" and "el águila".
TAKEN_APART = {"del": ("de", "el"), "al": ("a", "el")}
_MUNICIPALITIES = 42
_ALIKE = str.maketrans("vyz", "bis")


@dataclass(frozen=True, slots=True, kw_only=True)
class Municipality:
    """One of the 42: ``Municipality(code="76111", name="Guadalajara de Buga", zone="Centro", ...)``.

    ``answers`` and ``text_names`` are plain spellings: the first are taken as a reply to the question
    where she is, the second are also looked for in a free text, and ``sure_names`` anywhere in it.
    ``is_plain_word``: the name is a surname or a common word too. ``women`` and ``population`` are
    people, 2024.
    """

    code: str
    name: str
    zone: str
    zone_id: str
    subregion: str
    latitude: float
    longitude: float
    population: int
    women: int
    is_plain_word: bool
    answers: frozenset[str]
    text_names: frozenset[str]
    sure_names: frozenset[str]

    @property
    def place(self) -> Place:
        """The value that travels."""
        return Place(code=self.code, name=self.name, zone=self.zone)


@dataclass(frozen=True, slots=True, kw_only=True)
class Neighbour:
    """A place outside the department from which people write: ``Neighbour(name="Corinto", ...)``."""

    name: str
    department: str
    is_plain_word: bool
    names: frozenset[str]

    @property
    def place(self) -> Place:
        """The value that travels; the name is kept for staff, the code is ``FUERA_VALLE``."""
        return Place(code=OUTSIDE, name=self.name, zone="")


@dataclass(frozen=True, slots=True, kw_only=True)
class TextName:
    """A name that a free text may hold; ``needs_saying``: only where the sentence says that it is a place.

    ``is_weak``: taken as a reply, but in a free text only where she says that she lives there.
    """

    spelling: str
    place: Place
    needs_saying: bool
    is_official: bool
    is_weak: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Territory:
    """All places that the product knows.

    ``elsewhere`` are words that take a homonym out of the department. ``by_name`` finds a place by any
    plain spelling that counts as a reply, ``by_sound`` by how that spelling sounds; ``in_text`` holds, by
    ``heard``, the names that are looked for in a free text, ``in_one`` the same without spaces, ``begins``
    their first words, ``speech`` the words around them and ``glued`` what is written in one with them, longest first.
    """

    municipalities: tuple[Municipality, ...]
    neighbours: tuple[Neighbour, ...]
    elsewhere: frozenset[str]
    by_code: Mapping[str, Municipality] = field(repr=False)
    by_name: Mapping[str, frozenset[Place]] = field(repr=False)
    by_sound: Mapping[str, frozenset[Place]] = field(repr=False)
    in_text: Mapping[str, TextName] = field(repr=False)
    in_one: Mapping[str, TextName] = field(repr=False)
    begins: frozenset[str] = field(repr=False)
    speech: Speech = field(repr=False)
    glued: tuple[tuple[str, tuple[str, ...]], ...] = field(repr=False)

    @property
    def zones(self) -> tuple[str, ...]:
        """The names of the zones, in the order of the municipalities' codes, each once."""
        return tuple(dict.fromkeys(m.zone for m in self.municipalities))


def load_territory(folder: Path = FOLDER) -> Territory:
    """Read the territory; raises ``ContentError`` with file and line where the data contradict themselves."""
    zones = _zones(folder / "zones.yml")
    municipalities = tuple(_municipalities(folder / "municipalities.csv", zones))
    neighbours, elsewhere = _neighbours(folder / "neighbours.yml")
    by_name: dict[str, frozenset[Place]] = {}
    by_sound: dict[str, frozenset[Place]] = {}
    for owner, names in [(m, m.answers) for m in municipalities] + [(n, n.names) for n in neighbours]:
        for name in names:
            by_name[name] = by_name.get(name, frozenset()) | {owner.place}
            by_sound[sound(name)] = by_sound.get(sound(name), frozenset()) | {owner.place}
    speech = load_speech(folder / "speech.yml")
    in_text = {heard(name.spelling): name for name in _text_names(municipalities, neighbours)}
    return Territory(
        municipalities=municipalities,
        neighbours=neighbours,
        elsewhere=elsewhere,
        by_code={m.code: m for m in municipalities},
        by_name=by_name,
        by_sound=by_sound,
        in_text=in_text,
        in_one={sound(name.spelling.replace(" ", "")): name for name in in_text.values()},
        begins=frozenset(name.split(" ", 1)[0] for name in in_text),
        speech=speech,
        glued=tuple(sorted(((alike(p.replace(" ", "")), tuple(p.split())) for p in speech.glued), key=_longest_first)),
    )


def heard(spelling: str) -> str:
    """How a plain name sounds word by word, with *del* and *al* taken apart: the key of ``Territory.in_text``."""
    return " ".join(sound(part) for word in spelling.split() for part in TAKEN_APART.get(word, (word,)))


def alike(token: str) -> str:
    """A token with the letters as one that thumbs and ears mix up: *bibo en*, *estoi en*."""
    return token.translate(_ALIKE)


@cache
def department() -> Territory:
    """The territory of the product, read once."""
    return load_territory()


def _longest_first(pair: tuple[str, tuple[str, ...]]) -> tuple[int, str]:
    return -len(pair[0]), pair[0]


def _zones(path: Path) -> dict[str, tuple[str, str]]:
    """Code of municipality -> (id, name) of its zone."""
    zones: dict[str, tuple[str, str]] = {}
    keys = ("id", "name", "municipalities")
    for zone in rows_of(read_mapping(path, {"zones"}), "zones", path, keys, needed=keys):
        codes, line = zone["municipalities"], line_of(zone, "municipalities", zone[LINE])
        if not isinstance(codes, list):
            problem = f'{zone["name"]}: los municipios van en una lista; escríbalos así: ["76001", "76109"]'
            raise ContentError(problem, file=path.name, line=line)
        for place, code in enumerate(codes):
            at = line_of(codes, place, line)
            if not isinstance(code, str):
                problem = f'{zone["name"]}: el código va entre comillas; escriba "{code}"'
                raise ContentError(problem, file=path.name, line=at)
            if code in zones:
                problem = f"el municipio {code} ya está en la zona {zones[code][1]}; déjelo en una sola"
                raise ContentError(problem, file=path.name, line=at)
            zones[code] = (str(zone["id"]), str(zone["name"]))
    return zones


def _municipalities(path: Path, zones: Mapping[str, tuple[str, str]]) -> Iterable[Municipality]:
    lines = read_text(path).splitlines()
    skipped = next((n for n, line in enumerate(lines) if not line.startswith("#")), 0)
    owners: dict[str, str] = {}
    codes: set[str] = set()
    for number, row in enumerate(csv.DictReader(lines[skipped:]), start=skipped + 2):
        try:
            found = _municipality(row, zones)
        except (KeyError, TypeError, ValueError) as error:
            raise ContentError(_odd_row(row, zones, error), file=path.name, line=number) from None
        for name in sorted(found.answers):
            if owners.setdefault(name, found.name) != found.name:
                problem = f"«{name}» ya nombra a {owners[name]}; déjelo en un solo municipio"
                raise ContentError(problem, file=path.name, line=number)
        codes.add(found.code)
        yield found
    if len(codes) != _MUNICIPALITIES or codes != set(zones):
        odd = sorted(codes ^ set(zones)) or sorted(codes)
        problem = f"son {_MUNICIPALITIES} municipios, cada uno en una zona, y no coinciden; revise {', '.join(odd[:3])}"
        raise ContentError(problem, file="zones.yml", line=1)


def _odd_row(row: Mapping[str, str | None], zones: Mapping[str, tuple[str, str]], error: Exception) -> str:
    """What is wrong with a row of the table."""
    if missing := [column for column, value in row.items() if value is None]:
        return f"el renglón tiene menos columnas que el primero; agregue {', '.join(missing)} y sus comas"
    if row.get("code") not in zones:
        return f"el municipio «{row.get('code')}» no está en ninguna zona; corrija el código o agréguelo en zones.yml"
    if row.get("plain_word") not in ("yes", "no"):
        return "la columna plain_word solo dice yes o no; corríjala"
    if isinstance(error, KeyError):
        return f"falta la columna «{error.args[0]}»; devuélvala al primer renglón"
    return "lat, lon, population y women son números, con punto y sin separar los miles; corríjalos"


def _municipality(row: Mapping[str, str], zones: Mapping[str, tuple[str, str]]) -> Municipality:
    zone_id, zone = zones[row["code"]]
    own = {plain(row["name"])}
    in_text = own | {plain(name) for name in row["text_names"].split("|") if name}
    return Municipality(
        code=row["code"],
        name=row["name"],
        zone=zone,
        zone_id=zone_id,
        subregion=row["subregion"],
        latitude=float(row["lat"]),
        longitude=float(row["lon"]),
        population=int(row["population"]),
        women=int(row["women"]),
        is_plain_word={"yes": True, "no": False}[row["plain_word"]],
        answers=frozenset(in_text | {plain(name) for name in row["answers"].split("|") if name}),
        text_names=frozenset(in_text),
        sure_names=frozenset(plain(name) for name in row["sure_names"].split("|") if name),
    )


def _neighbours(path: Path) -> tuple[tuple[Neighbour, ...], frozenset[str]]:
    content = read_mapping(path, {"neighbours", "elsewhere"})
    keys = {"name", "department", "plain_word", "names"}
    neighbours = tuple(
        Neighbour(
            name=row["name"],
            department=row["department"],
            is_plain_word=row.get("plain_word", False),
            names=frozenset({plain(row["name"]), *map(plain, row.get("names", ()))}),
        )
        for row in rows_of(content, "neighbours", path, keys, needed=("name", "department"))
    )
    elsewhere = [
        word for row in rows_of(content, "elsewhere", path, {"words"}, needed=("words",)) for word in row["words"]
    ]
    return neighbours, frozenset(elsewhere)


def _text_names(municipalities: Iterable[Municipality], neighbours: Iterable[Neighbour]) -> Iterable[TextName]:
    """Every spelling; of two that sound alike the later counts, so the official name comes last."""
    for neighbour in neighbours:
        for name in neighbour.names:
            yield TextName(
                spelling=name, place=neighbour.place, needs_saying=neighbour.is_plain_word, is_official=False
            )
    for town in municipalities:
        for name in sorted(town.answers - town.text_names):
            if any(f" {known} " in f" {name} " for known in town.text_names):
                continue  # "restrepo valle" says no more than "restrepo"
            yield TextName(spelling=name, place=town.place, needs_saying=True, is_official=False, is_weak=True)
    for town in municipalities:
        own = plain(town.name)
        for name in (*sorted(town.text_names - town.sure_names - {own}), *sorted(town.sure_names - {own}), own):
            official = name == own
            needs_saying = town.is_plain_word or not (official or name in town.sure_names)
            yield TextName(spelling=name, place=town.place, needs_saying=needs_saying, is_official=official)
