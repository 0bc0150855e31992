"""A reply to the question where she is, in any spelling."""

from __future__ import annotations

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.territory import OUTSIDE, Ambiguous, Found, Outside, Refused, Unknown, answer, department


@pytest.mark.parametrize(
    ("said", "code"),
    [
        ("buga", "76111"),
        ("BUGA", "76111"),
        ("Guadalajara de Buga", "76111"),
        ("guadalajara", "76111"),
        ("bugalagrande", "76113"),
        ("bugalagand", "76113"),
        ("el darién", "76126"),
        ("calima (darien)", "76126"),
        ("kali", "76001"),
        ("Santiago de Cali", "76001"),
        ("buenabentura", "76109"),
        ("b/ventura", "76109"),
        ("plamira", "76520"),
        ("jamudi", "76364"),
        ("llumbo", "76892"),
        ("versayez", "76863"),
        ("toro", "76823"),
        ("florida", "76275"),
        ("soy de la victoria", "76403"),
        ("restrepo, valle", "76606"),
        ("vivo por los lados de pradera", "76563"),
        ("Roldaniyooo", "76622"),
        ("el cerito", "76248"),
        ("TULÚA VALLE DEL CAUCA", "76834"),
    ],
)
def test_she_names_her_town_as_she_types_it(said: str, code: str) -> None:
    found = answer(department(), said)
    assert isinstance(found, Found)
    assert found.place.code == code


def test_every_municipality_is_found_by_its_own_name() -> None:
    for town in department().municipalities:
        assert answer(department(), town.name) == Found(place=town.place)


@pytest.mark.parametrize("said", ["puerto tejada", "vivo en pereira", "Armenia", "soy de otro departamento", "bogotá"])
def test_who_lives_outside_the_department_is_taken_as_such(said: str) -> None:
    found = answer(department(), said)
    assert isinstance(found, Outside)
    assert found.place.code == OUTSIDE


@pytest.mark.parametrize("said", ["argelia cauca", "Florida, Estados Unidos", "la unión nariño", "restrepo meta"])
def test_a_town_of_the_same_name_elsewhere_is_outside(said: str) -> None:
    assert isinstance(answer(department(), said), Outside)


@pytest.mark.parametrize(
    "said", ["prefiero no decir", "No quiero decirlo", "paso", "mejor no", "PREFIERO NO", "no sé", "ni idea"]
)
def test_not_wanting_to_say_is_an_answer(said: str) -> None:
    assert answer(department(), said) == Refused()


def test_two_towns_in_one_reply_are_asked_about() -> None:
    found = answer(department(), "cali o palmira")
    assert isinstance(found, Ambiguous)
    assert [place.code for place in found.places] == ["76001", "76520"]


def test_an_unknown_place_comes_with_the_three_nearest_names() -> None:
    found = answer(department(), "xalimpa")
    assert isinstance(found, Unknown)
    assert len(set(found.nearest)) == 3


@pytest.mark.parametrize("said", ["", "???", "en mi casa", "calle 5 con 10", "1", "😭"])
def test_what_names_no_town_is_never_one(said: str) -> None:
    assert isinstance(answer(department(), said), Unknown)


@given(st.text(max_size=300))
def test_whatever_is_typed_gets_an_answer(said: str) -> None:
    assert isinstance(answer(department(), said), Found | Ambiguous | Unknown | Outside | Refused)


@pytest.mark.parametrize("piece", ["a", "la ", "vivo en ", "buga ", "\u200b"])
def test_a_hostile_length_costs_no_more_than_a_long_reply(piece: str) -> None:
    began = time.perf_counter()
    answer(department(), piece * 200_000)
    assert time.perf_counter() - began < 1.0
