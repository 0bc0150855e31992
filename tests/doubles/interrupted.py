"""A database whose answers are slow to come back: meanwhile, something else happens."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from typing import Any

from sqlalchemy import Row
from sqlalchemy.sql.base import Executable

from storage.database import Database, Params


class InterruptedDatabase(Database):
    """``meanwhile`` is awaited once: after the next answer that has rows, before the asker gets it."""

    meanwhile: Callable[[], Awaitable[object]] | None = None

    async def run(self, query: Executable, params: Params | None = None) -> Sequence[Row[Any]]:
        rows = await super().run(query, params)
        if rows and self.meanwhile is not None:
            meanwhile, self.meanwhile = self.meanwhile, None
            await meanwhile()
        return rows
