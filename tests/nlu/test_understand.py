"""``valle-sano understand``: lines in, lines out, in order, whatever stands in them."""

from __future__ import annotations

import json
import time
from collections.abc import AsyncIterator
from typing import Any

import pytest

from bot.nlu.interpreter import WordsAndRasa, open_interpreter
from bot.nlu.meanings import alert_of_intents
from bot.nlu.understand import understand_lines
from tests.doubles.rasa import RasaDouble


@pytest.fixture
async def interpreter(rasa: RasaDouble) -> AsyncIterator[WordsAndRasa]:
    async with open_interpreter(rasa.url, "", 1.0, has_second_reader=False) as opened:
        yield opened


async def _answers(lines: list[str], interpreter: WordsAndRasa) -> list[dict[str, Any]]:
    return [json.loads(line) async for line in understand_lines(lines, interpreter)]


async def test_each_line_is_answered_in_the_words_of_the_contract(interpreter: WordsAndRasa) -> None:
    (answer,) = await _answers(['{"id": "a", "text": "me pego anoche, vivo en buga"}'], interpreter)
    assert set(answer) == {"id", "intent", "confidence", "alert", "municipality", "by"}
    assert (answer["id"], answer["alert"], answer["municipality"]) == ("a", "urgent", "76111")


async def test_a_place_outside_the_department_has_no_code(interpreter: WordsAndRasa) -> None:
    (answer,) = await _answers(['{"id": 1, "text": "vivo en puerto tejada"}'], interpreter)
    assert answer["municipality"] is None


@pytest.mark.parametrize(
    "line", ["hola", "[1]", '{"id": 1}', '{"id": 1, "text": 5}', '{"text": "hola"}', "[" * 100_000]
)
async def test_a_bad_line_is_named_and_the_next_is_answered(interpreter: WordsAndRasa, line: str) -> None:
    bad, good = await _answers([line, '{"id": 2, "text": "hola"}'], interpreter)
    assert bad["id"] is None
    assert bad["error"]
    assert good["id"] == 2


async def test_the_intent_is_one_of_the_vocabulary_even_without_rasa(
    interpreter: WordsAndRasa, rasa: RasaDouble
) -> None:
    rasa.trouble = "error"
    lines = [json.dumps({"id": n, "text": text}) for n, text in enumerate(["", "hola", "asdf", "soy de cali"])]
    answers = await _answers(lines, interpreter)
    assert all(answer["intent"] in alert_of_intents() for answer in answers)


async def test_a_thousand_lines_come_back_in_order_within_a_minute(interpreter: WordsAndRasa) -> None:
    lines = [json.dumps({"id": n, "text": f"mensaje numero {n}"}) for n in range(1000)]
    began = time.perf_counter()
    answers = await _answers(lines, interpreter)
    assert [answer["id"] for answer in answers] == list(range(1000))
    assert time.perf_counter() - began < 60
