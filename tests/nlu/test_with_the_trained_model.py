"""The trained Rasa itself beside the words: what comes out of the openings and of short, everyday answers."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Mapping
from pathlib import Path

import pytest
import yaml

from bot.messages import Alert, Understanding
from bot.nlu.environment import rasa_python
from bot.nlu.interpreter import open_interpreter
from bot.nlu.server import RasaServer

ROWS = yaml.safe_load(Path(__file__).with_name("trained.yml").read_text(encoding="utf-8"))
_CRISES = {"imminent_danger", "suicidal_ideation", "sexual_violence", "death_threat", "child_at_risk"}
_ENDS = {"opt_out", "delete_my_data"}
_TRAINING_SECONDS = 600

pytestmark = pytest.mark.timeout(_TRAINING_SECONDS + 60)


@pytest.fixture(scope="module")
def heard(tmp_path_factory: pytest.TempPathFactory) -> Mapping[str, Understanding]:
    """Every text of the file, as the service would understand it; one training, one start."""
    python = rasa_python()
    if python is None:
        assert os.environ.get("CI") != "true", "in CI nothing is skipped for being absent"
        pytest.skip("Rasa's environment is not there (make setup)")
    return asyncio.run(_understand(RasaServer(python=python, var_dir=tmp_path_factory.mktemp("trained"))))


@pytest.mark.parametrize(("said", "intents", "by", "alert"), ROWS["openings"])
def test_an_opening_means_what_it_should(
    heard: Mapping[str, Understanding], said: str, intents: list[str], by: str, alert: str
) -> None:
    meant = heard[said]
    assert meant.intent in intents
    assert meant.by == by
    assert meant.alert >= Alert[alert.upper()]


@pytest.mark.parametrize("said", [row[0] for row in ROWS["openings"] if row[3] == "none"])
def test_an_opening_without_danger_raises_no_alarm(heard: Mapping[str, Understanding], said: str) -> None:
    assert heard[said].alert <= Alert.ATTENTION


@pytest.mark.parametrize("said", ROWS["neutral"])
def test_an_everyday_answer_raises_no_alarm_and_ends_nothing(heard: Mapping[str, Understanding], said: str) -> None:
    meant = heard[said]
    assert meant.by != "screen" or meant.intent not in _CRISES
    assert meant.alert < Alert.URGENT
    assert meant.intent not in _CRISES | _ENDS or meant.confidence < 0.5


@pytest.mark.parametrize("said", ROWS["wordless"])
def test_what_holds_no_word_is_never_guessed_at(heard: Mapping[str, Understanding], said: str) -> None:
    assert (heard[said].intent, heard[said].by, heard[said].alert) == ("unknown", "nothing", Alert.NONE)


@pytest.mark.parametrize(("said", "intents"), ROWS["never"])
def test_what_once_opened_the_wrong_door_does_not(
    heard: Mapping[str, Understanding], said: str, intents: list[str]
) -> None:
    assert heard[said].intent not in intents


def test_nothing_that_ends_or_erases_is_ever_said_by_the_words(heard: Mapping[str, Understanding]) -> None:
    # The dialogue takes these from a whole-message command; what comes from here is a guess and says so.
    assert not [said for said, meant in heard.items() if meant.intent in _ENDS | {"quick_exit"} and meant.by != "rasa"]


async def _understand(server: RasaServer) -> Mapping[str, Understanding]:
    texts = {*ROWS["neutral"], *ROWS["wordless"], *(row[0] for row in [*ROWS["openings"], *ROWS["never"]])}
    server.start()
    try:
        async with asyncio.timeout(_TRAINING_SECONDS), open_interpreter(server.url, server.token, 5.0) as interpreter:
            while not await interpreter.is_ready():
                await asyncio.sleep(0.2)
            return {text: await interpreter.interpret(text) for text in sorted(texts)}
    finally:
        await server.stop()
