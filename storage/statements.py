"""The hot path's SQL by name: ``statement("accept")`` is ``sql/accept.sql``."""

from __future__ import annotations

from functools import cache
from importlib.resources import files

from sqlalchemy import TextClause, text


@cache
def statement(name: str) -> TextClause:
    """Read one named statement; each file's first line says what it does."""
    return text(files("storage").joinpath("sql", f"{name}.sql").read_text(encoding="utf-8"))
