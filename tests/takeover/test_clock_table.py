"""The page of the service's times says what the table says."""

from __future__ import annotations

from datetime import timedelta

import pytest

from tests.clock_table import PAGE, in_words, write_table


def test_the_page_of_the_times_is_of_todays_table() -> None:
    assert PAGE.read_text(encoding="utf-8") == write_table(), "run `python -m tests.clock_table`"


@pytest.mark.parametrize(
    ("time", "said"),
    [
        (timedelta(seconds=90), "1 minuto 30 segundos"),
        (timedelta(hours=23, minutes=50), "23 horas 50 minutos"),
        (timedelta(days=1), "1 día"),
    ],
)
def test_a_time_is_said_in_units_that_people_use(time: timedelta, said: str) -> None:
    assert in_words(time) == said
