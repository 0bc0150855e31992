"""A text's meaning: words, place and Rasa joined, with and without Rasa."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import replace

import pytest

from bot.messages import Alert
from bot.nlu.interpreter import WordsAndRasa, open_interpreter, understood
from bot.nlu.rasa_client import Parse
from tests.doubles.rasa import RasaDouble

LONGER = "una frase que tiene más de cinco palabras"


@pytest.fixture
async def interpreter(rasa: RasaDouble) -> AsyncIterator[WordsAndRasa]:
    async with open_interpreter(rasa.url, "", 0.3, has_second_reader=False) as opened:
        yield opened


async def test_danger_her_town_and_her_words_are_understood(interpreter: WordsAndRasa, rasa: RasaDouble) -> None:
    text = "mi esposo me pego anoche vivo en buga"
    rasa.intents[text] = ("physical_violence", 0.7)
    meant = await interpreter.interpret(text)
    assert (meant.intent, meant.alert) == ("physical_violence", Alert.URGENT)
    assert meant.place is not None
    assert meant.place.code == "76111"
    assert meant.cues


@pytest.mark.parametrize("trouble", ["gone", "slow", "error", "nonsense"])
async def test_danger_is_seen_whatever_rasa_does(interpreter: WordsAndRasa, rasa: RasaDouble, trouble: str) -> None:
    rasa.trouble = trouble
    meant = await interpreter.interpret("me esta tumbando la puerta")
    assert (meant.intent, meant.alert, meant.by) == ("imminent_danger", Alert.EMERGENCY, "screen")


async def test_a_mere_guess_is_unknown(interpreter: WordsAndRasa, rasa: RasaDouble) -> None:
    rasa.otherwise = ("ask_programs", 0.12)
    assert (await interpreter.interpret("eso de alla")).intent == "unknown"


async def test_an_unsure_rasa_takes_nothing_from_what_the_words_say(
    interpreter: WordsAndRasa, rasa: RasaDouble
) -> None:
    rasa.otherwise = ("greet", 0.1)
    assert (await interpreter.interpret("me violaron")).alert is Alert.URGENT


async def test_a_town_alone_tells_where_she_is(interpreter: WordsAndRasa, rasa: RasaDouble) -> None:
    rasa.otherwise = ("affirm", 0.9)
    assert (await interpreter.interpret("aca en guacari")).intent == "inform_municipality"


async def test_nothing_said_means_nothing(interpreter: WordsAndRasa) -> None:
    assert (await interpreter.interpret(" \n ")).by == "nothing"


@pytest.mark.parametrize("said", [".", ". .", "😀", "¿?", "🙏🏽"])
async def test_what_holds_no_letter_is_not_guessed_at(interpreter: WordsAndRasa, rasa: RasaDouble, said: str) -> None:
    rasa.otherwise = ("affirm", 0.9)
    meant = await interpreter.interpret(said)
    assert (meant.intent, meant.by, meant.alert) == ("unknown", "nothing", Alert.NONE)


async def test_a_knife_alone_is_looked_at(interpreter: WordsAndRasa, rasa: RasaDouble) -> None:
    rasa.otherwise = ("affirm", 0.9)
    meant = await interpreter.interpret("🔪")
    assert (meant.intent, meant.by, meant.alert) == ("unknown", "screen", Alert.ATTENTION)
    assert meant.kinds == {"sign"}


async def test_a_guess_says_that_it_is_one(interpreter: WordsAndRasa, rasa: RasaDouble) -> None:
    rasa.otherwise = ("quick_exit", 0.9)
    assert (await interpreter.interpret("ya no esta")).by == "rasa"
    rasa.otherwise = ("physical_violence", 0.3)
    meant = await interpreter.interpret("si, es que mi esposo me pega")
    assert (meant.intent, meant.confidence, meant.by) == ("physical_violence", 1.0, "screen")


async def test_the_interpreter_is_ready_when_rasa_is(interpreter: WordsAndRasa, rasa: RasaDouble) -> None:
    assert await interpreter.is_ready()
    rasa.is_loaded = False
    assert not await interpreter.is_ready()


@pytest.mark.parametrize(
    ("ranking", "alert"),
    [
        ((("greet", 0.9), ("imminent_danger", 0.1)), Alert.NONE),
        ((("imminent_danger", 0.6), ("greet", 0.4)), Alert.EMERGENCY),
        ((("sexual_violence", 0.3), ("death_threat", 0.3), ("greet", 0.4)), Alert.URGENT),
        ((("physical_violence", 0.5), ("greet", 0.5)), Alert.ATTENTION),
        ((("emotional_distress", 0.6), ("suicidal_ideation", 0.4)), Alert.URGENT),
        ((("emotional_distress", 0.8), ("suicidal_ideation", 0.2)), Alert.NONE),
    ],
)
def test_grave_meanings_count_together(ranking: tuple[tuple[str, float], ...], alert: Alert) -> None:
    assert understood(Parse(ranking=ranking), LONGER).alert is alert


def test_few_words_need_more_before_a_guess_alarms() -> None:
    parse = Parse(ranking=(("emotional_distress", 0.49), ("imminent_danger", 0.3), ("deny", 0.21)), urgent=0.3)
    assert understood(parse, "estoy aqui en la calle").alert is Alert.NONE
    assert understood(parse, LONGER).alert is Alert.URGENT


def test_a_harmless_meaning_needs_a_little_more() -> None:
    parse = Parse(ranking=(("out_of_scope", 0.6), ("sexual_violence", 0.4)), urgent=0.1)
    assert understood(parse, LONGER).alert is Alert.NONE
    assert understood(replace(parse, urgent=0.2), LONGER).alert is Alert.URGENT


def test_an_idiom_needs_a_sure_guess_before_it_alarms() -> None:
    parse = Parse(ranking=(("suicidal_ideation", 0.4), ("emotional_distress", 0.6)), urgent=0.5)
    assert understood(parse, "este semestre con tantos parciales me mata el estrés").alert is Alert.NONE
    assert (
        understood(parse, "este semestre con tantos parciales me mata el estrés y me quiero morir").alert
        is Alert.URGENT
    )
