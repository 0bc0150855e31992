"""What we missed: the provider's own list of what it heard is offered to the one door, which knows the rest."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta

from bot.errors import SendError
from bot.messages import Media, PastMessage, PersonMessage
from bot.services import Archive, Door
from storage.database import Database
from storage.inbox import known_among
from storage.watermarks import hold_watermark, move_watermark

#: The provider's list and clock may lag behind: so much of what was looked at is looked at again.
OVERLAP = timedelta(minutes=10)
#: How far a first sweep looks back: older messages were for whoever served this number before.
BEGIN = timedelta(hours=1)
#: Should this process die within a sweep, another begins one after so long.
_HOLD = timedelta(seconds=60)
_NAME = "missed messages"
#: Asked of the database at once.
_PORTION = 500

log = logging.getLogger(__name__)


async def sweep(database: Database, door: Door, archive: Archive, *, grace: timedelta, kept: timedelta) -> int:
    """Take what the provider heard and we did not; how many messages. Nothing is taken twice, whoever else sweeps.

    What is younger than ``grace`` may still come by its webhook, which tells more (which button, where she is).
    What has no words and is older than ``kept`` may be one that we had emptied there, and wakes nobody.
    Raises ``DatabaseUnavailable``.
    """
    held = await hold_watermark(database, _NAME, hold=_HOLD, begin=BEGIN)
    if held is None:
        return 0
    try:
        listed = await archive.heard_since(held.at - OVERLAP)
    except SendError as error:
        log.warning("what we missed could not be asked for: %s", error.code)
        await move_watermark(database, _NAME, held.at)
        return 0
    due = [one for one in listed if _is_due(one, held.now - one.sent_at, grace=grace, kept=kept)]
    taken = 0
    for past in await _unknown(database, due):
        taken += await door.accept(await _whole(archive, past))
    await move_watermark(database, _NAME, held.now)
    if taken:
        log.warning("%d messages had been missed and are taken now", taken)
    return taken


def _is_due(past: PastMessage, age: timedelta, *, grace: timedelta, kept: timedelta) -> bool:
    return age >= grace and (age < kept or bool(past.message.text or past.files))


async def _unknown(database: Database, listed: Sequence[PastMessage]) -> list[PastMessage]:
    found: list[PastMessage] = []
    for start in range(0, len(listed), _PORTION):
        portion = listed[start : start + _PORTION]
        ids = [one.message.external_id for one in portion]
        known = await known_among(database, portion[0].message.source, ids)
        found += [one for one in portion if one.message.external_id not in known]
    return found


async def _whole(archive: Archive, past: PastMessage) -> PersonMessage:
    """The message with its files; where they cannot be told, without: a person looks at one that says nothing."""
    files: tuple[Media, ...] = ()
    if past.files:
        try:
            files = await archive.attached(past.message.external_id)
        except SendError as error:
            log.warning("the files of %s could not be asked for: %s", past.message.external_id, error.code)
    return replace(past.message, media=files, sent_at=past.sent_at)
