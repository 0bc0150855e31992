"""The same conversations through the whole service; then again with everything delivered twice."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest
import pytest_asyncio

from bot.turn import Taken, take_turn
from tests.dialogue.pure import the_book
from tests.dialogue.runner import Transcript, play, transcripts
from tests.doubles.database import TestDatabases
from tests.doubles.rig import rigged
from tests.transcripts.service import ServiceDriver, listening


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def shared_url(databases: TestDatabases) -> AsyncIterator[str]:
    """One database for all: each conversation is another person's."""
    name = await databases.make()
    yield databases.url(name)
    await databases.drop(name)


@pytest.mark.parametrize("times", [1, 2], ids=["once", "twice"])
@pytest.mark.parametrize("transcript", transcripts(), ids=lambda transcript: transcript.name)
async def test_the_conversation_goes_as_written_in_the_service(
    shared_url: str, transcript: Transcript, times: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    taken: list[Taken] = []
    monkeypatch.setattr("bot.worker.take_turn", listening(take_turn, taken))
    async with rigged(shared_url) as rig:
        await play(ServiceDriver(rig, taken, times=times), the_book(), transcript)
