"""The department as data: complete, and refused with file and line where it contradicts itself."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from bot.errors import ContentError
from bot.territory import department, load_territory
from bot.territory.data import FOLDER
from bot.territory.directory import load_hours, load_lines


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    copy = tmp_path / "territory"
    shutil.copytree(FOLDER, copy)
    return copy


def test_all_42_municipalities_have_a_zone_and_their_people() -> None:
    towns = department().municipalities
    assert len({town.code for town in towns}) == 42
    assert sum(town.population for town in towns) == 4_647_367
    assert sum(town.women for town in towns) == 2_441_600
    assert set(department().zones) == {"Norte", "Centro", "Sur", "Oriente", "Pacífico"}


def test_the_zoning_changes_by_changing_a_file(folder: Path) -> None:
    zones = folder / "zones.yml"
    said = zones.read_text(encoding="utf-8")
    joined = said.replace('"76834", "76890"]', '"76834", "76890", "76122", "76736"]')
    zones.write_text(joined.split("  - id: oriente")[0] + "  - id: sur" + joined.split("  - id: sur")[1])
    territory = load_territory(folder)
    assert territory.by_code["76736"].zone == "Centro"
    assert len(territory.zones) == 4


def test_a_municipality_in_two_zones_is_refused_with_its_line(folder: Path) -> None:
    zones = folder / "zones.yml"
    zones.write_text(zones.read_text(encoding="utf-8").replace('["76109"]', '["76109", "76001"]'))
    with pytest.raises(ContentError, match=r"zones\.yml:\d+: el municipio 76001 ya está en la zona"):
        load_territory(folder)


def test_a_municipality_without_a_zone_is_refused(folder: Path) -> None:
    zones = folder / "zones.yml"
    zones.write_text(zones.read_text(encoding="utf-8").replace('["76122", "76736"]', '["76122"]'))
    with pytest.raises(ContentError, match=r"municipalities\.csv:\d+"):
        load_territory(folder)


def test_broken_yaml_is_named_with_its_line(folder: Path) -> None:
    (folder / "neighbours.yml").write_text("neighbours:\n  - {name: Corinto\n", encoding="utf-8")
    with pytest.raises(ContentError, match=r"neighbours\.yml:\d+"):
        load_territory(folder)


def test_only_sure_lines_may_be_said_to_anybody() -> None:
    usable = {line.id: line for line in load_lines() if line.usable}
    assert {line.number for line in usable.values()} == {"123", "155", "122", "141", "106"}
    assert all(line.confidence == "high" and line.source for line in usable.values())


def test_bogotas_line_is_never_offered_in_the_valle() -> None:
    (bogota,) = [line for line in load_lines() if line.id == "purpura_bogota"]
    assert not bogota.usable


def test_a_line_of_little_confidence_cannot_be_made_usable(tmp_path: Path) -> None:
    said = (FOLDER / "lines.yml").read_text(encoding="utf-8")
    path = tmp_path / "lines.yml"
    path.write_text(said.replace("confidence: low\n    usable: false", "confidence: low\n    usable: true"))
    with pytest.raises(ContentError, match=r"lines\.yml:\d+: purpura_cali: solo se nombra"):
        load_lines(path)


def test_the_opening_hours_say_that_they_await_confirmation() -> None:
    hours = load_hours()
    assert not hours.confirmed
    assert hours.open[0].days == frozenset(range(1, 8))


def test_hours_that_end_before_they_begin_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "hours.yml"
    path.write_text((FOLDER / "hours.yml").read_text(encoding="utf-8").replace('"20:00"', '"07:00"'))
    with pytest.raises(ContentError, match=r"hours\.yml"):
        load_hours(path)
