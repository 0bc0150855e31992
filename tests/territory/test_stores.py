"""Shops as data: named by number or by a worker's word, and a slip in the file is named where it stands."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from bot.errors import ContentError
from bot.territory import department
from bot.territory.data import FOLDER
from bot.territory.stores import find_store, load_stores

_TODAY = date(2026, 11, 23)


@pytest.mark.parametrize(
    ("said", "store", "by_word"),
    [
        ("soy cajera, tienda 12", "12", False),
        ("TIENDA NÚMERO 007", "7", False),
        ("tienda #31", "31", False),
        ("guayaba", "12", True),
        ("Guallaba", "12", True),
        ("código de la tienda: mandarina", "12", True),
        ("la clave es maracuya", "7", True),
        ("quiero comer guayaba", None, False),
        ("código albahaca", None, False),
        ("lulo", None, False),
        ("tienda 999", None, False),
        ("son 12 tiendas", None, False),
        ("", None, False),
    ],
)
def test_a_shop_is_known_by_its_number_or_by_a_word_that_is_still_good(
    said: str, store: str | None, by_word: bool
) -> None:
    found = find_store(load_stores(department()), said, _TODAY)
    assert (found.store.id if found else None, found.by_word if found else False) == (store, by_word)


def test_the_old_word_runs_out_and_the_new_one_stays() -> None:
    stores = load_stores(department())
    later = date(2027, 6, 1)
    assert find_store(stores, "guayaba", later) is None
    assert find_store(stores, "mandarina", later) is not None


@pytest.mark.parametrize(
    ("old", "new", "problem"),
    [
        ('municipality: "76834"', 'municipality: "11001"', "ningún municipio tiene el código"),
        ("poster: cilantro", "poster: guayaba", "ya es de"),
        ('- id: "7"', '- id: "12"', "ya es de"),
        ("until: 2026-10-31", "until: pronto", "falta hasta qué día sirve"),
        ("    poster: romero\n", "", "falta «poster»"),
        ("demonstration: true", "demo: true", "no se conoce «demo»"),
    ],
)
def test_a_slip_in_the_shops_is_named_with_file_and_line(tmp_path: Path, old: str, new: str, problem: str) -> None:
    text = (FOLDER / "stores.yml").read_text(encoding="utf-8")
    assert old in text
    path = tmp_path / "stores.yml"
    path.write_text(text.replace(old, new, 1), encoding="utf-8")
    with pytest.raises(ContentError, match=r"stores\.yml:\d+") as caught:
        load_stores(department(), path)
    assert problem in caught.value.problem
