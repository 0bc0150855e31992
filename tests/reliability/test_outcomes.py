"""Each of the provider's bad days has an outcome that people can see: what she hears, what is shown, who is told."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from datetime import timedelta

import pytest

from bot.dialogue.state import Phone
from bot.messages import Address
from bot.outcomes import Does, load_outcomes, outcome_of
from channels.console.present import why_not
from channels.twilio import rest
from tests.doubles.letters import queue_letter
from tests.doubles.rig import HER
from tests.doubles.world import World, open_world

#: Past the longest silence of a sender, and past a lease in doubt.
_LATER = timedelta(seconds=70)


@pytest.fixture
async def world(database_url: str) -> AsyncIterator[World]:
    async with open_world(database_url) as opened:
        yield opened


@pytest.mark.parametrize("trouble", ["20429", "63018", "503", "20003", "away"])
async def test_a_provider_that_takes_nothing_just_now_is_waited_for_and_gets_it_once(
    world: World, trouble: str
) -> None:
    if trouble == "away":
        await world.twilio.go_away()
    else:
        world.twilio.fail(trouble)
    await world.rig.write("buenas")
    code = {"away": "refused", "503": "20503"}.get(trouble, trouble)
    assert outcome_of(code).does is Does.PAUSE
    assert await world.letter() == ("queued", code)
    if trouble == "away":
        await world.twilio.come_back()
    await world.rig.wait(_LATER)
    assert (await world.letter())[0] == "sent"
    assert len(world.twilio.messages) == 1
    assert await world.reasons() == []


@pytest.mark.parametrize(
    ("trouble", "was_taken"),
    [
        ("500", False), ("502", False), ("504", False), ("reset", False), ("hang", False),
        ("reset_after", True), ("hang_after", True), ("garbled", True),
    ],
)  # fmt: skip
async def test_what_may_have_been_taken_is_asked_for_before_it_is_sent_again_and_she_hears_it_once(
    world: World, monkeypatch: pytest.MonkeyPatch, trouble: str, was_taken: bool
) -> None:
    monkeypatch.setattr(rest, "ANSWER_SECONDS", 0.1)
    world.twilio.fail(trouble)
    await world.rig.write("buenas")
    status, code = await world.letter()
    assert (status, outcome_of(code).does, len(world.twilio.messages)) == ("leased", Does.ASK, was_taken)
    await world.rig.wait(_LATER)
    assert (await world.letter())[0] == "sent"
    assert world.twilio.requests["list"] == 1
    assert len(world.twilio.messages) == 1


@pytest.mark.parametrize("code", ["21211", "21614"])
async def test_a_phone_that_does_not_exist_is_tried_once_and_a_person_is_told(world: World, code: str) -> None:
    world.twilio.fail(code)
    await world.rig.write("buenas")
    await world.rig.wait(_LATER)
    assert await world.letter() == ("failed", code)
    assert world.twilio.requests["create"] == 1
    assert await world.reasons() == ["delivery_failed"]


@pytest.mark.parametrize("how", ["at_once", "callback"])
async def test_a_window_that_was_shut_already_stays_shut_until_she_writes(world: World, how: str) -> None:
    if how == "at_once":
        world.twilio.fail("63016")
        await world.rig.write("buenas")
    else:
        await world.twilio.report(await world.sent(), "failed", code=63016)
    await world.rig.settle()
    assert await world.letter() == ("failed", "63016")
    assert await world.reasons() == ["delivery_failed"]
    asked = world.twilio.requests["create"]
    await queue_letter(world.rig, "¿Cómo sigue?")
    await world.rig.settle()
    assert world.twilio.requests["create"] == asked
    rows = await world.rig.rows("SELECT status, code FROM outbox WHERE author = 'staff'")
    assert [tuple(row) for row in rows] == [("withdrawn", "window_closed")]
    await world.rig.write("sigo aqui")
    assert world.twilio.requests["create"] == asked + 1


async def test_what_she_wrote_after_the_letter_that_was_refused_keeps_the_window_open(world: World) -> None:
    sid = await world.sent()
    await world.rig.wait(timedelta(seconds=1))
    await world.rig.intake.accept(world.rig.message("sigo aqui"))
    await world.twilio.report(sid, "failed", code=63016)
    await world.rig.settle()
    rows = await world.rig.rows("SELECT window_until > now() AS open FROM conversations")
    assert [row.open for row in rows] == [True]


@pytest.mark.parametrize("how", ["at_once", "callback"])
async def test_whoever_opted_out_at_her_carrier_hears_nothing_more_and_a_person_is_told(world: World, how: str) -> None:
    if how == "at_once":
        world.twilio.opted_out.add(HER.value)
        await world.rig.write("buenas")
    else:
        await world.twilio.report(await world.sent(), "failed", code=21610)
        await world.rig.settle()
    assert await world.letter() == ("failed", "21610")
    assert await world.reasons() == ["opted_out"]
    asked = world.twilio.requests["create"]
    await queue_letter(world.rig, "Hola, soy Ana.")
    await world.rig.settle()
    assert world.twilio.requests["create"] == asked
    rows = await world.rig.rows("SELECT phone, mode FROM conversations")
    assert [tuple(row) for row in rows] == [(Phone.LEFT, "stopped")]
    world.twilio.opted_out.clear()
    await world.rig.write("buenas")
    assert world.twilio.requests["create"] == asked + 1


@pytest.mark.parametrize("code", ["30003", "30004", "30005", "30006", "30007", "30008", "63024"])
async def test_what_fails_after_it_was_taken_is_told_to_a_person_in_words(world: World, code: str) -> None:
    sid = await world.sent()
    answer = await world.twilio.report(sid, "undelivered", code=int(code))
    assert answer.status == 200
    await world.rig.settle()
    assert await world.letter() == ("failed", code)
    assert await world.reasons() == ["delivery_failed"]
    assert why_not(code) != why_not(None)
    assert len(world.twilio.messages) == 1


async def test_a_report_that_we_are_too_fast_holds_back_those_that_are_not_sent_yet(world: World) -> None:
    sid = await world.sent()
    await world.twilio.report(sid, "undelivered", code=63018)
    asked = world.twilio.requests["create"]
    await world.rig.write("buenas", by=Address(channel="whatsapp", value="+573009998877"))
    assert world.twilio.requests["create"] == asked
    await world.rig.wait(_LATER)
    assert world.twilio.requests["create"] == asked + 2  # the one that was dropped, too


async def test_a_report_that_comes_before_the_answer_is_believed_and_nothing_is_sent_twice(world: World) -> None:
    hold = world.twilio.hold(moment="after")
    await world.rig.intake.accept(world.rig.message("buenas"))
    writing = asyncio.create_task(world.rig.settle())
    await hold.reached.wait()
    await world.twilio.report(world.twilio.messages[0].sid, "delivered")
    hold.drop()  # and the answer never comes
    await writing
    assert (await world.letter())[0] == "delivered"
    await world.rig.wait(_LATER)
    assert len(world.twilio.messages) == 1


async def test_a_forged_report_changes_nothing(world: World) -> None:
    sid = await world.sent()
    letter = world.twilio.messages[0].status_callback.partition("letter=")[2]
    form = {"MessageSid": sid, "MessageStatus": "failed", "ErrorCode": "21610"}
    answer = await world.twilio.post(f"/twilio/status?letter={letter}", form, signature="A" * 28)
    assert answer.status == 403
    await world.rig.settle()
    assert await world.letter() == ("sent", None)
    assert await world.reasons() == []


def test_every_code_of_the_table_says_in_words_why() -> None:
    said = {outcome.says for outcome in load_outcomes().values()}
    assert len(said) == len({outcome.name for outcome in load_outcomes().values()})
    assert all(why_not(code) for code in load_outcomes())
