"""A first look at what ``make fuzz`` looks at for longer."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.messages import Alert
from tests.dialogue.pure import the_book, understand
from tests.fuzz.targets import TARGETS, seeds, talk, webhook, words


@given(st.binary(max_size=600))
def test_whatever_bytes_come_to_the_door_are_read_or_refused_in_our_words(data: bytes) -> None:
    webhook(data)


@given(st.binary(max_size=600))
@settings(max_examples=50)
def test_whatever_is_written_is_screened(data: bytes) -> None:
    words(data)


@given(st.binary(max_size=400))
@settings(max_examples=40)
def test_whatever_life_a_conversation_has_the_lock_keeps_its_promises(data: bytes) -> None:
    talk(data)


@pytest.mark.parametrize("name", TARGETS)
def test_what_people_really_write_is_where_fuzzing_begins(name: str) -> None:
    assert len(seeds(name)) > 40
    TARGETS[name](seeds(name)[0])


@pytest.mark.parametrize(
    "said",
    [
        "me esta pegando\u202e.odnagep atse em\u202c",
        "me\u200b esta\u200b pegando\u200b ya",
        "me esta pegando " + "😀" * 1600,
        "{{ slots.secret }} {% raise %} ${jndi:x} me esta pegando",
        "'; DROP TABLE people; -- me esta pegando",
        "<script>alert(1)</script> me esta pegando",
        "me esta pegando\x00\x07\x1b[2J",
    ],
)
def test_tricks_around_them_do_not_hide_her_words(said: str) -> None:
    assert understand(the_book(), said, None, None).alert is Alert.EMERGENCY
