"""Values out of a content file, each with the kind that it must have; a complaint names file and line."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import yaml

from bot.content import LINE
from bot.dialogue.condition import BadCondition, Condition, parse
from bot.dialogue.flow import Where
from bot.errors import ContentError


def refuse_duplicates(path: Path) -> None:
    """Two flows of one name in one file are a slip of copying; YAML itself would keep the last in silence."""
    try:
        root = yaml.compose(path.read_text(encoding="utf-8"), Loader=getattr(yaml, "CSafeLoader", yaml.SafeLoader))
    except (yaml.YAMLError, OSError):
        return  # read_yaml says it better
    pending: list[yaml.Node] = [root] if root else []
    while pending:
        node = pending.pop()
        if isinstance(node, yaml.MappingNode):
            seen: set[str] = set()
            for key, value in node.value:
                if key.value in seen:
                    raise ContentError(f"{key.value!r} stands twice", file=path.name, line=key.start_mark.line + 1)
                seen.add(key.value)
                pending.append(value)
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
        rows = self.mapping(rows, 1, key)
        line = rows[LINE]
        for name, row in rows.items():
            if name != LINE:
                yield name, row, _line_of(row, line)

    def condition(self, raw: Any, line: int) -> Condition:
        try:
            return parse(self.text(raw, line, "a condition"))
        except BadCondition as error:
            raise self.wrong(str(error), line) from None

    def mapping(self, raw: Any, line: int, what: str, known: set[str] | None = None) -> dict[str, Any]:
        if not isinstance(raw, dict):
            raise self.wrong(f"{what}: expected names and values", line)
        for key in raw:
            if not isinstance(key, str):
                raise self.wrong(f"{what}: {key!r} must be a text; put it in quotes", raw[LINE])
        if known is not None and (unknown := set(raw) - known - {LINE}):
            raise self.wrong(f"{what}: {min(unknown)!r} is not known here", raw[LINE])
        return raw

    def pairs(self, raw: Any, line: int, what: str) -> Iterator[tuple[str, Any]]:
        for key, value in self.mapping(raw, line, what).items():
            if key != LINE:
                yield key, value

    def list(self, raw: Any, line: int) -> Sequence[Any]:
        if not isinstance(raw, list):
            raise self.wrong(f"expected a list, not {raw!r}", line)
        return raw

    def text(self, raw: Any, line: int, what: str) -> str:
        if not isinstance(raw, str) or not raw.strip():
            raise self.wrong(f"{what} must be a text, not {raw!r}; put it in quotes", line)
        return raw

    def flag(self, raw: Any, line: int, what: str) -> bool:
        if not isinstance(raw, bool):
            raise self.wrong(f"{what} is true or false", line)
        return raw

    def at(self, line: int) -> Where:
        return Where(file=self._file, line=line)

    def wrong(self, problem: str, line: int) -> ContentError:
        return ContentError(problem, file=self._file, line=line)


def _line_of(row: Any, line: int) -> int:
    if isinstance(row, dict):
        return int(row.get(LINE, line))
    if isinstance(row, list) and row and isinstance(row[0], dict):
        return int(row[0].get(LINE, line))
    return line
