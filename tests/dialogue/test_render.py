"""How words become bubbles, and facts become words."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.dialogue.effects import Say
from bot.dialogue.fill import UnknownHole, fill, holes
from bot.dialogue.payload import Inform, Start, read_payload, write_inform
from bot.dialogue.render import choose, merge
from bot.messages import Button, Reply
from bot.segments import count_segments, transliterate
from tests.dialogue.pure import the_book

_YES = Button(title="Sí", payload="/affirm")


def _say(text: str, *buttons: Button, parting: bool = False) -> Say:
    return Say(reply=Reply(text=text, buttons=buttons), response=f"utter_{text[:1]}", parting=parting)


def test_a_turns_words_are_one_bubble_with_its_choices_at_the_end() -> None:
    (bubble,) = merge([_say("uno"), _say("dos"), _say("tres", _YES)])
    assert bubble.reply == Reply(text="uno\n\ndos\n\ntres", buttons=(_YES,))
    assert bubble.response == "utter_u utter_d utter_t"


def test_choices_end_a_bubble_and_last_words_stay_apart() -> None:
    assert [say.reply.text for say in merge([_say("uno", _YES), _say("dos")])] == ["uno", "dos"]
    assert [say.parting for say in merge([_say("uno"), _say("dos", parting=True)])] == [False, True]


def test_what_no_bubble_holds_is_several() -> None:
    assert len(merge([_say("a" * 600), _say("b" * 600)])) == 2
    assert len(merge([_say("a" * 60), _say("b" * 60)], limit=100)) == 2


@given(st.lists(st.text(alphabet="ab ", min_size=1, max_size=30), max_size=8))
def test_no_word_is_lost_in_a_bubble(texts: list[str]) -> None:
    bubbles = merge([_say(text) for text in texts], limit=50)
    assert "\n\n".join(say.reply.text for say in bubbles) == "\n\n".join(texts)


def test_facts_come_from_data() -> None:
    facts = the_book().facts
    assert fill("Marque {lines.policia_123}.", facts, {}) == "Marque 123."
    assert fill("En {place}", facts, {"municipality": "76111"}) == "En Guadalajara de Buga"
    assert fill("En {place}", facts, {"municipality": "FUERA_VALLE"}) == "En su municipio"
    assert fill("{hours.opens} a {hours.closes}", facts, {}) == "8:00 a 20:00"
    assert holes("{a} y {b.c}") == ("a", "b.c")
    with pytest.raises(UnknownHole):
        fill("{slots.__class__}", facts, {})


def test_the_first_variant_that_fits_is_said_never_a_random_one() -> None:
    response = the_book().responses["utter_doors"]
    sms = choose(response, "simulator_sms", {"slots.municipality_kind": "valle"}.get)
    whatsapp = choose(response, "whatsapp", {"slots.municipality_kind": "valle"}.get)
    assert sms.channel == "sms"
    assert whatsapp.channel is None
    assert choose(response, "sms", lambda _name: None).condition is None


@given(st.sampled_from(["safe_now", "topic"]), st.text(max_size=20))
def test_a_payload_is_read_as_it_was_written(slot: str, value: str) -> None:
    assert read_payload(write_inform(slot, value)) == Inform(slot=slot, value=value)


@given(st.text(max_size=60) | st.text(max_size=40).map(lambda text: f"/inform{{{text}}}"))
def test_a_payload_from_outside_is_a_meaning_or_nothing(payload: str) -> None:
    assert read_payload(payload) is None or isinstance(read_payload(payload), Inform | Start)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        *[("a" * 160, 1), ("a" * 161, 2), ("a" * 306, 2), ("a" * 307, 3), ("á" * 160, 1), ("ñ¿é" * 53, 1), ("", 1)],
        *[("❤" * 70, 1), ("❤" * 71, 2), ("😀" * 35, 1), ("😀" * 36, 2), ("€" * 80, 1), ("€" * 81, 2)],
    ],
)
def test_segments_are_counted_as_a_phone_company_does(text: str, expected: int) -> None:
    assert count_segments(transliterate(text)).segments == expected
