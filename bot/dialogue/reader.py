"""Values out of a content file, each with the kind that it must have; a complaint names file and line."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import date
from pathlib import Path
from typing import Any

import yaml

from bot.content import LINE, instead, line_of, read_text
from bot.dialogue.condition import BadCondition, Condition, parse
from bot.dialogue.flow import Where
from bot.errors import ContentError

#: How deep a step names its parts: ``next.0.then``.
_DEEPEST = 3


def refuse_duplicates(path: Path) -> None:
    """Two flows of one name in one file are a slip of copying; YAML itself would keep the last in silence."""
    try:
        root = yaml.compose(read_text(path), Loader=getattr(yaml, "CSafeLoader", yaml.SafeLoader))
    except yaml.YAMLError:
        return  # read_yaml says it better
    pending: list[yaml.Node] = [root] if root else []
    while pending:
        node = pending.pop()
        if isinstance(node, yaml.MappingNode):
            seen: dict[str, int] = {}
            for key, value in node.value:
                pending.append(value)
                if not isinstance(key, yaml.ScalarNode):
                    continue
                line = key.start_mark.line + 1
                if key.value in seen:
                    before = seen[key.value]
                    problem = f"«{key.value}» ya está en el renglón {before}; cambie un nombre o borre uno de los dos"
                    raise ContentError(problem, file=path.name, line=line)
                seen[key.value] = line
        elif isinstance(node, yaml.SequenceNode):
            pending += node.value


class Reader:
    """Reads values of one file."""

    def __init__(self, file: str) -> None:
        self._file = file

    def named(self, content: Mapping[str, Any], key: str) -> Iterator[tuple[str, Any, int]]:
        rows = content.get(key)
        if rows is None:
            return
        rows = self.mapping(rows, line_of(content, key, 1), key)
        for name, row in rows.items():
            if name != LINE:
                yield name, row, line_of(rows, name, rows[LINE])

    def condition(self, raw: Any, line: int) -> Condition:
        try:
            return parse(self.text(raw, line, "condición"))
        except BadCondition as error:
            raise self.wrong(str(error), line) from None

    def mapping(self, raw: Any, line: int, what: str, known: set[str] | None = None) -> dict[str, Any]:
        if not isinstance(raw, dict):
            raise self.wrong(f"{what}: aquí van nombres con sus valores; escríbalos así: «nombre: valor»", line)
        for key in raw:
            if not isinstance(key, str):
                problem = f"{what}: un nombre que es número, «yes» o «no» va entre comillas; póngaselas"
                raise self.wrong(problem, line_of(raw, key, raw[LINE]))
            if known is not None and key not in known and key != LINE:
                problem = f"{what}: no se conoce «{key}»; {instead(key, known)}, o quítelo"
                raise self.wrong(problem, line_of(raw, key, raw[LINE]))
        return raw

    def pairs(self, raw: Any, line: int, what: str) -> Iterator[tuple[str, Any]]:
        for key, value in self.mapping(raw, line, what).items():
            if key != LINE:
                yield key, value

    def list(self, raw: Any, line: int, what: str) -> Sequence[Any]:
        if not isinstance(raw, list):
            raise self.wrong(
                f"{what}: aquí va una lista; ponga cada cosa en su renglón con «-», o todas entre [ ]", line
            )
        return raw

    def texts(self, row: Mapping[str, Any], key: str, what: str) -> tuple[str, ...]:
        """The texts in the list under a key, none if there is no such key."""
        items = self.list(row.get(key, []), line_of(row, key, row[LINE]), what)
        lines = [line_of(items, place, row[LINE]) for place in range(len(items))]
        return tuple(self.text(item, line, what) for item, line in zip(items, lines, strict=True))

    def text_of(self, row: Mapping[str, Any], key: str, what: str) -> str:
        """The text under a key."""
        return self.text(row.get(key), line_of(row, key, row[LINE]), f"{what}: {key}")

    def text(self, raw: Any, line: int, what: str) -> str:
        if isinstance(raw, str) and raw.strip():
            return raw
        match raw:
            case None | str():
                problem = "falta el texto; escríbalo entre comillas"
            case bool():
                problem = "«yes», «no», «true», «false», «on» y «off» van entre comillas; póngaselas"
            case int() | float():
                problem = f'el número va entre comillas; escriba "{raw}"'
            case date():
                problem = f'la fecha va entre comillas; escriba "{raw}"'
            case _:
                problem = "aquí va un solo texto; escríbalo entre comillas"
        raise self.wrong(f"{what}: {problem}", line)

    def flag(self, raw: Any, line: int, what: str) -> bool:
        if not isinstance(raw, bool):
            raise self.wrong(f"{what}: solo puede ser sí o no; escriba «true» o «false»", line)
        return raw

    def at(self, line: int, row: Mapping[str, Any] | None = None) -> Where:
        return Where(file=self._file, line=line, parts=dict(_parts(row, "", line)) if row else {})

    def wrong(self, problem: str, line: int) -> ContentError:
        return ContentError(problem, file=self._file, line=line)


def _parts(value: Any, path: str, line: int, depth: int = 0) -> Iterator[tuple[str, int]]:
    """The line of whatever stands within a value, by path."""
    if depth == _DEEPEST or not isinstance(value, dict | list):
        return
    for key, inner in value.items() if isinstance(value, dict) else enumerate(value):
        if key != LINE:
            at = line_of(value, key, line)
            yield f"{path}{key}", at
            yield from _parts(inner, f"{path}{key}.", at, depth + 1)
