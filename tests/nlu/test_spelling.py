"""How phones spell: read as plain words without losing where they stood."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.spelling import plain, sound, words


@pytest.mark.parametrize(
    ("said", "read"),
    [
        ("¡Ayudaaaa, xfa!", "ayuda por favor"),
        ("NO SÉ Q HACER XQ", "no se que hacer porque"),
        ("m3 va a mat4r", "m3 va a matar"),
        ("el d1 de la 30km", "el d1 de la 30km"),
        ("m e p e g o", "mepego"),
        ("🔪", "cuchillo"),
        ("piñata", "pinata"),
    ],
)
def test_what_was_typed_is_read_as_meant(said: str, read: str) -> None:
    assert plain(said) == read


@pytest.mark.parametrize(
    ("one", "other"),
    [("ahorco", "aorko"), ("violo", "biolo"), ("cuchillo", "kuchiyo"), ("llamo", "yamo"), ("hoy", "oi")],
)
def test_words_that_sound_alike_are_one(one: str, other: str) -> None:
    assert sound(one) == sound(other)


@pytest.mark.parametrize(("one", "other"), [("perro", "pero"), ("chico", "quico"), ("gente", "guante")])
def test_words_that_sound_different_are_two(one: str, other: str) -> None:
    assert sound(one) != sound(other)


@given(st.text(max_size=300))
def test_every_word_points_at_the_text_it_came_from(said: str) -> None:
    last = 0
    for word in words(said):
        assert 0 <= word.start < word.end <= len(said)
        assert word.start >= last
        last = word.start
