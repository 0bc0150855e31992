"""Whatever happens in whatever order, there is one who speaks, and she is never left to nobody."""

from __future__ import annotations

from functools import cache

from bot.takeover import Claim, Stage, Strike, next_strike, standing, take
from tests.takeover.closure import ANA, CLOCKS, MINUTE, NOW, World, explore, speakers


@cache
def _worlds() -> set[World]:
    return explore()[0]


def test_in_no_order_of_things_do_two_speak_to_her_nor_nobody() -> None:
    for world in _worlds():
        assert len(speakers(world)) == 1, world


def test_whoever_holds_her_and_does_nothing_more_gives_her_back() -> None:
    """Two minutes of calling and three of silence at the most, in the clocks of this test."""
    for world in _worlds():
        handover = world.handover
        if handover.stage is Stage.HELD and handover.unanswered_since is not None:
            for minute in range(7):
                handover = take(CLOCKS, handover, Strike(), NOW + minute * MINUTE).handover
            assert handover.stage is Stage.WAITING, world


def test_she_always_has_an_owner_a_place_or_a_reason() -> None:
    for world in _worlds():
        place = standing(world.handover, NOW)
        if world.handover.stage is Stage.HELD:
            assert place in ("owner", "calling", "accompanying")
            if world.handover.unanswered_since is not None or world.handover.lost_at is not None:
                assert next_strike(CLOCKS, world.handover) is not None, "nobody would take her back"
        else:
            assert place == ("queue" if world.handover.stage is Stage.WAITING else "bot")


def test_whoever_waits_can_be_claimed_within_two_minutes_by_somebody_with_free_hands() -> None:
    for world in _worlds():
        if world.handover.stage is Stage.WAITING:
            later = NOW + 2 * MINUTE
            assert take(CLOCKS, world.handover, Claim(staff=ANA), later).refused is None


def test_everything_was_explored() -> None:
    assert {world.handover.stage for world in _worlds()} == set(Stage)
    assert len(_worlds()) > 1_000
