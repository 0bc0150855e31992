"""The day's letters are spent: nobody is silenced, danger is answered as ever, and the rest is left for a person."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import timedelta

import pytest

from bot.messages import Address
from tests.doubles.rig import Rig, rigged

_ANOTHER = Address(channel="whatsapp", value="+573009998877")
_LINES = ("123", "155", "106")


@pytest.fixture
async def rig(database_url: str) -> AsyncIterator[Rig]:
    """She was asked whether she can write and said yes; with these two letters the day is spent."""
    async with rigged(database_url, most_letters=2) as rig:
        await rig.write("buenas")
        await rig.write("1")
        await rig.budget.look()
        assert rig.budget.is_spent()
        yield rig


def _new(rig: Rig, before: int) -> str:
    return " ".join(rig.channel.texts[before:])


async def test_what_is_not_urgent_is_left_for_a_person_and_she_is_told_so_once(rig: Rig) -> None:
    before = len(rig.channel.texts)
    await rig.write("quiero saber como me separo")
    assert len(rig.channel.texts) == before + 1
    assert "equipo" in _new(rig, before) or all(line in _new(rig, before) for line in _LINES)
    assert [row.reason for row in await rig.rows("SELECT reason FROM handovers WHERE closed_at IS NULL")] == ["spent"]
    await rig.write("y los niños con quien se quedan")
    assert len(rig.channel.texts) == before + 1
    await rig.wait(timedelta(minutes=3))
    await rig.write("sigo aqui")
    assert len(rig.channel.texts) == before + 2


async def test_a_new_phone_is_asked_the_neutral_question_and_danger_is_answered(rig: Rig) -> None:
    before = len(rig.channel.texts)
    await rig.write("buenas", by=_ANOTHER)
    assert "escribir con calma" in _new(rig, before)
    before = len(rig.channel.texts)
    await rig.write("me esta pegando ahora mismo, tiene un cuchillo", by=_ANOTHER)
    assert "123" in _new(rig, before)
    await rig.write("1", by=_ANOTHER)
    assert "lugar" in _new(rig, before) or "sitio" in _new(rig, before)


async def test_what_is_urgent_is_talked_through_to_its_end(rig: Rig) -> None:
    await rig.write("me amenaza con matarme")
    before = len(rig.channel.texts)
    await rig.write("no")
    assert len(rig.channel.texts) > before
    assert "spent" not in [row.reason for row in await rig.rows("SELECT reason FROM handovers")]


@pytest.mark.parametrize(("word", "phone"), [("salir", "left"), ("me miran", "unsafe")])
async def test_a_word_that_closes_closes(rig: Rig, word: str, phone: str) -> None:
    await rig.write("quiero saber como me separo")
    await rig.write(word)
    assert [row.phone for row in await rig.rows("SELECT phone FROM conversations")] == [phone]


async def test_a_day_later_the_bot_orients_again(rig: Rig) -> None:
    await rig.wait(timedelta(hours=25))
    await rig.budget.look()
    await rig.write("buenas")
    await rig.write("1")
    before = len(rig.channel.texts)
    await rig.write("me pegó anoche, vivo en buga")
    assert _new(rig, before)
    assert await rig.rows("SELECT 1 FROM handovers WHERE reason = 'spent'") == []
