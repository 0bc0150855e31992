"""What is veiled for the team is heard all the same: nothing is blocked, lowered or lost by the machine."""

from __future__ import annotations

import pytest

from bot.safety import screen


@pytest.mark.parametrize("said", ["hijueputa bot", "mándame fotos desnuda", "mi marido me dice puta y malparida"])
def test_obscene_words_are_marked_for_the_team(said: str) -> None:
    assert "obscene" in screen(said).kinds


@pytest.mark.parametrize(
    "said", ["mi marido me pega", "el trapero está sucio", "me quitó la plata", "soy de La Cumbre"]
)
def test_plain_words_are_not_veiled(said: str) -> None:
    assert "obscene" not in screen(said).kinds


def test_an_insult_beside_danger_takes_nothing_from_the_danger() -> None:
    plain, rude = screen("me está pegando"), screen("este hijueputa me está pegando")
    assert (rude.alert, rude.intent) == (plain.alert, plain.intent)


def test_what_he_calls_her_is_not_said_to_us() -> None:
    assert "abusive" not in screen("me dice perra y me grita coma callada").kinds
