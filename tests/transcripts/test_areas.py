"""The seventeen conversations are all shown, and the page that says so is true."""

from __future__ import annotations

from collections import Counter

import pytest

from tests.areas import AREAS, PAGE, without_area, write_page
from tests.dialogue.runner import transcripts

_PLAYED = transcripts()


@pytest.mark.parametrize("area", AREAS, ids=[str(area) for area in AREAS])
def test_each_conversation_is_shown_by_at_least_three_transcripts(area: int) -> None:
    shown = Counter(one for played in _PLAYED for one in played.areas)
    assert shown[area] >= 3, f"{AREAS[area]}: only {shown[area]}"


def test_every_transcript_says_what_it_shows() -> None:
    assert list(without_area(_PLAYED)) == []


def test_the_page_of_conversations_is_what_the_transcripts_say() -> None:
    assert PAGE.read_text(encoding="utf-8") == write_page(_PLAYED), "run: python -m tests.areas"
