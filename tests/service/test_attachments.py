"""What she attaches is fetched once, stripped, and stored so that only her key opens it."""

from __future__ import annotations

import io
from datetime import timedelta

from PIL import Image

from bot.attachments import fetch_wanted
from bot.errors import MediaNotFetched
from bot.messages import Media, MediaKind
from tests.doubles.rig import Rig, rigged

_URL = "https://api.twilio.com/2010-04-01/Accounts/AC/Messages/MM/Media/ME1"


class FakeSource:
    """Gives one picture, after the errors it was told to raise."""

    def __init__(self, *errors: MediaNotFetched) -> None:
        self.errors, self.asked = list(errors), 0

    async def fetch(self, media: Media) -> tuple[bytes, str]:
        assert media.url == _URL
        self.asked += 1
        if self.errors:
            raise self.errors.pop(0)
        return _picture(), "image/jpeg"


def _picture() -> bytes:
    out = io.BytesIO()
    Image.new("RGB", (8, 8), "red").save(out, "JPEG")
    return out.getvalue()


async def _send_picture(rig: Rig) -> None:
    await rig.write("", media=(Media(url=_URL, content_type="image/jpeg", kind=MediaKind.IMAGE),))


async def test_a_picture_is_kept_sealed_under_her_key(database_url: str) -> None:
    async with rigged(database_url) as rig:
        await _send_picture(rig)
        source = FakeSource()
        assert await fetch_wanted(rig.database, rig.ring, source) == 1
        assert await fetch_wanted(rig.database, rig.ring, source) == 0
        row = (
            await rig.rows(
                "SELECT m.id, m.status, m.bytes_sealed, k.id AS key_id, k.owner_id, k.wrapped"
                " FROM media m, keys.owner_keys k"
            )
        )[0]
        assert row.status == "kept"
        assert _picture() not in row.bytes_sealed
        key = rig.ring.unwrap(key_id=row.key_id, owner_id=row.owner_id, wrapped=row.wrapped)
        assert key.unseal(row.bytes_sealed, table="media", row=row.id, column="bytes") == _picture()


async def test_what_is_not_there_yet_is_tried_again_and_what_is_refused_is_not(database_url: str) -> None:
    async with rigged(database_url) as rig:
        await _send_picture(rig)
        await _send_picture(rig)
        source = FakeSource(MediaNotFetched("404", retryable=True), MediaNotFetched("refused_host"))
        await fetch_wanted(rig.database, rig.ring, source)
        await rig.wait(timedelta(minutes=3))
        await fetch_wanted(rig.database, rig.ring, source)
        rows = await rig.rows("SELECT status FROM media ORDER BY status")
        assert ([row.status for row in rows], source.asked) == (["kept", "refused"], 3)
