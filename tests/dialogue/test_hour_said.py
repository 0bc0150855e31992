"""An hour said in a sentence is kept as she said it, and no wider."""

from __future__ import annotations

from datetime import time

import pytest

from bot.dialogue.hour_said import band_called, hours_said
from bot.territory.directory import Band
from tests.dialogue.pure import the_book

_BANDS = the_book().facts.hours.bands


@pytest.mark.parametrize(
    ("said", "hours"),
    [
        ("como a las tres de la tarde", "15:00-16:00"),
        ("a las 3", "15:00-16:00"),
        ("tipo 5 y media de la tarde porfa", "17:30-18:30"),
        ("a las 10 de la mañana", "10:00-11:00"),
        ("a las 7 y 30 de la noche", "19:30-20:00"),
        ("despues de las 2 de la tarde", "14:00-17:00"),
        ("antes de las 10 de la mañana", "08:00-10:00"),
        ("entre las 2 y las 4 de la tarde", "14:00-16:00"),
        ("al medio dia a las 12", "12:00-13:00"),
        ("mañana temprano", "morning"),
        ("mañana por la tarde", "afternoon"),
        ("en la noche cuando se va pal turno", "evening"),
    ],
)
def test_an_hour_in_a_sentence_is_understood(said: str, hours: str) -> None:
    assert hours_said(said, _BANDS) == hours


@pytest.mark.parametrize(
    "said",
    [
        "después de las 8 de la noche",
        "a las 5 de la mañana",
        "a las nueve",
        "a las 3 no puedo",
        "en la tarde no, él llega",
        "por la mañana o por la noche",
        "entre las 4 y las 2 de la tarde",
        "a las 44",
        "mañana",
        "cuando pueda",
        "yo salgo a las tres de la tarde y él a las cinco y entonces ya usted se imagina cómo es eso acá en la casa",
    ],
)
def test_an_hour_that_is_unsure_denied_or_outside_the_hours_is_asked_for_again(said: str) -> None:
    assert hours_said(said, _BANDS) is None


def test_hours_as_she_said_them_are_a_band() -> None:
    assert band_called("15:00-16:00", _BANDS) == Band(opens=time(15), closes=time(16))


def test_a_band_by_its_name_is_the_team_s() -> None:
    assert band_called("morning", _BANDS) is _BANDS["morning"]


@pytest.mark.parametrize("name", ["none", "", "15:00", "a-b"])
def test_anything_else_is_no_band(name: str) -> None:
    assert band_called(name, _BANDS) is None
