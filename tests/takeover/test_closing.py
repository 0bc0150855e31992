"""The closing form: an outcome is enough, nothing of herself in a crisis, and her veto binds."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.closing import Closing, Known, NextContact, Offer, load_closing, read_closing
from bot.dialogue.agreement import IfOther, Way
from bot.territory.directory import load_hours

LISTS, TODAY = load_closing(), date(2026, 11, 23)
KNOWN = Known(
    municipalities={"76111", "76520"},
    institutions={"comisaria", "fiscalia", "policia"},
    bands=load_hours().bands.keys(),
    today=TODAY,
    vetoed={"policia"},
)
CRISIS = Known(municipalities=(), institutions=(), bands=(), today=TODAY, in_crisis=True)


def test_that_she_did_not_want_is_a_whole_closing() -> None:
    assert read_closing({"outcome": "did_not_want", "note": " "}, LISTS, KNOWN) == Closing(outcome="did_not_want")


def test_all_that_she_told_and_agreed_is_kept_in_the_words_of_the_lists() -> None:
    typed = {
        "outcome": "referred",
        "municipality": "76111",
        "violence": "physical_assault",
        "trait.age": "from_18",
        "trait.identity": "unsaid",
        "trait.migration": "",
        "offer.comisaria": "accepted",
        "offer.policia": "vetoed",
        "contact": "call",
        "band": "morning",
        "if_other": "hang_up",
        "psychiatry_on": "2026-11-30",
        "note": "Vuelve el lunes.",
    }
    assert read_closing(typed, LISTS, KNOWN) == Closing(
        outcome="referred",
        municipality="76111",
        violence="physical_assault",
        traits=("age=from_18", "identity=unsaid"),
        offers=(Offer(institution="comisaria", answer="accepted"), Offer(institution="policia", answer="vetoed")),
        contact=NextContact(way="call", band="morning", if_other="hang_up"),
        psychiatry_on=date(2026, 11, 30),
        note="Vuelve el lunes.",
    )


@pytest.mark.parametrize(
    ("more", "said"),
    [
        ({"outcome": ""}, "cómo terminó"),
        ({"outcome": "lo que sea"}, "cómo terminó"),
        ({"municipality": "05001"}, "municipio"),
        ({"violence": "partner"}, "tipo de violencia"),
        ({"trait.name": "María"}, "no está en la lista"),
        ({"trait.age": "26"}, "no está en la lista"),
        ({"offer.refugio": "accepted"}, "directorio"),
        ({"offer.comisaria": "maybe"}, "qué dijo"),
        ({"offer.policia": "accepted"}, "no se le avise"),
        ({"offer.policia": "offered"}, "no se le avise"),
        ({"contact": "call", "band": "morning"}, "contesta otro"),
        ({"contact": "here"}, "a qué hora"),
        ({"psychiatry_on": "mañana"}, "cita"),
        ({"psychiatry_on": (TODAY - timedelta(days=1)).isoformat()}, "cita"),
        ({"psychiatry_on": (TODAY + timedelta(days=91)).isoformat()}, "cita"),
        ({"note": "a" * 601}, "nota"),
    ],
)
def test_what_does_not_hold_is_named(more: dict[str, str], said: str) -> None:
    problems = read_closing({"outcome": "oriented", **more}, LISTS, KNOWN)
    assert isinstance(problems, tuple)
    assert [said in problem for problem in problems] == [True]


@given(st.sampled_from(sorted(LISTS.traits)), st.data())
def test_in_a_crisis_nothing_of_herself_can_be_noted(trait: str, data: st.DataObject) -> None:
    value = data.draw(st.sampled_from(sorted(LISTS.traits[trait].values)))
    assert read_closing({"outcome": "oriented", f"trait.{trait}": value}, LISTS, KNOWN) == Closing(
        outcome="oriented", traits=(f"{trait}={value}",)
    )
    problems = read_closing({"outcome": "oriented", f"trait.{trait}": value}, LISTS, CRISIS)
    assert problems == ("En una emergencia no se anota nada de ella.",)


def test_the_six_types_are_those_of_the_gbvims_in_their_order() -> None:
    assert list(LISTS.violence) == [
        "rape",
        "sexual_assault",
        "physical_assault",
        "forced_marriage",
        "denial_of_resources",
        "psychological",
    ]


def test_every_trait_can_be_left_unsaid_or_unknown() -> None:
    assert all({"unsaid", "unknown"} <= trait.values.keys() for trait in LISTS.traits.values())


def test_the_ways_to_look_for_her_are_those_of_the_agreement() -> None:
    assert (set(LISTS.ways), set(LISTS.if_other)) == (set(Way), set(IfOther))
