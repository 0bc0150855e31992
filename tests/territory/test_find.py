"""A place in a free text: only where the sentence says so."""

from __future__ import annotations

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.territory import OUTSIDE, department, find


@pytest.mark.parametrize(
    ("said", "code"),
    [
        ("mi esposo me pego anoche vivo en buga", "76111"),
        ("soy de florida valle", "76275"),
        ("estoy en el municipio de toro y tengo miedo", "76823"),
        ("aquí en palmira no hay quien ayude", "76520"),
        ("le escribo desde Yumbo", "76892"),
        ("somos nasa de florida el gobernador dice que se arregla adentro", "76275"),
        ("trabajo en cali pero vivo en jamundi", "76364"),
        ("ya no vivo en buga ahora en cali", "76001"),
        ("vivo en plamira", "76520"),
        ("llegue a roldaniyo", "76622"),
        ("la comisaria de familia de zarzal no atiende", "76895"),
        ("me voy para toro", "76823"),
        ("vivo en rozo", "76520"),
        ("vivo en la union valle", "76400"),
        ("florida", "76275"),
        ("Cali", "76001"),
        ("bugalagrande", "76113"),
        ("vivo en el darien", "76126"),
        ("mi mama vive en tuluá", "76834"),
        ("soy cajera del d1 de florida", "76275"),
        ("ayuda\nes mi esposo\nvivo en vijes", "76869"),
    ],
)
def test_she_says_where_she_is(said: str, code: str) -> None:
    place = find(department(), said)
    assert place is not None
    assert place.code == code


@pytest.mark.parametrize(
    "said",
    [
        "me llamo Juan Restrepo",
        "mi apellido es Bolívar",
        "el inspector Restrepo no me recibio la denuncia",
        "soy la esposa de restrepo",
        "me tumbo el toro mecánico",
        "la unión hace la fuerza",
        "vivo en unión libre hace diez años",
        "en la victoria de la selección",
        "vivo en ciudad bolivar",
        "barrio bolivar",
        "mi mamá victoria",
        "doña palmira la vecina",
        "la final del deportivo cali",
        "estoy en calma",
        "no vivo en cali",
        "mi hija estudia en la universidad del valle",
        "me gusta ir de rumba",
        "el clima en la pradera verde",
        "Florida Estados Unidos",
        "me voy de viaje",
        "la virgen de la candelaria",
        "el novio me pega",
        "hoy cumplo años",
        "",
    ],
)
def test_a_surname_a_word_or_another_city_is_no_place(said: str) -> None:
    assert find(department(), said) is None


@pytest.mark.parametrize("said", ["vivo en puerto tejada", "vivo en argelia cauca", "soy de armenia"])
def test_a_place_beyond_the_border_is_outside(said: str) -> None:
    place = find(department(), said)
    assert place is not None
    assert place.code == OUTSIDE


def test_buga_is_never_bugalagrande() -> None:
    buga, grande = find(department(), "vivo en buga"), find(department(), "vivo en bugalagrande")
    assert buga is not None
    assert grande is not None
    assert (buga.code, grande.code) == ("76111", "76113")


@given(st.text(max_size=500))
def test_any_text_is_read_without_failing(said: str) -> None:
    find(department(), said)


@pytest.mark.parametrize("piece", ["a", "en ", "vivo en ", "la ", "de el la ", "palmirx ", "a b "])
def test_a_hostile_length_does_not_hold_up_the_others(piece: str) -> None:
    began = time.perf_counter()
    find(department(), piece * 100_000)
    assert time.perf_counter() - began < 2.0
