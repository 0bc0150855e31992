"""The second reader: it knows what only looks grave, it is never in the way, and people are answered without it."""

from __future__ import annotations

import logging
import os
import shutil
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.messages import Alert
from bot.nlu.interpreter import WordsAndRasa, is_ruled_out, open_interpreter
from bot.nlu.linear import Scores
from bot.nlu.meanings import alert_of_intents
from bot.nlu.pieces import LONGEST_TEXT, MOST_PIECES, Pieces, plain
from bot.nlu.rasa_client import Parse
from bot.nlu.reader import FILE, Reader, open_reader, taught_from
from bot.nlu.together import together
from bot.safety import screen

PIECES = Pieces(
    ("<s>", "<pad>", "</s>", "<unk>", "▁", "query", ":", "▁me", "▁golpe", "ó", "▁golp", "eó"),
    (0, 0, 0, 0, -5, -6, -4, -3, -6, -4, -8, -8),
)
_LONGER = "una frase que tiene más de cuatro palabras"


@pytest.fixture(scope="module")
def reader() -> Reader:
    found = open_reader()
    if found is None and not os.environ.get("CI"):
        pytest.skip("the second reader's library has no wheel for this machine")
    assert found is not None
    return found


@pytest.fixture
async def interpreter(reader: Reader) -> AsyncIterator[WordsAndRasa]:
    async with open_interpreter("", "", 1.0) as opened:
        yield opened


@pytest.fixture
async def alone() -> AsyncIterator[WordsAndRasa]:
    async with open_interpreter("", "", 1.0, has_second_reader=False) as opened:
        yield opened


def test_the_kept_reader_was_taught_with_todays_examples(reader: Reader) -> None:
    assert reader.made_from == taught_from(), "run make reader and commit bot/nlu/reader.onnx"
    assert set(reader.labels) == set(alert_of_intents())


def test_a_text_is_cut_into_its_likeliest_pieces() -> None:
    assert PIECES.of("Me GOLPEÓ") == [0, 4, 5, 6, 7, 8, 9, 2]


def test_what_is_no_letter_of_ours_is_a_space() -> None:
    assert plain("Mé 😭\x00\ud800 ﷺ pega\nﬁn ✂") == "mé pega fin"


@given(st.text(max_size=3_000))
@settings(max_examples=80, deadline=None)
def test_whatever_is_sent_is_cut_and_bounded(said: str) -> None:
    cut = PIECES.of(said)
    assert (cut[0], cut[-1]) == (0, 2)
    assert len(cut) <= MOST_PIECES
    assert len(plain(said)) <= LONGEST_TEXT


@pytest.mark.parametrize(
    "said",
    [
        "",
        "\x00",
        "\ud800",
        "😭" * 1_600,
        "ﷺ" * 4_000,
        "a" * 10_000,
        "me pega " * 2_000,
        "e\u0301",
    ],
)
def test_hostile_texts_are_read_like_others(reader: Reader, said: str) -> None:
    scores = reader.read(said)
    assert scores is not None
    assert sum(share for _, share in scores.ranking) == pytest.approx(1)
    assert 0 <= scores.urgent <= 1


@pytest.mark.parametrize(
    "said",
    ["la profe nos va a matar con tanta tarea jajaja", "el toro le clavó el cacho al caballo y botó mucha sangre",
     "me hicieron un tatuaje y me sangró un poquito, es normal?"],
)  # fmt: skip
async def test_what_only_looks_grave_calls_nobody(interpreter: WordsAndRasa, said: str) -> None:
    assert (await interpreter.interpret(said)).alert < Alert.URGENT


@pytest.mark.parametrize(
    "said",
    ["me apretó la garganta en la pelea del sábado", "me quiero morir", "me va a matar si lo dejo",
     "me tomé un frasco de pastillas",
     "estoy botando mucha sangre", "me violó mi jefe", "mi marido me encerró y tiene un cuchillo"],
)  # fmt: skip
async def test_danger_stays_danger(interpreter: WordsAndRasa, said: str) -> None:
    assert (await interpreter.interpret(said)).alert >= Alert.URGENT


async def test_weak_words_that_are_ruled_out_still_call_for_attention(interpreter: WordsAndRasa) -> None:
    meant = await interpreter.interpret("parce me ahogo con tanto trabajo jajaja mándenme un flotador")
    assert meant.alert is Alert.ATTENTION


@pytest.mark.parametrize("said", ["me ahorcó", "auxilio", "me quiero morir", "está armado"])
async def test_without_the_second_reader_weak_words_weigh_as_before(alone: WordsAndRasa, said: str) -> None:
    assert (await alone.interpret(said)).alert >= Alert.URGENT


def test_one_reader_alone_rules_nothing_out() -> None:
    assert not is_ruled_out(Parse(ranking=(("out_of_scope", 1.0),), urgent=0.0), screen("me ahogo jajaja"))


def test_a_meaning_that_erases_needs_both_readers() -> None:
    first = Parse(ranking=(("emotional_distress", 0.5), ("delete_my_data", 0.4), ("greet", 0.1)), urgent=0.1)
    second = Scores(ranking=(("delete_my_data", 0.9), ("emotional_distress", 0.1)), urgent=0.1)
    assert together(first, second, _LONGER).intent == "emotional_distress"


def test_what_two_words_mean_the_first_reader_knows_by_heart() -> None:
    first = Parse(ranking=(("out_of_scope", 0.5), ("deny", 0.4), ("greet", 0.1)), urgent=0.1)
    second = Scores(ranking=(("deny", 0.9), ("out_of_scope", 0.1)), urgent=0.1)
    assert together(first, second, "no entiendo").intent == "out_of_scope"
    assert together(first, second, _LONGER).intent == "deny"


def test_a_reader_that_fails_leaves_the_text_to_the_first_and_the_log_without_words(
    caplog: pytest.LogCaptureFixture,
) -> None:
    def run(_: list[int]) -> list[float]:
        raise RuntimeError("me pega mi esposo")

    first = Parse(ranking=(("greet", 1.0),), urgent=0.0)
    broken = Reader(labels=("greet",), pieces=PIECES, run=run, made_from="")
    assert together(first, broken.read("me pega mi esposo"), "me pega mi esposo") is first
    assert "RuntimeError" in caplog.text
    assert "esposo" not in caplog.text


@pytest.mark.parametrize("kept", [None, b"", b"not a model", "half"])
def test_without_its_file_there_is_no_second_reader_and_the_log_says_so(
    tmp_path: Path, caplog: pytest.LogCaptureFixture, kept: bytes | str | None
) -> None:
    path = tmp_path / "reader.onnx"
    if kept == "half":
        shutil.copy(FILE, path)
        path.write_bytes(path.read_bytes()[:1_000_000])
    elif isinstance(kept, bytes):
        path.write_bytes(kept)
    with caplog.at_level(logging.WARNING):
        assert open_reader(path) is None
    assert "no second reader" in caplog.text
