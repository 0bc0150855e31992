"""Of a letter whose report was lost, the provider is asked; what it says goes the way of any report."""

from __future__ import annotations

import asyncio
import logging

from bot.errors import SendError
from bot.messages import DeliveryStatus
from bot.services import Door, Reporter
from storage.database import Database
from storage.unreported import Unreported, ask_again_later, ask_no_more, take_unreported

#: What one tick asks at most; with a tick every ten seconds, two questions a second.
_PORTION = 20
_AT_ONCE = 4
_CHANNELS = ("whatsapp", "sms")

log = logging.getLogger(__name__)


async def ask_unreported(database: Database, door: Door, reporter: Reporter) -> int:
    """Ask of those that are due; of how many something new was learned. Raises ``DatabaseUnavailable``."""
    room = asyncio.Semaphore(_AT_ONCE)

    async def ask(one: Unreported) -> bool:
        async with room:
            return await _ask(database, door, reporter, one)

    taken = await take_unreported(database, channels=_CHANNELS, limit=_PORTION)
    learned = sum(await asyncio.gather(*(ask(one) for one in taken)))
    if learned:
        log.warning("of %d letters the report had been lost; the provider was asked", learned)
    return learned


async def _ask(database: Database, door: Door, reporter: Reporter, one: Unreported) -> bool:
    try:
        report = await reporter.report_of(one.outbox_id, one.provider_id)
    except SendError as error:  # it is tried again in a minute
        log.warning("what became of letter %s could not be asked: %s", one.outbox_id, error.code)
        return False
    if report is None:
        await ask_no_more(database, one.outbox_id)
        return False
    if report.status is DeliveryStatus.SENT:
        await ask_again_later(database, one.outbox_id)
        return False
    await door.note_delivery(report)
    return True
