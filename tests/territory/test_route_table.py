"""The page of the route's answers says what the bot says, today, with a source and a day in every line."""

from __future__ import annotations

import re

from tests.dialogue.pure import the_book
from tests.route_table import OTHERS, PAGE, PLACES, SITUATIONS, sources, write_table


def test_the_page_of_the_route_is_of_todays_content() -> None:
    assert PAGE.read_text(encoding="utf-8") == write_table(the_book()), "run `make route`"


def test_ten_situations_in_ten_municipalities_and_every_other_one_stand_on_the_page() -> None:
    assert (len(SITUATIONS), len(set(PLACES))) == (10, 10)
    assert {*SITUATIONS, *OTHERS} == set(the_book().facts.directory.routes)
    assert len(re.findall(r"^\| [^|]+ \| (?:En|Primero|Usted escoge)", write_table(the_book()), re.MULTILINE)) == 116


def test_every_line_of_the_page_has_sources_that_were_read_on_a_day() -> None:
    for situation in (*SITUATIONS, *OTHERS):
        for place in PLACES:
            found = list(sources(the_book(), situation, place))
            assert len(found) >= 5
            assert all(source.strip() and re.fullmatch(r"20\d\d-\d\d-\d\d", day) for source, day in found)


def test_what_is_known_of_cali_and_yumbo_is_said_there_and_nowhere_else() -> None:
    said = [line for line in write_table(the_book()).splitlines() if "Consultorio Rosa de" in line]
    assert {line.split(" | ")[0].removeprefix("| ") for line in said} == {"Cali", "Yumbo"}
