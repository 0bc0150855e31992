"""Every conversation in this folder, by the engine alone; one of them: ``pytest tests/transcripts -k <its name>``."""

from __future__ import annotations

import pytest

from tests.dialogue.pure import PureDriver, the_book
from tests.dialogue.runner import Transcript, play, transcripts


@pytest.mark.parametrize("transcript", transcripts(), ids=lambda transcript: transcript.name)
async def test_the_conversation_goes_as_written(transcript: Transcript) -> None:
    await play(PureDriver(the_book()), the_book(), transcript)
