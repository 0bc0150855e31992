"""A message changes the conversation once, in order, whatever the provider repeats or shuffles."""

from __future__ import annotations

import asyncio
import random
from datetime import timedelta

from hypothesis import given, settings
from hypothesis import strategies as st

from bot.messages import Address
from tests.doubles.database import TestDatabases
from tests.doubles.rig import Rig, rigged

_PHONES = [Address(channel="whatsapp", value=f"+5730000000{n:02}") for n in range(6)]


async def test_a_second_webhook_changes_nothing(database_url: str) -> None:
    async with rigged(database_url) as rig:
        message = rig.message("buenas")
        assert await rig.intake.accept(message) is True
        assert await rig.intake.accept(message) is False
        await rig.settle()
        assert await rig.intake.accept(message) is False
        await rig.settle()
        assert len(rig.channel.letters) == 1
        assert [tuple(row) for row in await rig.rows("SELECT seq, ending FROM inbox")] == [(1, "reply")]


async def test_every_webhook_three_times_and_shuffled_over_two_services_is_answered_once_and_in_order(
    database_url: str,
) -> None:
    async with rigged(database_url) as one, rigged(database_url) as two:
        messages = [one.message(f"hola {n}", by=phone) for n in range(8) for phone in _PHONES]
        deliveries = messages * 3
        random.Random(7).shuffle(deliveries)
        loops = [asyncio.create_task(part.run()) for rig in (one, two) for part in (rig.worker, rig.delivery)]
        answers = await asyncio.gather(
            *((one if place % 2 else two).intake.accept(message) for place, message in enumerate(deliveries))
        )
        await _until_quiet(one)
        for rig in (one, two):
            await rig.worker.stop()
            await rig.delivery.stop()
        await asyncio.gather(*loops)
        assert sum(answers) == len(messages)
        rows = await one.rows("SELECT source, external_id, ending FROM inbox")
        assert len(rows) == len(messages)
        assert all(row.ending for row in rows)
        await _assert_in_order_and_once(one, two)


async def test_a_repeat_that_races_the_first_of_a_new_phone_makes_one_person(database_url: str) -> None:
    async with rigged(database_url) as one, rigged(database_url) as two:
        message = one.message("hola")
        answers = await asyncio.gather(*(rig.intake.accept(message) for rig in (one, two) for _ in range(5)))
        assert answers.count(True) == 1
        found = await one.rows(
            "SELECT (SELECT count(*) FROM people) AS people, (SELECT count(*) FROM conversations) AS conversations,"
            " (SELECT count(*) FROM inbox) AS messages"
        )
        assert tuple(found[0]) == (1, 1, 1)
        await one.settle()
        assert len(one.channel.letters) == 1


async def test_what_she_writes_in_a_burst_is_read_as_one_and_answered_once(database_url: str) -> None:
    async with rigged(database_url, quiet_seconds=1.5) as rig:
        for words in ("hola", "necesito ayuda", "es mi esposo"):
            await rig.write(words)
            await rig.wait(timedelta(seconds=1))
        assert rig.channel.letters == []
        await rig.wait(timedelta(seconds=1))
        assert rig.interpreter.asked == ["hola\nnecesito ayuda\nes mi esposo"]
        assert len(rig.channel.letters) == 1


async def test_a_burst_that_does_not_end_is_answered_after_six_seconds(database_url: str) -> None:
    async with rigged(database_url, quiet_seconds=1.5) as rig:
        for n in range(7):
            await rig.write(f"mensaje {n}")
            await rig.wait(timedelta(seconds=1))
        assert len(rig.channel.letters) == 1


async def test_danger_is_not_kept_waiting_for_the_rest_of_a_burst(database_url: str) -> None:
    async with rigged(database_url, quiet_seconds=1.5) as rig:
        await rig.write("hola")
        await rig.write("me esta tumbando la puerta ayudaaa")
        assert len(rig.channel.letters) == 1
        assert "123" in rig.channel.texts[0]


@settings(max_examples=15)
@given(order=st.lists(st.integers(0, 5), min_size=1, max_size=18), kills=st.sets(st.integers(0, 17)))
async def test_turns_that_fail_and_are_taken_again_neither_lose_nor_repeat(
    databases: TestDatabases, order: list[int], kills: set[int]
) -> None:
    name = await databases.make()
    async with rigged(databases.url(name)) as rig:
        for place, phone in enumerate(order):
            rig.interpreter.broken = RuntimeError("NLU burst") if place in kills else None
            await rig.write(f"hola {place}", by=_PHONES[phone])
        rig.interpreter.broken = None
        await rig.wait(timedelta(seconds=30))
        rows = await rig.rows("SELECT ending FROM inbox")
        assert len(rows) == len(order)
        assert all(row.ending for row in rows)
        await _assert_in_order_and_once(rig)
    await databases.drop(name)


async def _until_quiet(rig: Rig) -> None:
    async with asyncio.timeout(60):
        while True:
            rows = await rig.rows(
                "SELECT (SELECT count(*) FROM inbox WHERE turn_id IS NULL)"
                " + (SELECT count(*) FROM outbox WHERE status IN ('queued', 'leased')) AS waiting"
            )
            if rows[0].waiting == 0:
                return
            await asyncio.sleep(0.1)


async def _assert_in_order_and_once(*rigs: Rig) -> None:
    rows = await rigs[0].rows(
        "SELECT id, conversation_id, seq, status, sent_at FROM outbox ORDER BY conversation_id, seq"
    )
    assert all(row.status == "sent" for row in rows)
    sent = [letter.outbox_id for rig in rigs for letter in rig.channel.letters]
    assert sorted(sent) == sorted(row.id for row in rows)
    by_conversation: dict[object, list[int]] = {}
    for row in rows:
        by_conversation.setdefault(row.conversation_id, []).append(row.seq)
    assert all(seqs == list(range(1, len(seqs) + 1)) for seqs in by_conversation.values())
    for rig in rigs:
        seen: dict[object, int] = {}
        place = {row.id: (row.conversation_id, row.seq) for row in rows}
        for letter in rig.channel.letters:
            conversation, seq = place[letter.outbox_id]
            assert seq > seen.get(conversation, 0)
            seen[conversation] = seq
