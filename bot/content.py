"""A content file as data that knows its lines, so that a mistake is named where it stands."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import yaml

from bot.errors import ContentError

#: Under this key each mapping carries the line on which it begins.
LINE = "__line__"


def read_yaml(path: Path) -> Any:
    """Read a YAML file; raises ``ContentError`` with file and line if it cannot be read."""
    try:
        text = path.read_text(encoding="utf-8")
    except OSError as error:
        raise ContentError(f"cannot be read ({error.strerror})", file=path.name) from None
    try:
        # A subclass of the safe loader: it makes plain values only.
        return yaml.load(text, Loader=_LinedLoader)  # noqa: S506
    except yaml.MarkedYAMLError as error:
        line = error.problem_mark.line + 1 if error.problem_mark else 1
        raise ContentError(f"is not YAML: {error.problem}", file=path.name, line=line) from None
    except yaml.YAMLError as error:
        raise ContentError(f"is not YAML: {error}", file=path.name, line=1) from None


class _LinedLoader(yaml.CSafeLoader):
    """The parser in C: the lexicon alone takes the one in Python half a second."""


def _mapping(loader: yaml.CSafeLoader, node: yaml.MappingNode) -> dict[Any, Any]:
    return {**loader.construct_mapping(node, deep=True), LINE: node.start_mark.line + 1}


_LinedLoader.add_constructor(yaml.resolver.BaseResolver.DEFAULT_MAPPING_TAG, _mapping)
