"""What the provider took and then dropped because we were too fast goes again: late, in its place, and never twice."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from datetime import timedelta

import pytest

from bot.copies import erase_copies
from bot.outcomes import drops
from channels.console.present import why_not
from storage.outbox import AGAIN_AT_MOST
from tests.doubles.database import move_clock
from tests.doubles.letters import queue_letter
from tests.doubles.world import World, open_world

#: Past the silence of a sender that was too fast, and past the wait of the letter itself.
_LATER = timedelta(minutes=2)
_ROUTE = "Ruta: comisaría de familia"


@pytest.fixture
async def world(database_url: str) -> AsyncIterator[World]:
    async with open_world(database_url) as opened:
        yield opened


async def _drop(world: World, sid: str, code: int = 63018) -> None:
    """Twilio reports that this one went nowhere, for our speed."""
    assert (await world.twilio.report(sid, "undelivered", code=code)).status == 200
    await world.rig.settle()


def _arrived(world: World) -> list[str]:
    """What was not dropped, in the order in which Twilio got it."""
    return [message.body for message in world.twilio.messages if not drops(str(message.error_code))]


@pytest.mark.parametrize("code", [63018, 30001])
async def test_she_hears_it_once_all_the_same_and_until_then_the_console_says_why(world: World, code: int) -> None:
    sid = await world.sent()
    await _drop(world, sid, code)
    assert await world.letter() == ("queued", str(code))
    assert why_not(str(code)) == "pidieron ir más despacio"
    assert len(world.twilio.messages) == 1  # not at once
    await world.rig.wait(_LATER)
    assert await world.letter() == ("sent", None)
    assert len(_arrived(world)) == 1
    assert await world.reasons() == []
    await world.twilio.report(world.twilio.messages[1].sid, "delivered")
    assert await world.letter() == ("delivered", None)


async def test_what_is_dropped_again_and_again_is_given_up_and_told_to_a_person(world: World) -> None:
    await world.sent()
    for tries in range(1, AGAIN_AT_MOST + 2):
        assert len(world.twilio.messages) == tries
        await _drop(world, world.twilio.messages[-1].sid)
        await world.rig.wait(_LATER)
    assert len(world.twilio.messages) == AGAIN_AT_MOST + 1
    assert await world.letter() == ("failed", "63018")
    assert await world.reasons() == ["delivery_failed"]


@pytest.mark.parametrize(("status", "code"), [("delivered", None), ("sent", None), ("failed", 30003)])
async def test_before_it_goes_again_twilio_is_asked_and_if_it_says_anything_else_nothing_goes(
    world: World, status: str, code: int | None
) -> None:
    sid = await world.sent()
    await _drop(world, sid)
    world.twilio.messages[0].status, world.twilio.messages[0].error_code = status, code
    await world.rig.wait(_LATER)
    assert len(world.twilio.messages) == 1
    assert await world.letter() == ("sent", None)  # and what became of it is asked like that of any other


async def test_while_twilio_does_not_answer_that_question_it_waits(world: World) -> None:
    sid = await world.sent()
    await _drop(world, sid)
    world.twilio.fail("500", times=1, on="any")
    await world.rig.wait(_LATER)
    assert len(world.twilio.messages) == 1
    await world.rig.wait(_LATER)
    assert len(_arrived(world)) == 1


async def test_if_twilio_has_no_record_of_it_any_more_nothing_goes_and_a_person_is_told(world: World) -> None:
    sid = await world.sent()
    await _drop(world, sid)
    world.twilio.everything.clear()
    await world.rig.wait(_LATER)
    assert world.twilio.messages == []
    assert (await world.letter())[0] == "failed"
    assert await world.reasons() == ["delivery_failed"]


async def test_the_report_that_comes_twice_or_late_does_not_send_it_twice(world: World) -> None:
    sid = await world.sent()
    await _drop(world, sid)
    await _drop(world, sid)
    await world.twilio.report(sid, "sent")
    assert await world.letter() == ("queued", "63018")
    world.twilio.messages[0].status, world.twilio.messages[0].error_code = "undelivered", 63018
    await world.rig.wait(_LATER)
    await _drop(world, sid)
    await world.rig.wait(_LATER)
    assert len(world.twilio.messages) == 2
    assert await world.letter() == ("sent", None)


async def test_if_it_had_arrived_after_all_it_does_not_go_again(world: World) -> None:
    sid = await world.sent()
    await _drop(world, sid)
    await world.twilio.report(sid, "read")
    await world.rig.wait(_LATER)
    assert len(world.twilio.messages) == 1
    assert await world.letter() == ("read", None)


async def test_a_report_before_the_answer_sends_it_once_more_and_not_twice(world: World) -> None:
    hold = world.twilio.hold(moment="after")
    await world.rig.intake.accept(world.rig.message("buenas"))
    writing = asyncio.create_task(world.rig.settle())
    await hold.reached.wait()
    await world.twilio.report(world.twilio.messages[0].sid, "undelivered", code=63018)
    hold.drop()  # and the answer never comes
    await writing
    await world.rig.wait(_LATER)
    await world.rig.wait(_LATER)
    assert len(world.twilio.messages) == 2
    assert len(_arrived(world)) == 1


async def test_what_is_said_after_it_waits_behind_it(world: World) -> None:
    sid = await world.sent()
    await _drop(world, sid)
    await queue_letter(world.rig, "Hola, soy Ana.")
    await world.rig.settle()
    assert len(world.twilio.messages) == 1
    await world.rig.wait(_LATER)
    first, second = _arrived(world)
    assert (first, second) == (world.twilio.messages[0].body, "Hola, soy Ana.")


async def test_what_was_overtaken_by_a_later_answer_is_not_said_after_it_and_a_person_is_told(world: World) -> None:
    sid = await world.sent()
    await world.rig.write("1")
    await _drop(world, sid)
    assert await world.letter() == ("failed", "63018")
    assert await world.reasons() == ["delivery_failed"]
    await world.rig.wait(_LATER)
    assert sid == world.twilio.messages[0].sid
    assert world.twilio.messages[0].body not in _arrived(world)


@pytest.mark.parametrize("how", ["before_the_report", "while_it_waits"])
async def test_once_she_was_watched_it_never_goes_whatever_she_writes_later(world: World, how: str) -> None:
    for words in ("buenas", "1"):
        await world.rig.write(words)
    await queue_letter(world.rig, _ROUTE)
    await world.rig.settle()
    assert world.twilio.messages[-1].body == _ROUTE
    sid = world.twilio.messages[-1].sid
    if how == "while_it_waits":
        await _drop(world, sid)
    await world.rig.intake.accept(world.rig.message("me miran"))
    await world.rig.worker.work_once()
    if how == "before_the_report":
        assert (await world.twilio.report(sid, "undelivered", code=63018)).status == 200
    await world.rig.write("me va a matar")
    await world.rig.wait(_LATER)
    assert _ROUTE not in _arrived(world)


@pytest.mark.parametrize("how", ["before_the_report", "while_it_waits"])
async def test_the_bot_does_not_speak_over_a_person_who_has_begun_meanwhile(world: World, how: str) -> None:
    sid = await world.sent()
    claim = "UPDATE conversations SET mode = 'human'"
    if how == "before_the_report":
        await world.rig.rows(claim)
        await _drop(world, sid)
        assert await world.letter() == ("failed", "63018")
    else:
        await _drop(world, sid)
        await world.rig.rows(claim)
        await world.rig.wait(_LATER)
        assert await world.letter() == ("withdrawn", "claimed")
    assert len(world.twilio.messages) == 1


async def test_after_half_an_hour_nobody_knows_who_holds_the_phone_and_a_person_is_told_instead(world: World) -> None:
    sid = await world.sent()
    await move_clock(world.rig.database, timedelta(minutes=31))
    await _drop(world, sid)
    assert await world.letter() == ("failed", "63018")
    await world.rig.wait(_LATER)
    assert len(world.twilio.messages) == 1


async def test_what_was_dropped_does_not_lie_at_twilio_for_ever(world: World) -> None:
    sid = await world.sent()
    await _drop(world, sid)
    await world.rig.wait(_LATER)
    await world.rig.wait(timedelta(hours=1))
    await erase_copies(world.rig.database, world.account.eraser)
    assert sid not in [message.sid for message in world.twilio.everything]
