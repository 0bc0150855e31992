"""Every wording that a person may read: of the responses, and of the doors of the route."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from bot.content import LINE, read_yaml
from bot.dialogue.condition import Condition, Every
from bot.dialogue.fill import fill
from bot.dialogue.flow import Act, Collect, FlowBook, Where
from bot.dialogue.read import IS_MINOR
from bot.messages import Button
from bot.territory.data import FOLDER

#: Whoever comes here has said that she is a minor: nobody else hears what only these flows say (seguridad §5).
_MINORS_FLOWS = frozenset({"child_herself", "child_limits"})
_SERVICES = "services.yml"
_DOOR = re.compile(r"\{door\.[^}]*\}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Text:
    """One wording as it stands (``raw``, with holes) and as it is read (``said``).

    ``to_minor``: only a minor reads it. ``is_clause``: it stands inside another sentence, as a door's name does.
    """

    name: str
    raw: str
    said: str
    buttons: tuple[Button, ...] = ()
    typed: tuple[Button, ...] = ()
    channel: str | None = None
    to_minor: bool = False
    is_clause: bool = False
    where: Where


def texts(book: FlowBook) -> Iterator[Text]:
    """Every wording of a book and of its directory of services."""
    for response in book.responses.values():
        only_minors = _said_in(book, response.name) <= _MINORS_FLOWS
        for variant in response.variants:
            yield Text(
                name=response.name,
                raw=variant.text,
                said=fill(variant.text, book.facts, {}),
                buttons=variant.buttons,
                typed=variant.typed,
                channel=variant.channel,
                to_minor=only_minors or _asks(variant.condition, IS_MINOR),
                where=variant.where,
            )
    yield from _services(book)


def without_doors(text: Text) -> str:
    """What is read, with a word in place of each door: the doors have their own lines."""
    return _DOOR.sub("la puerta", text.raw)


def said_by(book: FlowBook) -> Iterator[tuple[str, str]]:
    """Flow and response for each step that says something."""
    for flow in book.flows.values():
        for step in flow.steps.values():
            if isinstance(step, Collect):
                yield flow.name, step.utter
            elif isinstance(step, Act) and step.action in book.responses:
                yield flow.name, step.action


def _said_in(book: FlowBook, response: str) -> set[str]:
    # What no step says is said by the engine, to anybody.
    return {flow for flow, name in said_by(book) if name == response} or {""}


def _asks(condition: Condition | None, wanted: Condition) -> bool:
    """Whether a condition cannot hold unless ``wanted`` does."""
    if isinstance(condition, Every):
        return any(_asks(part, wanted) for part in condition.parts)
    return condition == wanted


def _services(book: FlowBook) -> Iterator[Text]:
    for row in read_yaml(FOLDER / _SERVICES)["services"]:
        for part in ("name", "tells", "does", "limit"):
            if raw := row[part]:
                yield Text(
                    name=f"{row['id']}.{part}",
                    raw=raw,
                    said=fill(raw, book.facts, {}),
                    is_clause=part in ("name", "tells"),
                    where=Where(file=_SERVICES, line=row[LINE]),
                )
