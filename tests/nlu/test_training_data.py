"""What Rasa learns from: enough, different, and apart from what it is measured on."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import pytest
import yaml

from bot.errors import ContentError
from bot.nlu.meanings import FILE, alert_of_intents, load_alerts
from bot.spelling import plain
from tests.nlu_report.examples import alike, learned

PROJECT = FILE.parent
HELD_OUT = Path(__file__).with_name("held_out.yml")
OPENINGS = Path(__file__).parent.parent / "safety" / "openings.yml"
#: Danger, suicide, each kind of violence, distress, and what looks grave and is not.
GRAVE = ("imminent_danger", "suicidal_ideation", "physical_violence", "sexual_violence", "psychological_violence",
         "economic_violence", "digital_violence", "death_threat", "emotional_distress", "out_of_scope")  # fmt: skip


EXAMPLES = [(intent, text) for text, intent in learned()]


def test_every_meaning_has_examples_an_alert_and_a_place_in_the_domain() -> None:
    domain = yaml.safe_load((PROJECT / "domain.yml").read_text(encoding="utf-8"))
    assert set(domain["intents"]) == set(alert_of_intents()) == {intent for intent, _ in EXAMPLES}


def test_there_are_enough_examples_and_more_of_what_is_grave() -> None:
    counted = Counter(intent for intent, _ in EXAMPLES)
    assert sum(counted.values()) >= 5_000
    assert {intent: times for intent, times in counted.items() if times < (300 if intent in GRAVE else 100)} == {}


def test_no_example_stands_twice_however_it_is_spelled() -> None:
    # "si", "sí" and "siii" are different things to type; "me pega" and "ME PEGA" are not.
    counted = Counter(plain(text) for _, text in EXAMPLES if len(text.split()) > 1)
    assert [text for text, times in counted.items() if times > 1] == []


def test_no_example_is_another_one_with_a_word_changed() -> None:
    texts = [text for text, _ in EXAMPLES]
    twins = {
        (texts[one], texts[other])
        for one, other in alike(texts, run=5, likeness=90)
        if min(len(plain(texts[one]).split()), len(plain(texts[other]).split())) >= 5
    }
    assert twins == set()


def test_the_check_names_examples_that_are_near_duplicates() -> None:
    texts = ["mi esposo me pega cuando llega tarde", "ese tipo siempre me pega cuando llega tarde y yo callo",
             "me quita toda la plata del mercado", "me kita toda la plata del mercado", "hola"]  # fmt: skip
    assert set(alike(texts, run=5, likeness=90)) == {(0, 1), (2, 3)}


def test_what_is_measured_on_was_never_learned() -> None:
    learned = {plain(text) for _, text in EXAMPLES}
    held_out = yaml.safe_load(HELD_OUT.read_text(encoding="utf-8"))["messages"]
    assert len(held_out) >= 150
    assert [row[0] for row in held_out if plain(row[0]) in learned] == []
    assert {row[1] for row in held_out} <= set(alert_of_intents())


def test_none_of_the_openings_was_learned_by_heart() -> None:
    learned = {plain(text) for _, text in EXAMPLES}
    openings = yaml.safe_load(OPENINGS.read_text(encoding="utf-8"))["openings"]
    assert len(openings) == 25
    assert [said for said, _, _ in openings if plain(said) and plain(said) in learned] == []


@pytest.mark.parametrize("content", ["greet: loud\n", "- greet\n"])
def test_a_wrong_alert_is_refused(tmp_path: Path, content: str) -> None:
    path = tmp_path / "alerts.yml"
    path.write_text(content, encoding="utf-8")
    with pytest.raises(ContentError, match=r"alerts\.yml"):
        load_alerts(path)
