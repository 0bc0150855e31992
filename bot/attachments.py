"""Attachments are fetched outside of any turn: by a tick, by whoever holds them, and stored sealed."""

from __future__ import annotations

import logging

from bot.errors import MediaNotFetched
from bot.messages import Media, MediaKind
from bot.services import MediaSource
from storage.database import Database
from storage.keys import KeyRing
from storage.media import WantedMedia, give_up_media, keep, take_wanted

log = logging.getLogger(__name__)


async def fetch_wanted(database: Database, ring: KeyRing, source: MediaSource) -> int:
    """Fetch what is due, a few at a time; how many there were. A human is told by the conversation itself."""
    wanted = await take_wanted(database, ring)
    for one in wanted:
        await _fetch(database, source, one)
    return len(wanted)


async def _fetch(database: Database, source: MediaSource, wanted: WantedMedia) -> None:
    announced = Media(url=wanted.url, content_type=wanted.content_type, kind=MediaKind.DOCUMENT)
    try:
        content, content_type = await source.fetch(announced)
    except MediaNotFetched as error:
        log.warning("attachment %s: %s", wanted.id, error)
        await give_up_media(database, wanted, final=not error.retryable)
    except Exception as error:  # noqa: BLE001 - a file that breaks what cleans it must not be fetched for ever
        log.error("attachment %s: %s", wanted.id, type(error).__name__)  # noqa: TRY400
        await give_up_media(database, wanted, final=False)
    else:
        await keep(database, wanted, content, content_type)
