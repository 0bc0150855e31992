"""Words of command and numbers: the whole message or nothing."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.safety import command, number


@pytest.mark.parametrize(
    ("said", "meant"),
    [
        ("salir", "exit"),
        ("SALIR", "exit"),
        ("Salir.", "exit"),
        ("  salirrr ", "exit"),
        ("salir salir", "exit"),
        ("x", "exit"),
        ("baja", "stop"),
        ("STOP", "stop"),
        ("psicóloga", "human"),
        ("sicologa", "human"),
        ("persona", "human"),
        ("borrar", "forget"),
        ("Borrar mis datos", "forget"),
    ],
)
def test_a_word_of_command_is_obeyed_in_any_spelling(said: str, meant: str) -> None:
    assert command(said) == meant


@pytest.mark.parametrize(
    "said",
    [
        "quiero salir de esta situación",
        "no me deja salir",
        "0",
        "no",
        "la baja",
        "borrar el chat de mi esposo",
        "",
        "😀",
        "salir " * 60,
    ],
)
def test_a_command_within_a_sentence_commands_nothing(said: str) -> None:
    assert command(said) is None


@pytest.mark.parametrize(
    ("said", "meant"),
    [
        ("1", 1),
        ("1.", 1),
        ("1)", 1),
        ("uno", 1),
        ("Dos", 2),
        ("opción 3", 3),
        ("la 2", 2),
        ("2️⃣", 2),
        ("③", 3),
        ("１", 1),
        ("10", 10),
    ],
)
def test_every_button_can_be_typed(said: str, meant: int) -> None:
    assert number(said) == meant


@pytest.mark.parametrize("said", ["0", "00", "21", "1 hijo", "tengo 2", "155", "-", "", "la", "1 2", "una", "²³⁴"])
def test_zero_and_sentences_are_no_button(said: str) -> None:
    assert number(said) is None


@given(st.text(max_size=200))
def test_no_text_makes_them_fail(said: str) -> None:
    assert command(said) in {None, "exit", "stop", "human", "forget"}
    assert number(said) is None or 1 <= (number(said) or 0) <= 20
