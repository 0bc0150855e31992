"""Conditions are read as words, never run as code."""

from __future__ import annotations

import contextlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.dialogue.condition import BadCondition, Known, compared_values, holds, names_in, parse

_KNOWN: dict[str, Known] = {"slots.safe_now": "yes", "slots.none": None, "misses": 2, "open": True}


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ('slots.safe_now = "yes"', True),
        ("slots.safe_now = 'no'", False),
        ('slots.safe_now != "no" and misses > 1', True),
        ("not open or misses >= 3", False),
        ("not (open and misses = 0)", True),
        ('slots.safe_now in ["yes", "watched"]', True),
        ("slots.none = null", True),
        ("slots.none", False),
        ("misses", True),
        ("open = true", True),
        ("2 <= misses", True),
        # Unlike kinds are unequal, not an error: a yes is no number.
        ("slots.safe_now > 1", False),
        ("open = 1", False),
    ],
)
def test_a_condition_means_what_it_says(text: str, expected: bool) -> None:
    assert holds(parse(text), _KNOWN.__getitem__) is expected


@pytest.mark.parametrize(
    "text",
    [
        "",
        "slots.a =",
        'slots.a = "yes',
        "(open",
        "open)",
        "open misses",
        "__import__('os').system('x')",
        "a in [b]",
        "a in []",
        "and open",
        "a == 1",
        "a.b()",
    ],
)
def test_what_is_no_condition_is_refused(text: str) -> None:
    with pytest.raises(BadCondition):
        parse(text)


def test_the_names_and_values_of_a_condition_can_be_checked_beforehand() -> None:
    tree = parse('slots.a = "x" or not (slots.b in ["y", "z"] and open)')
    assert names_in(tree) == {"slots.a", "slots.b", "open"}
    assert compared_values(tree) == (("slots.a", "x"), ("slots.b", "y"), ("slots.b", "z"))


@given(st.text(max_size=60))
def test_whatever_is_typed_is_read_or_refused(text: str) -> None:
    with contextlib.suppress(BadCondition):
        names_in(parse(text))
