"""Somebody, or something, that writes without end: it costs nobody else anything, and danger is still seen in it."""

from __future__ import annotations

from datetime import timedelta

from bot.dialogue.pace import SAME, WINDOW
from tests.doubles.rig import rigged


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
