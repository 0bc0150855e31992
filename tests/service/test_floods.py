"""Somebody, or something, that writes without end: it costs nobody else anything, and danger is still seen in it."""

from __future__ import annotations

from datetime import timedelta

from bot.dialogue.pace import SAME, WINDOW
from bot.messages import Address, Alert
from storage.gists import Gists
from storage.views import queue
from tests.doubles.rig import HER, rigged

_COPIED = "me esta pegando ahora mismo vengan rapido tiene un cuchillo"


def _phone(n: int) -> Address:
    return Address(channel="whatsapp", value=f"+5730055500{n:02}")


async def test_a_machine_is_no_longer_understood_by_the_model_and_danger_in_it_is_answered(database_url: str) -> None:
    async with rigged(database_url) as rig:
        for _ in range(SAME + 4):
            await rig.write("gane dinero desde su casa")
        assert len(rig.interpreter.asked) == SAME - 1
        answers = len(rig.channel.texts)
        await rig.write("me esta pegando ahora mismo, tiene un cuchillo")
        assert "123" in " ".join(rig.channel.texts[answers:])
        await rig.wait(WINDOW + timedelta(minutes=1))
        await rig.write("quiero separarme")
        assert rig.interpreter.asked[-1] == "quiero separarme"


async def test_a_flood_of_one_text_stands_behind_the_woman_who_tells_her_own(database_url: str) -> None:
    async with rigged(database_url) as rig:
        gists = Gists(rig.database, rig.ring)
        for n in range(5):
            await rig.write(f"{_COPIED} {n}", by=_phone(n))
        await rig.write(_COPIED, by=_phone(0))  # more of it makes no second place
        await rig.write("me esta pegando", by=_phone(7))
        await rig.write("me esta pegando", by=_phone(8))
        await rig.write("esta tumbando la puerta y tiene un machete ayuda", by=HER)
        waiting = await queue(rig.database, gists, zones=None)
        assert {one.alert for one in waiting} == {Alert.EMERGENCY}
        assert [one.copies for one in waiting] == [0, 0, 0, 4, 4, 4, 4, 4]
        row = (await rig.rows("SELECT c.id FROM conversations c ORDER BY c.heard_at DESC LIMIT 1"))[0]
        assert [one.conversation_id for one in waiting].index(row.id) == 2


async def test_a_flood_keeps_nobody_else_from_being_answered_at_once(database_url: str) -> None:
    async with rigged(database_url) as rig:
        for n in range(40):
            await rig.intake.accept(rig.message(_COPIED, by=_phone(n % 4)))
        await rig.write("esta tumbando la puerta y tiene un machete ayuda", by=HER)
        hers = [letter.reply.text for letter in rig.channel.letters if letter.address == HER]
        assert "123" in " ".join(hers)
        assert len(rig.channel.letters) <= 4 * SAME + len(hers)
