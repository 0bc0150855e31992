"""The sets that understanding is measured on: labelled in our words, spread wide, apart from what is learned."""

from __future__ import annotations

import csv
from collections import Counter
from pathlib import Path
from typing import Any

import pytest
import yaml

from bot.messages import Alert
from bot.nlu.meanings import FILE, alert_of_intents
from bot.spelling import plain

HERE = Path(__file__).parent
MUNICIPALITIES = FILE.parent.parent / "territory" / "municipalities.csv"
FIELDS = {"text", "intent", "alert", "municipality", "voice", "danger", "looks_grave"}
VOICES = {"cali", "pacific", "norte", "vereda", "nasa", "venezuelan", "old", "young", "deaf", "barely_literate",
          "dictated", "panic", "indirect", "neutral"}  # fmt: skip
DANGERS = {"strangling", "overdose", "child", "weapon", "threat", "pregnancy", "none"}
GRAVE = ("imminent_danger", "suicidal_ideation", "physical_violence", "sexual_violence", "psychological_violence",
         "economic_violence", "digital_violence", "death_threat", "emotional_distress", "child_at_risk",
         "third_party_report")  # fmt: skip
URGENT_BY_MEANING = {"suicidal_ideation", "sexual_violence", "death_threat", "child_at_risk"}
URGENT_BY_DANGER = DANGERS - {"none"}


def _read(name: str) -> list[dict[str, Any]]:
    entries: list[dict[str, Any]] = yaml.safe_load((HERE / name).read_text(encoding="utf-8"))
    return entries


def _learned() -> set[str]:
    return {
        plain(line.removeprefix("- "))
        for path in sorted((FILE.parent / "data").glob("*.yml"))
        for block in yaml.safe_load(path.read_text(encoding="utf-8"))["nlu"]
        for line in block["examples"].splitlines()
    }


DEVELOPMENT, TEST, THIRD = _read("development.yml"), _read("test_set.yml"), _read("third_set.yml")
SETS = pytest.mark.parametrize("entries", [DEVELOPMENT, TEST, THIRD], ids=["development", "test_set", "third_set"])
LARGE = pytest.mark.parametrize("entries", [DEVELOPMENT, TEST], ids=["development", "test_set"])


@SETS
def test_every_label_is_a_word_of_the_vocabulary(entries: list[dict[str, Any]]) -> None:
    assert all(set(entry) == FIELDS for entry in entries)
    assert {entry["intent"] for entry in entries} == set(alert_of_intents())
    assert {entry["alert"] for entry in entries} == {alert.name.lower() for alert in Alert}
    assert {entry["voice"] for entry in entries} == VOICES
    assert {entry["danger"] for entry in entries} == DANGERS
    assert all(isinstance(entry["looks_grave"], bool) for entry in entries)


@SETS
def test_alerts_keep_to_the_rules_of_the_vocabulary(entries: list[dict[str, Any]]) -> None:
    alerts = [(Alert[entry["alert"].upper()], entry) for entry in entries]
    assert [entry for alert, entry in alerts if alert < alert_of_intents()[entry["intent"]]] == []
    assert [e for alert, e in alerts if e["danger"] in URGENT_BY_DANGER and alert < Alert.URGENT] == []
    assert [e for alert, e in alerts if e["danger"] == "overdose" and alert is not Alert.EMERGENCY] == []
    assert [entry for alert, entry in alerts if entry["looks_grave"] and alert is not Alert.NONE] == []
    assert all(alert >= Alert.URGENT for alert, entry in alerts if entry["intent"] in URGENT_BY_MEANING)


@LARGE
def test_every_meaning_is_asked_often_enough_to_be_measured(entries: list[dict[str, Any]]) -> None:
    counted = Counter(entry["intent"] for entry in entries)
    assert min(counted.values()) >= 14
    assert all(counted[intent] >= 28 for intent in GRAVE)
    assert sum(entry["looks_grave"] for entry in entries) >= 35
    assert sum(entry["intent"] == "out_of_scope" and entry["looks_grave"] for entry in entries) >= 24


def test_the_third_set_asks_every_meaning_too() -> None:
    assert min(Counter(entry["intent"] for entry in THIRD).values()) >= 8
    assert sum(entry["looks_grave"] for entry in THIRD) >= 50


@SETS
def test_every_place_is_a_municipality_of_the_valle(entries: list[dict[str, Any]]) -> None:
    with MUNICIPALITIES.open(encoding="utf-8", newline="") as file:
        codes = {row["code"] for row in csv.DictReader(line for line in file if not line.startswith("#"))}
    named = [entry["municipality"] for entry in entries if entry["municipality"] is not None]
    assert set(named) <= codes
    assert len(named) >= len(entries) * 0.15


def test_all_municipalities_are_named_somewhere() -> None:
    assert len({entry["municipality"] for entry in DEVELOPMENT + TEST} - {None}) == 42


def test_no_message_stands_twice_within_or_across_the_sets() -> None:
    counted = Counter(plain(entry["text"]) for entry in DEVELOPMENT + TEST + THIRD)
    assert [text for text, times in counted.items() if times > 1] == []


@SETS
def test_nothing_that_is_measured_was_learned(entries: list[dict[str, Any]]) -> None:
    # It is the learned example that goes: the sets stay as they were written.
    learned = _learned()
    assert [entry["text"] for entry in entries if plain(entry["text"]) in learned] == []
