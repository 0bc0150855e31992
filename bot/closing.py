"""How a conversation with a psychologist ended: what she notes, from closed lists, and whether it holds. Pure."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from functools import cache
from pathlib import Path

from pydantic import TypeAdapter, ValidationError

from bot.content import LINE, read_yaml
from bot.errors import ContentError

_FILE = Path(__file__).parent / "closing.yml"
#: Said of every trait: she would rather not tell, or she does not know.
UNSAID, UNKNOWN = "unsaid", "unknown"
_ADDED = {UNSAID: "Prefiere no decir", UNKNOWN: "No sabe"}
#: The way for which it must be said what to do if somebody else answers.
_CALL = "call"
#: An entity that she said must not be told of her.
VETOED = "vetoed"
#: What is written by hand: a note is no clinical record.
LONGEST_NOTE = 600
#: Nobody is given a day further away than this.
_FURTHEST = timedelta(days=90)


@dataclass(frozen=True, slots=True, kw_only=True)
class Trait:
    """Something that somebody may tell of herself: its label, and the words of its list with theirs."""

    label: str
    values: Mapping[str, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class ClosingLists:
    """The lists of the form: from the word that is kept to what the psychologist reads."""

    outcomes: Mapping[str, str]
    violence: Mapping[str, str]
    traits: Mapping[str, Trait]
    answers: Mapping[str, str]
    ways: Mapping[str, str]
    if_other: Mapping[str, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Offer:
    """An entity that was spoken of, and what she said: ``Offer(institution="comisaria", answer="accepted")``."""

    institution: str
    answer: str


@dataclass(frozen=True, slots=True, kw_only=True)
class NextContact:
    """How and in which hours she may be looked for; for a call, what is done if somebody else answers.

    ``NextContact(way="call", band="morning", if_other="hang_up")``, in the words of ``bot/dialogue/agreement.py``.
    """

    way: str
    band: str
    if_other: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Closing:
    """What is noted when a conversation ends: ``Closing(outcome="did_not_want")`` is whole.

    ``municipality`` is a code. ``traits`` are ``name=word``. ``psychiatry_on`` is the day of an appointment, and all
    that is kept of it. ``note`` is the only free text; it is sealed under her key.
    """

    outcome: str
    municipality: str | None = None
    violence: str | None = None
    traits: tuple[str, ...] = ()
    offers: tuple[Offer, ...] = ()
    contact: NextContact | None = None
    psychiatry_on: date | None = None
    note: str = field(default="", repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Known:
    """What a closing is held against: codes, entities, bands, whom she does not want told, and what day it is.

    ``in_crisis``: the alert is an emergency, and nothing of herself is noted (seguridad §3).
    """

    municipalities: Collection[str]
    institutions: Collection[str]
    bands: Collection[str]
    today: date
    vetoed: Collection[str] = ()
    in_crisis: bool = False


@cache
def load_closing(path: Path = _FILE) -> ClosingLists:
    """Read the lists; raises ``ContentError`` if one is missing or misspelt."""
    content = _plain(read_yaml(path))
    rows = {key: value for key, value in content.items() if key not in ("confirmed", "verified_on")}
    try:
        lists = _LISTS.validate_python(rows)
    except ValidationError as error:
        where = ".".join(str(part) for part in error.errors()[0]["loc"])
        raise ContentError(f"not a list at {where}: {error.errors()[0]['msg']}", file=path.name, line=1) from None
    traits = {name: Trait(label=one.label, values={**one.values, **_ADDED}) for name, one in lists.traits.items()}
    return replace(lists, traits=traits)


def read_closing(typed: Mapping[str, str], lists: ClosingLists, known: Known) -> Closing | tuple[str, ...]:
    """The form as a value, or what to correct, in Spanish.

    Fields: ``outcome``, ``municipality``, ``violence``, ``trait.<name>``, ``offer.<entity>``, ``contact``,
    ``band``, ``if_other``, ``psychiatry_on`` (a date) and ``note``; what is empty was not said.
    """
    given = {name: value.strip() for name, value in typed.items() if value.strip()}
    traits = {name.removeprefix("trait."): value for name, value in given.items() if name.startswith("trait.")}
    offers = {name.removeprefix("offer."): value for name, value in given.items() if name.startswith("offer.")}
    contact, day = _contact(given, lists, known), _day(given.get("psychiatry_on", ""))
    wrong = (
        (given.get("outcome") not in lists.outcomes, "Escoja cómo terminó."),
        (given.get("municipality", "") not in ("", *known.municipalities), "Ese municipio no está en la lista."),
        (given.get("violence", "") not in ("", *lists.violence), "Ese tipo de violencia no está en la lista."),
        (known.in_crisis and bool(traits), "En una emergencia no se anota nada de ella."),
        (any(not _is_listed(lists, *one) for one in traits.items()), "Algo de lo que contó no está en la lista."),
        (any(name not in known.institutions for name in offers), "Esa entidad no está en el directorio."),
        (any(answer not in lists.answers for answer in offers.values()), "Escoja qué dijo de cada entidad."),
        (any(_is_against(known, *one) for one in offers.items()), "Ella pidió que a esa entidad no se le avise."),
        (contact == "wrong", "Diga cómo y a qué hora se le puede buscar; si es llamada, qué hacer si contesta otro."),
        (day == "wrong" or (isinstance(day, date) and not _is_near(day, known)), "Revise el día de la cita."),
        (len(given.get("note", "")) > LONGEST_NOTE, f"La nota es larga: a lo sumo {LONGEST_NOTE} letras."),
    )
    problems = tuple(said for is_wrong, said in wrong if is_wrong)
    if problems:
        return problems
    return Closing(
        outcome=given["outcome"],
        municipality=given.get("municipality"),
        violence=given.get("violence"),
        traits=tuple(sorted(f"{name}={value}" for name, value in traits.items())),
        offers=tuple(Offer(institution=name, answer=answer) for name, answer in sorted(offers.items())),
        contact=contact if isinstance(contact, NextContact) else None,
        psychiatry_on=day if isinstance(day, date) else None,
        note=given.get("note", ""),
    )


_LISTS: TypeAdapter[ClosingLists] = TypeAdapter(ClosingLists)


def _plain(value: object) -> dict[str, object]:
    if not isinstance(value, dict):
        return {}
    return {key: _plain(one) if isinstance(one, dict) else one for key, one in value.items() if key != LINE}


def _is_listed(lists: ClosingLists, name: str, value: str) -> bool:
    return name in lists.traits and value in lists.traits[name].values


def _is_against(known: Known, institution: str, answer: str) -> bool:
    """Whether it would note a way to somebody whom she does not want told; that she says so again is no harm."""
    return institution in known.vetoed and answer != VETOED


def _contact(given: Mapping[str, str], lists: ClosingLists, known: Known) -> NextContact | str:
    way, band, other = given.get("contact", ""), given.get("band", ""), given.get("if_other", "")
    if not way:
        return ""
    is_whole = way in lists.ways and band in known.bands and other in ("", *lists.if_other)
    if not is_whole or (way == _CALL and not other):
        return "wrong"
    return NextContact(way=way, band=band, if_other=other if way == _CALL else None)


def _day(typed: str) -> date | str:
    try:
        return date.fromisoformat(typed) if typed else ""
    except ValueError:
        return "wrong"


def _is_near(day: date, known: Known) -> bool:
    return known.today <= day <= known.today + _FURTHEST
