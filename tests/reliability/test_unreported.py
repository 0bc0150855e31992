"""A report that never came: the provider is asked, so that a letter that failed is seen by somebody."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import timedelta

import pytest

from bot.messages import Address
from bot.unreported import ask_unreported
from storage.forgetting import forget_due
from tests.doubles.database import move_clock
from tests.doubles.erasure import ask_to_forget
from tests.doubles.world import World, open_world


@dataclass
class Unheard(World):
    """She has written and was answered; what Twilio reports of it finds nobody."""

    async def tick(self) -> int:
        """What the service does every ten seconds, and what follows from it."""
        learned = await ask_unreported(self.rig.database, self.rig.intake, self.account.reporter)
        await self.rig.settle()
        return learned

    def becomes(self, status: str, code: int | None = None) -> None:
        """Twilio knows more of the first letter, and its report is lost."""
        message = self.twilio.messages[0]
        message.status, message.error_code = status, code

    @property
    def asked(self) -> int:
        return self.twilio.requests["fetch"]


@pytest.fixture
async def world(database_url: str) -> AsyncIterator[Unheard]:
    async with open_world(database_url) as opened:
        await opened.sent()
        yield Unheard(rig=opened.rig, twilio=opened.twilio, account=opened.account)


@pytest.mark.parametrize("code", ["30003", "63024"])
async def test_a_letter_that_failed_while_nobody_heard_it_is_told_to_a_person(world: Unheard, code: str) -> None:
    world.becomes("undelivered", int(code))
    assert (await world.tick(), world.asked) == (0, 0)  # its report may still be on its way
    await world.rig.wait(timedelta(minutes=6))
    assert await world.tick() == 1
    assert await world.letter() == ("failed", code)
    rows = await world.rig.rows("SELECT reason FROM handovers WHERE closed_at IS NULL")
    assert [row.reason for row in rows] == ["delivery_failed"]


async def test_a_failure_that_was_missed_over_a_weekend_is_still_found(world: Unheard) -> None:
    world.becomes("failed", 63016)
    await world.rig.wait(timedelta(hours=60))
    assert await world.tick() == 1
    assert await world.letter() == ("failed", "63016")


@pytest.mark.parametrize("status", ["delivered", "read"])
async def test_what_arrived_is_shown_as_arrived_and_not_asked_for_again(world: Unheard, status: str) -> None:
    world.becomes(status)
    await world.rig.wait(timedelta(minutes=6))
    assert await world.tick() == 1
    assert await world.letter() == (status, None)
    await world.rig.wait(timedelta(hours=2))
    assert (await world.tick(), world.asked) == (0, 1)


async def test_a_phone_that_stays_off_is_asked_for_ever_more_rarely_and_then_no_more(world: Unheard) -> None:
    world.becomes("sent")
    for _ in range(5 * 24 * 4):  # five days, looked at every quarter of an hour
        await move_clock(world.rig.database, timedelta(minutes=15))
        await ask_unreported(world.rig.database, world.rig.intake, world.account.reporter)
    assert 5 <= world.asked <= 10
    assert await world.letter() == ("sent", None)


async def test_while_twilio_does_not_answer_the_question_is_kept(world: Unheard) -> None:
    world.becomes("undelivered", 30005)
    await world.rig.wait(timedelta(minutes=6))
    world.twilio.fail("503", times=2, on="any")
    for _ in range(2):
        assert await world.tick() == 0
        assert await world.tick() == 0  # and it is not hammered
        await world.rig.wait(timedelta(seconds=61))
    assert world.asked == 2
    assert await world.tick() == 1
    assert await world.letter() == ("failed", "30005")


async def test_of_what_twilio_has_no_record_any_more_it_is_asked_once(world: Unheard) -> None:
    world.twilio.everything.clear()
    for _ in range(3):
        await world.rig.wait(timedelta(minutes=6))
        assert await world.tick() == 0
    assert world.asked == 1


async def test_nobody_asks_what_became_of_the_letters_of_somebody_who_is_forgotten(world: Unheard) -> None:
    await ask_to_forget(world.rig)
    await world.rig.settle()
    assert await forget_due(world.rig.database) == 1
    await world.rig.wait(timedelta(minutes=6))
    assert (await world.tick(), world.asked) == (0, 0)


async def test_many_are_asked_for_a_few_at_a_time_and_each_once(world: Unheard) -> None:
    for number in range(30):
        await world.rig.write("buenas", by=Address(channel="whatsapp", value=f"+57300000{number:04}"))
    await world.rig.wait(timedelta(minutes=6))
    for message in world.twilio.messages:
        message.status = "delivered"
    assert [await world.tick() for _ in range(3)] == [20, 11, 0]
    assert world.asked == 31
