"""Places as people type them on phones, and names that mean no place: the sentences of said.yml."""

from __future__ import annotations

import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
import yaml

from bot.territory import OUTSIDE, department, find

SAID: Mapping[str, Any] = yaml.safe_load(Path(__file__).with_name("said.yml").read_text(encoding="utf-8"))
NAMED = [(said, str(code)) for code, sentences in SAID["named"].items() for said in sentences]


def test_every_municipality_is_said_in_at_least_four_ways() -> None:
    ways = {str(code): len(set(sentences)) for code, sentences in SAID["named"].items()}
    assert set(ways) == set(department().by_code)
    assert min(ways.values()) >= 4
    assert len(NAMED) >= 250
    assert len(set(SAID["traps"])) >= 120


@pytest.mark.parametrize(("said", "code"), NAMED)
def test_a_place_is_found_however_she_types_it(said: str, code: str) -> None:
    place = find(department(), said)
    assert place is not None
    assert place.code == code


@pytest.mark.parametrize("said", SAID["traps"])
def test_a_person_a_street_a_club_or_another_department_is_no_municipality(said: str) -> None:
    place = find(department(), said)
    assert place is None or place.code == OUTSIDE


@pytest.mark.parametrize("municipality", department().municipalities, ids=lambda municipality: municipality.name)
@pytest.mark.parametrize(
    "around",
    [
        "vivo en {}",
        "soy de {} y no tengo a nadie",
        "me pegó anoche, {}",
        "la comisaría de {} no abre",
        "vivoen{}",
        "estoy sola en la vereda la esperanza {}",
        "ESCRIBO DESDE {} 😔",
    ],
)
def test_no_municipality_is_understood_less_well_than_another(municipality: Any, around: str) -> None:
    name = municipality.name.replace(" ", "") if around.startswith("vivoen") else municipality.name
    place = find(department(), around.format(name))
    assert place is not None
    assert place.code == municipality.code


def test_a_place_is_looked_for_in_less_than_a_millisecond_a_message() -> None:
    texts = [said for said, _ in NAMED] + SAID["traps"]
    find(department(), texts[0])
    began = time.process_time()
    for said in texts:
        find(department(), said)
    assert (time.process_time() - began) / len(texts) < 0.001
