"""A content file as data that knows its lines, so that a mistake is named where it stands."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from datetime import date
from difflib import get_close_matches
from pathlib import Path
from typing import Any

import yaml

from bot.errors import ContentError
from bot.unreadable import explain

#: Under this key each mapping carries the line on which it begins.
LINE = "__line__"
_MOST_NAMED = 12
#: From here a name is a slip of another, not another word.
_NEAR = 0.7


def read_yaml(path: Path) -> Any:
    """Read a YAML file; raises ``ContentError`` with file and line if it cannot be read."""
    text = read_text(path)
    try:
        # A subclass of the safe loader: it makes plain values only.
        return yaml.load(text, Loader=_LinedLoader)  # noqa: S506
    except yaml.MarkedYAMLError as error:
        line, problem = explain(error, text)
        raise ContentError(problem, file=path.name, line=line) from None
    except yaml.reader.ReaderError as error:
        line = text[: error.position].count("\n") + 1
        raise ContentError(
            "hay un signo que no se ve; borre el renglón y escríbalo otra vez", file=path.name, line=line
        ) from None


def read_text(path: Path) -> str:
    """Read a file's text; raises ``ContentError`` if it is not there or not in UTF-8."""
    try:
        content = path.read_bytes()
    except OSError:
        raise ContentError(
            "el archivo no está o no se puede abrir; devuélvalo a su carpeta", file=path.name, line=1
        ) from None
    try:
        return content.decode("utf-8")
    except UnicodeDecodeError as error:
        line = content[: error.start].count(b"\n") + 1
        raise ContentError(
            "hay una letra que no se puede leer; guarde el archivo en UTF-8", file=path.name, line=line
        ) from None


def read_mapping(path: Path, known: Collection[str] | None = None) -> dict[Any, Any]:
    """Read a YAML file of names with values, of these names alone if they are given; raises ``ContentError``."""
    content = read_yaml(path)
    if not isinstance(content, dict):
        raise ContentError(
            "el archivo debe tener nombres con «:» y debajo sus valores; escríbalos", file=path.name, line=1
        )
    if known is not None:
        refuse_unknown(content, path, known)
    return content


def rows_of(
    content: Mapping[Any, Any], key: str, path: Path, known: Collection[str], needed: Iterable[str] = ()
) -> list[dict[str, Any]]:
    """Give the entries under ``key``, which have no other names than ``known`` and all the ``needed``."""
    rows = content.get(key)
    if not isinstance(rows, list):
        line = line_of(content, key, 1)
        raise ContentError(
            f"falta la lista «{key}»; escriba «{key}:» y debajo sus renglones con «-»", file=path.name, line=line
        )
    for place, row in enumerate(rows):
        if not isinstance(row, dict):
            line = line_of(rows, place, 1)
            raise ContentError(
                f"en «{key}» cada renglón lleva nombres con sus valores; escríbalos así: «nombre: valor»",
                file=path.name,
                line=line,
            )
        refuse_unknown(row, path, known)
        for name in needed:
            if row.get(name) in (None, "", []):
                raise ContentError(
                    f"falta «{name}»; escriba «{name}:» y su valor", file=path.name, line=line_of(row, name, row[LINE])
                )
    return rows


def refuse_unknown(row: Mapping[Any, Any], path: Path, known: Collection[str]) -> None:
    """Raise ``ContentError`` at the first name that is not one of those known."""
    for key in row:
        if key != LINE and key not in known:
            raise ContentError(
                f"no se conoce «{key}»; {instead(key, known)}, o quítelo", file=path.name, line=line_of(row, key, 1)
            )


def verified(content: Mapping[Any, Any], path: Path) -> date:
    """Give the day on which the facts of a file were verified; raises ``ContentError`` without one."""
    day = content.get("verified_on")
    if type(day) is not date:
        problem = "falta la fecha en que se verificó; escríbala así: verified_on: 2026-12-01"
        raise ContentError(problem, file=path.name, line=line_of(content, "verified_on", 1))
    return day


def line_of(holder: object, key: object, default: int) -> int:
    """Give the line on which a name of a mapping, or a place of a list, stands in its file."""
    return holder.lines.get(key, default) if isinstance(holder, _Mapping | _List) else default


def instead(wrong: object, known: Iterable[str]) -> str:
    """Say what to write: the name that is nearest to the wrong one, or those that there are."""
    names = sorted(known)
    if near := get_close_matches(str(wrong), names, n=1, cutoff=_NEAR):
        return f"escriba «{near[0]}» si eso quiso decir"
    if not names:
        return "aquí no va nada"
    more = "…" if len(names) > _MOST_NAMED else ""
    return f"escriba uno de estos: {', '.join(names[:_MOST_NAMED])}{more}"


class _Mapping(dict[Any, Any]):
    """A mapping with the line of each name."""

    lines: dict[Any, int]


class _List(list[Any]):
    """A list with the line of each place."""

    lines: dict[Any, int]


class _LinedLoader(yaml.CSafeLoader):
    """The parser in C: the lexicon alone takes the one in Python half a second."""


def _mapping(loader: yaml.CSafeLoader, node: yaml.MappingNode) -> _Mapping:
    found = _Mapping(loader.construct_mapping(node, deep=True))
    named = (key for key, _ in node.value if isinstance(key, yaml.ScalarNode))
    found.lines = {loader.construct_object(key): key.start_mark.line + 1 for key in named}
    found[LINE] = node.start_mark.line + 1
    return found


def _list(loader: yaml.CSafeLoader, node: yaml.SequenceNode) -> _List:
    found = _List(loader.construct_object(child, deep=True) for child in node.value)
    found.lines = {place: child.start_mark.line + 1 for place, child in enumerate(node.value)}
    return found


def _day(loader: yaml.CSafeLoader, node: yaml.ScalarNode) -> Any:
    try:
        return loader.construct_yaml_timestamp(node)
    except ValueError:
        raise yaml.constructor.ConstructorError(None, None, "no such day", node.start_mark) from None


_LinedLoader.add_constructor(yaml.resolver.BaseResolver.DEFAULT_MAPPING_TAG, _mapping)
_LinedLoader.add_constructor(yaml.resolver.BaseResolver.DEFAULT_SEQUENCE_TAG, _list)
_LinedLoader.add_constructor("tag:yaml.org,2002:timestamp", _day)
