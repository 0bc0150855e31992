"""Ten thousand conversations that he takes over: he learns nothing that is not on the phone, and destroys nothing."""

from __future__ import annotations

from datetime import timedelta

import pytest

from bot.dialogue.effects import Forget
from bot.territory import Found, answer
from tests.dialogue.adversary import Story, play
from tests.dialogue.pure import the_book

_STORIES, _PARTS = 10_000, 20
#: How long what she told is kept after BORRAR (seguridad §4).
_GRACE = timedelta(days=15)
_TERRITORY = the_book().facts.territory
_parts = pytest.mark.parametrize("part", range(_PARTS))


def _stories(part: int) -> list[Story]:
    each = _STORIES // _PARTS
    return [play(seed) for seed in range(part * each, (part + 1) * each)]


@_parts
def test_what_she_told_is_not_told_to_him_and_he_destroys_nothing(part: int) -> None:
    compared = opened = forgets = 0
    for story in _stories(part):
        for attempt in story.attempts:
            if attempt.stranger_told is None:
                opened += 1
                _names_no_place_that_is_not_on_the_screen(story, attempt.told, attempt.screen)
            else:
                compared += 1
                assert attempt.told == attempt.stranger_told, (story.seed, attempt.did)
        for effect in story.effects:
            if isinstance(effect, Forget):
                forgets += 1
                assert effect.after >= _GRACE, story.seed
    assert min(compared, opened, 10 * forgets) > 100, "he did not try enough"


def _names_no_place_that_is_not_on_the_screen(story: Story, told: tuple[str, ...], screen: str) -> None:
    """While her context is open he reads on where she stopped; where she is must stand on the screen already."""
    code = story.hers.slots.get("municipality")
    place = _TERRITORY.by_code.get(code) if isinstance(code, str) else None
    if place is not None and any(place.name in text for text in told):
        named = [answer(_TERRITORY, line) for line in screen.splitlines()]
        assert any(isinstance(one, Found) and one.place.code == code for one in named), story.seed
