"""Whether the letters that a day may cost are spent: looked at now and then, and known without asking."""

from __future__ import annotations

import logging

from storage.database import Database
from storage.health import sent_today

log = logging.getLogger(__name__)


class Budget:
    """One process's knowledge of it; ``most`` is how many letters may leave in 24 hours."""

    def __init__(self, database: Database, *, most: int) -> None:
        self._database, self._most = database, most
        self._is_spent = False

    def is_spent(self) -> bool:
        """Whether it was so when it was last looked at."""
        return self._is_spent

    async def look(self) -> None:
        """Count again. Raises ``DatabaseUnavailable``; then what was known stays."""
        was, self._is_spent = self._is_spent, await sent_today(self._database) >= self._most
        if was is not self._is_spent:
            log.warning("the letters of a day are %s", "spent" if self._is_spent else "no longer spent")
