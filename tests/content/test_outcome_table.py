"""The page about what does not arrive says what the table says."""

from __future__ import annotations

from bot.outcomes import load_outcomes
from tests.outcome_table import PAGE, write_table


def test_the_page_of_what_does_not_arrive_is_of_todays_table() -> None:
    assert PAGE.read_text(encoding="utf-8") == write_table(), "run `python -m tests.outcome_table`"


def test_every_code_that_was_asked_for_has_an_outcome_of_its_own() -> None:
    asked = "429 20429 63018 500 502 504 refused timeout 63016 21610 21211 21614 63024"
    codes = [*asked.split(), *(str(code) for code in range(30003, 30009))]
    assert [code for code in codes if code not in load_outcomes()] == []
