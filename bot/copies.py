"""The provider forgets what it need not know any more: a few messages at a time, until each is gone."""

from __future__ import annotations

import asyncio
import logging
from datetime import timedelta

from bot.errors import SendError
from bot.services import Eraser
from storage.copies import Copy, mark_copy_gone, put_copy_off, take_copies
from storage.database import Database

_PORTION = 40
_AT_ONCE = 8
_FIRST_WAIT = timedelta(seconds=30)
_LONGEST_WAIT = timedelta(hours=6)

log = logging.getLogger(__name__)


async def erase_copies(database: Database, eraser: Eraser) -> int:
    """Delete there what is due, those of erased people first; how many went. What does not go is tried again."""
    room = asyncio.Semaphore(_AT_ONCE)

    async def erase(copy: Copy) -> bool:
        async with room:
            return await _erase(database, eraser, copy)

    taken = await take_copies(database, limit=_PORTION)
    return sum(await asyncio.gather(*(erase(one) for one in taken)))


def wait_after(attempts: int) -> timedelta:
    """Twice as long each time, up to six hours; it is never given up."""
    doubled: timedelta = _FIRST_WAIT * 2 ** min(attempts - 1, 12)
    return min(doubled, _LONGEST_WAIT)


async def _erase(database: Database, eraser: Eraser, copy: Copy) -> bool:
    try:
        await eraser.erase(copy.provider_id, whole=copy.whole)
    except SendError as error:
        log.warning("the provider still keeps %s (attempt %d): %s", copy.provider_id, copy.attempts, error.code)
        await put_copy_off(database, copy.provider_id, code=error.code, after=wait_after(copy.attempts))
        return False
    await mark_copy_gone(database, copy.provider_id)
    return True
