"""Whatever comes with Twilio's own signature is taken or refused in our words, is in no log, and harms nobody else."""

from __future__ import annotations

import io
import logging
import os
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from datetime import timedelta
from itertools import count
from typing import Any

import aiohttp
import pytest
from hypothesis import Phase, example, given, settings
from hypothesis import strategies as st
from twilio.request_validator import RequestValidator

from bot.messages import Address
from channels.twilio.webhook import LARGEST_BODY, form_of
from tests.channels.conftest import PUBLIC_URL, listening, settings_for
from tests.doubles.rig import Rig, rigged
from tests.doubles.twilio import AUTH_TOKEN
from tests.fuzz.forms import SECRET, Pairs, encode, inbound, status

# A form of many long fields is long to show, too.
pytestmark = pytest.mark.filterwarnings("ignore:Generating overly large repr")

#: Batches of up to eight forms, not made smaller when one fails, since the database remembers the others.
#: HYPOTHESIS_PROFILE=long tries twenty times as many (with --timeout 0).
_BATCHES = 1_000 if os.environ.get("HYPOTHESIS_PROFILE") == "long" else 50

#: A sender that was too fast is silent for no longer (``bot/pace.py``).
_SLOWEST = timedelta(seconds=30)


@dataclass
class Doors:
    """The service's own two doors on a real database, and who knocks with a true signature."""

    rig: Rig
    url: str
    session: aiohttp.ClientSession
    _strangers: Any = field(default_factory=count)

    async def post(
        self, path: str, body: bytes | io.BytesIO | AsyncIterator[bytes], *, signed: bytes | None = None
    ) -> int:
        """Post a form; the status of the answer, whose text quotes nothing."""
        covered = signed if signed is not None else body
        assert isinstance(covered, bytes)
        headers = {
            "Content-Type": "application/x-www-form-urlencoded; charset=utf-8",
            "X-Twilio-Signature": RequestValidator(AUTH_TOKEN).compute_signature(PUBLIC_URL + path, form_of(covered)),
        }
        async with self.session.post(self.url + path, data=body, headers=headers) as response:
            assert SECRET not in await response.text()
            return response.status

    async def somebody_honest_is_answered(self) -> None:
        """She writes what people write, and hears the neutral question."""
        her = Address(channel="whatsapp", value=f"+5731{next(self._strangers):08}")
        pairs = {"MessageSid": f"SM-{her.value[1:]}", "From": f"whatsapp:{her.value}", "Body": "buenas"}
        assert await self.post("/twilio/inbound", encode([(k.encode(), v.encode()) for k, v in pairs.items()])) == 200
        await self.rig.settle()
        if her not in [one.address for one in self.rig.channel.letters]:
            await self.rig.wait(_SLOWEST)  # a letter was said to be dropped for speed: everybody waits a moment
        heard = [one.reply.text for one in self.rig.channel.letters if one.address == her]
        assert len(heard) == 1
        assert "escribir con calma" in heard[0]


@pytest.fixture
async def doors(database_url: str) -> AsyncIterator[Doors]:
    async with (
        rigged(database_url) as rig,
        listening(rig.intake, settings_for("")) as url,
        aiohttp.ClientSession() as session,
    ):
        await rig.write("buenas")
        yield Doors(rig=rig, url=url, session=session)


@pytest.fixture
def logs(caplog: pytest.LogCaptureFixture) -> pytest.LogCaptureFixture:
    caplog.set_level(logging.DEBUG)
    return caplog


@settings(max_examples=_BATCHES, phases=[Phase.explicit, Phase.reuse, Phase.generate])
@given(batch=st.lists(inbound(), min_size=1, max_size=8))
async def test_whatever_a_person_is_said_to_have_sent(
    doors: Doors, logs: pytest.LogCaptureFixture, batch: list[Pairs]
) -> None:
    for pairs in batch:
        body = encode(pairs)
        assert await doors.post("/twilio/inbound", body) in ((200, 400) if len(body) <= LARGEST_BODY else (413,))
    await doors.rig.settle()
    assert await doors.rig.rows("SELECT 1 FROM inbox WHERE failed_at IS NOT NULL OR turn_id IS NULL") == []
    await doors.somebody_honest_is_answered()
    assert SECRET not in logs.text
    logs.clear()


@settings(max_examples=_BATCHES, phases=[Phase.explicit, Phase.reuse, Phase.generate])
@given(batch=st.lists(st.tuples(status(), st.integers(0, 3)), min_size=1, max_size=8))
@example(batch=[([(b"MessageSid", b"SM1"), (b"MessageStatus", b"failed"), (b"ErrorCode", b"30001")], 0)])
async def test_whatever_is_said_to_have_become_of_a_letter(
    doors: Doors, logs: pytest.LogCaptureFixture, batch: list[tuple[Pairs, int]]
) -> None:
    known = doors.rig.channel.letters[0].outbox_id
    letters = (str(known), str(doors.rig.channel.letters[-1].outbox_id), "0190a1b2-0000-7000-8000-000000000000", "x%00")
    for pairs, which in batch:
        path, body = f"/twilio/status?letter={letters[which]}", encode(pairs)
        assert await doors.post(path, body) in ((200, 400) if len(body) <= LARGEST_BODY else (413,))
    await doors.rig.settle()
    assert await doors.rig.rows("SELECT 1 FROM inbox WHERE failed_at IS NOT NULL") == []
    await doors.somebody_honest_is_answered()
    assert SECRET not in logs.text
    logs.clear()


@pytest.mark.parametrize("room", [1, 0])
@pytest.mark.parametrize("name", ["Body", "ProfileName", "ChannelMetadata", "ButtonPayload"])
async def test_a_body_as_large_as_is_allowed_is_taken(
    doors: Doors, logs: pytest.LogCaptureFixture, room: int, name: str
) -> None:
    honest = encode([(b"MessageSid", b"SM77"), (b"From", b"whatsapp:+573005550001"), (name.encode(), b"")])
    body = honest + SECRET.encode() * (LARGEST_BODY // len(SECRET))
    body = body[: LARGEST_BODY - room]
    assert len(body) == LARGEST_BODY - room
    assert await doors.post("/twilio/inbound", body) == 200
    await doors.rig.settle()
    assert await doors.rig.rows("SELECT 1 FROM inbox WHERE failed_at IS NOT NULL OR turn_id IS NULL") == []
    await doors.somebody_honest_is_answered()
    assert SECRET not in logs.text


@pytest.mark.parametrize("is_announced", [True, False])
@pytest.mark.parametrize("size", [LARGEST_BODY + 1, 10 * 1024 * 1024])
@pytest.mark.parametrize("path", ["/twilio/inbound", f"/twilio/status?letter={'0' * 32}"])
async def test_ten_megabytes_are_refused_unread_and_the_next_is_answered(
    doors: Doors, logs: pytest.LogCaptureFixture, path: str, size: int, is_announced: bool
) -> None:
    honest = encode([(b"MessageSid", b"SM77"), (b"From", b"whatsapp:+573005550001"), (b"Body", SECRET.encode())])
    body = honest + b"a" * (size - len(honest))

    async def in_pieces() -> AsyncIterator[bytes]:
        for start in range(0, size, 65_536):
            yield body[start : start + 65_536]

    assert await doors.post(path, io.BytesIO(body) if is_announced else in_pieces(), signed=body) == 413
    await doors.somebody_honest_is_answered()
    assert SECRET not in logs.text
