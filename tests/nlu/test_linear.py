"""What Rasa trained, scored without Rasa: made from today's data, read safely, and the same to the sixth digit."""

from __future__ import annotations

import asyncio
import json
import math
import os
import subprocess
import zlib
from array import array
from collections import Counter
from contextlib import suppress
from pathlib import Path
from typing import Any

import aiohttp
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.errors import ContentError
from bot.nlu.environment import fingerprint, linear_within, rasa_python, rasa_variables, train
from bot.nlu.features import FAMILIES, features
from bot.nlu.linear import FILE, load_linear, read_linear, vector, write_linear
from bot.nlu.meanings import alert_of_intents
from bot.nlu.places import Places
from bot.nlu.server import RasaServer
from bot.nlu.sums import Weights
from tests.nlu_report.examples import evaluation, learned

_TRAINING_SECONDS = 600


def test_the_kept_model_was_made_from_what_stands_here_now() -> None:
    assert load_linear().made_from == fingerprint(), "run make train and commit bot/nlu/model.bin"


def test_the_kept_model_is_small_enough_to_be_kept() -> None:
    assert FILE.stat().st_size < 3_000_000


@given(st.text(max_size=300))
@settings(max_examples=60, deadline=None)
def test_whatever_is_written_gets_every_meaning_once_and_shares_that_add_up(said: str) -> None:
    scores = load_linear().score(said)
    assert {intent for intent, _ in scores.ranking} == set(alert_of_intents())
    assert sum(share for _, share in scores.ranking) == pytest.approx(1.0)
    assert 0.0 <= scores.urgent <= 1.0
    assert [share for _, share in scores.ranking] == sorted((s for _, s in scores.ranking), reverse=True)


def test_a_longer_message_does_not_shout_louder() -> None:
    rows = {"w me": 0, "w pega": 1, "k hit": 2}
    for text in (Counter({"w me": 1}), Counter({"w me": 5, "w pega": 9, "w unknown": 3})):
        weighed = vector(text, rows, [1.0, 3.0, 2.0])
        assert sum(value**2 for value in weighed.values()) == pytest.approx(FAMILIES["w"] ** 2)


def test_a_husband_by_any_word_is_a_husband() -> None:
    assert "k partner>hit" in features("mi marido me golpeó")
    assert "k partner>hit" in features("mi exnovio me cacheteó")


def test_what_is_written_is_what_is_read_and_weighed() -> None:
    content = write_linear(
        made_from="here",
        labels=("greet", "out_of_scope"),
        intercepts=(0.5, 0.25, -1.0),
        names=("w hola", "w adios"),
        rarities=array("d", (1.0, 2.0)),
        scales=array("d", (0.01, 0.02)),
        weights=(bytes((127, 0)), bytes((129, 64)), bytes((0, 0))),
    )
    model = read_linear(content, name="small")
    assert (model.made_from, model.labels, model.rows.get("w adios")) == ("here", ("greet", "out_of_scope"), 1)
    assert model.score("hola").ranking[0][0] == "greet"
    assert model.score("adiós").ranking[0][0] == "out_of_scope"
    assert model.score("hola").urgent == pytest.approx(1 / (1 + math.exp(1.0)))


@given(st.dictionaries(st.integers(0, 49), st.floats(0, 2), max_size=40), st.binary(min_size=150, max_size=150))
def test_all_sums_at_once_are_the_sums_one_by_one(worth: dict[int, float], content: bytes) -> None:
    columns = [content[:50], content[50:100], content[100:]]
    weights = Weights(columns)
    one_by_one = [
        sum(v * (b - 256 if (b := column[row]) > 127 else b) for row, v in worth.items()) for column in columns
    ]
    assert weights.sums(worth) == pytest.approx(one_by_one, abs=1e-8)
    assert weights.sums(worth) == weights.sums(worth)


@given(st.sets(st.text(max_size=12), max_size=300), st.lists(st.text(max_size=12), max_size=50))
def test_a_name_has_its_place_and_a_stranger_none(known: set[str], asked: list[str]) -> None:
    names = sorted(known)
    places = Places(names)
    assert [places.get(name) for name in names] == list(range(len(names)))
    assert all(places.get(name) is None for name in asked if name not in known)


@pytest.mark.parametrize(
    "content",
    [b"", b"PK\x03\x04", b"valle-sano linear 1\n", b"valle-sano linear 1\nno zip", FILE.read_bytes()[:-200],
     b"valle-sano linear 1\n" + zlib.compress(b"\x02\x00\x00\x00{}")],
)  # fmt: skip
def test_a_damaged_model_is_refused_with_what_to_do(content: bytes) -> None:
    with pytest.raises(ContentError, match="make train"):
        read_linear(content, name="model.bin")


def test_a_missing_model_is_refused_with_what_to_do(tmp_path: Path) -> None:
    with pytest.raises(ContentError, match="make train"):
        load_linear(tmp_path / "model.bin")


def test_rasas_older_python_reads_texts_with_our_code(tmp_path: Path) -> None:
    python = rasa_python()
    if python is None:
        assert os.environ.get("CI") != "true", "in CI nothing is skipped for being absent"
        pytest.skip("Rasa's environment is not there (make setup)")
    code = "from bot.nlu.features import features; print(sorted(features('mi marido me pega')))"
    read = subprocess.run(
        [python, "-c", code], env=rasa_variables(tmp_path), capture_output=True, text=True, check=True
    )
    assert read.stdout.strip() == str(sorted(features("mi marido me pega")))


@pytest.mark.timeout(_TRAINING_SECONDS + 120)
def test_rasa_and_the_service_say_the_same_of_every_text(tmp_path: Path) -> None:
    python = rasa_python()
    if python is None:
        assert os.environ.get("CI") != "true", "in CI nothing is skipped for being absent"
        pytest.skip("Rasa's environment is not there (make setup)")
    archive = train(tmp_path, python=python)
    ours = read_linear(linear_within(archive), name="trained")
    texts = [text for text, _ in learned()] + [one.text for one in evaluation("development")]
    theirs = asyncio.run(_asked(RasaServer(python=python, var_dir=tmp_path), texts))
    worst = 0.0
    for text, answer in zip(texts, theirs, strict=True):
        scores = ours.score(text)
        said = {one["name"]: one["confidence"] for one in answer["intent_ranking"]}
        worst = max(worst, abs(scores.urgent - answer["urgent"]))
        worst = max(worst, *(abs(share - said[intent]) for intent, share in scores.ranking))
    assert worst < 1e-6
    kept = load_linear()  # trained on another machine, perhaps: rounding may differ, what it says does not
    assert sum(kept.score(text).ranking[0][0] != ours.score(text).ranking[0][0] for text in texts[::10]) <= 2


async def _asked(server: RasaServer, texts: list[str]) -> list[Any]:
    key = {"token": server.token}
    server.start()
    try:
        async with asyncio.timeout(_TRAINING_SECONDS), aiohttp.ClientSession(server.url) as client:
            await _until_loaded(client, key)
            door = asyncio.Semaphore(4)

            async def ask(text: str) -> Any:
                async with door, client.post("/model/parse", params=key, json={"text": text}) as got:
                    return json.loads(await got.text())

            return list(await asyncio.gather(*map(ask, texts)))
    finally:
        await server.stop()


async def _until_loaded(client: aiohttp.ClientSession, key: dict[str, str]) -> None:
    while True:
        with suppress(aiohttp.ClientError):
            async with client.get("/status", params=key) as got:
                if got.status == 200:
                    return
        await asyncio.sleep(0.2)
