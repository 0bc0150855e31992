"""A provider that was away for an hour: what waits goes out in order, no faster than allowed, what is urgent first."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest

from bot.messages import Address
from bot.pace import Pace
from channels.twilio.account import open_account
from tests.doubles.letters import queue_letter
from tests.doubles.loops import at_work, until
from tests.doubles.rig import Rig, rigged
from tests.doubles.settings import settings_at
from tests.doubles.twilio import TwilioDouble

_PEOPLE = 120
_SENT = "SELECT count(*) = 0 FROM outbox WHERE status IN ('queued', 'leased')"


@asynccontextmanager
async def _waiting(url: str, *, rate: float) -> AsyncIterator[tuple[Rig, TwilioDouble]]:
    """Two letters wait for each of many people, in the order of their phones; three of them are in danger."""
    async with rigged(url) as rig, at_work(rig):
        for n in range(_PEOPLE):
            await rig.intake.accept(rig.message("buenas", by=Address(channel="whatsapp", value=f"+57300{n:07}")))
        await until(rig, "SELECT count(*) = 0 FROM inbox WHERE turn_id IS NULL", within=30)
        await until(rig, _SENT, within=30)
        await rig.rows("DELETE FROM outbox")
    async with (
        TwilioDouble() as twilio,
        open_account(settings_at(twilio)) as account,
        rigged(url, channels=account.channels, rates={"whatsapp": rate}) as rig,
    ):
        await queue_letter(rig, "uno")
        await queue_letter(rig, "dos")
        await rig.rows(
            "UPDATE outbox o SET created_at = now() - interval '1 hour' + p.place * interval '10 milliseconds'"
            " FROM (SELECT c.id, row_number() OVER (ORDER BY c.id) AS place FROM conversations c) p"
            " WHERE p.id = o.conversation_id"
        )
        yield rig, twilio


async def test_a_queue_drains_in_order_at_its_rate_with_the_urgent_first(database_url: str) -> None:
    rate = 60.0
    async with _waiting(database_url, rate=rate) as (rig, twilio):
        await twilio.go_away()
        rows = await rig.rows("SELECT id FROM conversations ORDER BY id")
        urgent = [rows[n].id for n in (70, 90, 110)]
        await rig.rows("UPDATE sessions SET alert = 3 WHERE conversation_id = ANY(:ids)", ids=urgent)
        async with at_work(rig):
            await until(rig, "SELECT sum(attempts) >= 2 FROM outbox", within=20)
            tried = (await rig.rows("SELECT sum(attempts) AS tries FROM outbox"))[0].tries
            assert tried <= 20  # one silent sender, not two hundred and forty letters that try each for itself
            await twilio.come_back()
            began = asyncio.get_running_loop().time()
            await until(rig, _SENT, within=60)
            took = asyncio.get_running_loop().time() - began
        heard = [message.to for message in twilio.messages]
        assert len(heard) == 2 * _PEOPLE
        assert took >= (2 * _PEOPLE - 20) / rate
        phones = await rig.rows("SELECT provider_id, body_sealed, conversation_id, seq FROM outbox")
        by_sid = {row.provider_id: (row.conversation_id, row.seq) for row in phones}
        order = [by_sid[message.sid] for message in twilio.messages]
        assert all(order.index((one.id, 2)) < order.index((one.id, 3)) for one in rows)
        assert {conversation for conversation, _ in order[:4]} >= set(urgent)
        assert max(order.index((one, 3)) for one in urgent) < 24  # each as soon as the one before it was taken
        firsts = [conversation for conversation, seq in order if seq == 2 and conversation not in urgent]
        expected = [one.id for one in rows if one.id not in urgent]
        # Those that are on their way at the same moment may overtake each other by that much, and no more.
        assert max(abs(firsts.index(one) - place) for place, one in enumerate(expected)) < 16
        assert [m.body for m in twilio.messages].count("uno") == _PEOPLE


def test_a_sender_is_silent_longer_each_time_and_one_letter_goes_ahead_of_the_others() -> None:
    pace, now = Pace(rate=10), 100.0
    silences: list[float] = []
    for _ in range(9):
        assert pace.room(now) == 1 if silences else pace.room(now) >= 1
        pace.spend(now)
        silences.append(pace.refused(now, slows=True))
        assert pace.room(now) == 0
        now += silences[-1]
        assert pace.room(now) == 1
        pace.spend(now)
        assert pace.room(now) == 0  # until it is known what became of it
        pace.refused(now)
        now += 60
    assert silences[0] <= 1 < silences[-1] <= 30
    pace.taken()
    assert 0 < pace.portion <= 1


def test_a_sender_never_says_more_than_its_rate_over_any_second() -> None:
    pace, now, said = Pace(rate=20), 0.0, []
    while now < 5:
        for _ in range(pace.room(now)):
            pace.spend(now)
            said.append(now)
        now += 0.01
    assert max(sum(1 for at in said if begin <= at < begin + 1) for begin in said) <= 20 + 5
    assert len(said) == pytest.approx(100, abs=6)


def test_one_letter_whose_answers_nobody_can_read_silences_nobody_but_three_in_a_row_do() -> None:
    pace = Pace(rate=10)
    for _ in range(2):
        pace.unclear(1.0)
    assert pace.room(1.0) >= 1
    pace.unclear(1.0)
    assert pace.room(1.0) == 0


def test_danger_breaks_a_silence_with_one_letter_but_not_more_than_once_a_second() -> None:
    pace = Pace(rate=10)
    for _ in range(6):
        pace.refused(100.0)
    pace.hurry(100.1)
    assert pace.room(100.1) == 1
    pace.spend(100.1)
    pace.refused(100.2)
    pace.hurry(100.3)
    assert pace.room(100.3) == 0
    pace.hurry(101.2)
    assert pace.room(101.2) == 1


def test_the_silence_of_two_replicas_is_not_the_same() -> None:
    assert len({Pace().refused(0.0) for _ in range(20)}) > 15
