"""What the words alone say: the openings, the grave that looks light, the light that looks grave."""

from __future__ import annotations

import time
from pathlib import Path

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from bot.messages import Alert
from bot.safety import is_at_once, screen

OPENINGS = yaml.safe_load(Path(__file__).with_name("openings.yml").read_text(encoding="utf-8"))["openings"]
NONE, ATTENTION, URGENT, EMERGENCY = Alert.NONE, Alert.ATTENTION, Alert.URGENT, Alert.EMERGENCY


@pytest.mark.parametrize(("said", "alert", "intent"), OPENINGS)
def test_each_of_the_openings_weighs_what_it_should(said: str, alert: str, intent: str | None) -> None:
    found = screen(said)
    assert (found.alert.word, found.intent) == (alert, intent)


@pytest.mark.parametrize(
    "said",
    [
        "me muero de la risa",
        "me mata el estrés",
        "mi hijo me pegó la gripa",
        "mi esposo me pegó el covid",
        "voy a matar el tiempo",
        "esas deudas me tienen ahorcada",
        "me tomé la pastilla de la presión",
        "violó la medida de protección",
        "me toca trabajar mañana",
        "me pegué con la puerta",
        "en la novela mataron a la mujer",
        "el balón me golpeó",
        "los zancudos me están matando",
        "tengo 15 años de casada",
        "tengo 16 gallinas",
        "pistola de silicona",
        "quiero aprender a coser",
        "a medio día",
        "se me pegó el arroz",
    ],
)
def test_what_only_looks_grave_raises_nobody(said: str) -> None:
    assert screen(said).alert is NONE


@pytest.mark.parametrize(
    "said",
    [
        "no me pegó",
        "no me quiero morir, solo estoy cansada",
        "mi marido no me ha vuelto a pegar",
        "no he pensado en matarme",
    ],
)
def test_a_denial_is_heard_but_never_below_attention(said: str) -> None:
    assert screen(said).alert is ATTENTION


@pytest.mark.parametrize(
    "said",
    [
        "no, me pegó anoche",
        "no aguanto más, me pegó ayer",
        "no solo me grita, anoche me pegó",
        "no se que hacer me pego ayer",
    ],
)
def test_a_no_that_denies_something_else_takes_nothing_away(said: str) -> None:
    assert screen(said).alert is URGENT


@pytest.mark.parametrize("said", ["que pasaria si mi esposo me pega", "qué hago si me llega a pegar mi marido"])
def test_a_supposition_is_kept_for_a_psychologist_to_hear(said: str) -> None:
    assert screen(said).alert is ATTENTION


@pytest.mark.parametrize(
    "said",
    [
        "él dice que se mata si lo dejo",
        "si lo dejo se mata",
        "amenaza con matarse si me voy",
        "dice q se va a matar si me voy",
    ],
)
def test_his_threat_to_kill_himself_is_a_danger_to_her_and_not_her_wish(said: str) -> None:
    found = screen(said)
    assert (found.alert, found.intent) == (URGENT, "psychological_violence")


@pytest.mark.parametrize(
    "said",
    [
        "ME PEGÓ ANOCHE",
        "m e p e g o  anoche",
        "mepegoanoche",
        "me pegooooo anocheee",
        "ｍｅ ｐｅｇó anoche",
        "me\u200b pe\u200bgó anoche",
        "me.pego.anoche",
        "mе pеgо аnосhе",
        "me pego\nanoche",
        "m pego anoxe anoche",
    ],
)
def test_tricks_of_spelling_hide_nothing(said: str) -> None:
    assert screen(said).alert is URGENT


@pytest.mark.parametrize(
    ("said", "alert"),
    [
        ("mi esposo me golpea", ATTENTION),
        ("mi esposo me golpea y estoy embarazada", URGENT),
        ("me ahorcó", URGENT),
        ("me ahorcó y quedé sin voz", EMERGENCY),
        ("me apuntó con la pistola", URGENT),
        ("si me dejas te mato", URGENT),
        ("va a entrar y me va a matar", EMERGENCY),
        ("quiero dormir y no despertar", URGENT),
        ("me tomé un frasco de pastillas pero ya pasó", EMERGENCY),
        ("esta noche me mato", EMERGENCY),
        ("le pega a los niños", URGENT),
        ("me violaron", URGENT),
        ("AUXILIO", URGENT),
    ],
)
def test_the_gravest_and_the_context_decide(said: str, alert: Alert) -> None:
    assert screen(said).alert is alert


def test_cues_are_her_own_words_the_gravest_first() -> None:
    found = screen("Mi esposo me PEGÓ anoche y dijo que me va a matar")
    assert "me va a matar" in found.cues[0]
    assert all(cue in "Mi esposo me PEGÓ anoche y dijo que me va a matar" for cue in found.cues)


@pytest.mark.parametrize("said", ["1", "2)", "salir", "me esta tumbando la puerta"])
def test_what_cannot_wait_for_the_rest_of_a_burst_does_not(said: str) -> None:
    assert is_at_once(said)


@pytest.mark.parametrize("said", ["hola", "necesito ayuda", "es mi esposo"])
def test_an_ordinary_line_waits_for_the_next(said: str) -> None:
    assert not is_at_once(said)


_PIECES = st.sampled_from(
    [
        "me ",
        "pegó ",
        "no ",
        "anoche ",
        "el ",
        "va a ",
        "matar ",
        "quiero ",
        "morir ",
        ". ",
        ", ",
        "\n",
        "🔪",
        "\u200b",
        "si ",
    ]
)


@given(st.one_of(st.text(max_size=400), st.lists(_PIECES, max_size=60).map("".join)))
def test_the_screen_never_fails_and_its_cues_are_pieces_of_the_text(said: str) -> None:
    found = screen(said)
    assert all(cue in said for cue in found.cues)
    assert bool(found.cues) == (found.alert > NONE)


@given(st.lists(_PIECES, max_size=30).map("".join), st.sampled_from(["jaja", "gracias", "hola como va"]))
def test_words_that_mean_nothing_grave_lower_nothing(said: str, more: str) -> None:
    assert screen(f"{said}. {more}").alert >= screen(said).alert


@pytest.mark.parametrize(
    "piece",
    [
        "a",
        "me pego ",
        "no ",
        "el si no me va a matar ",
        "me me me el la si dice ",
        "mepegome",
        "\u200b",
        "é",
        "🔪",
        "si ",
    ],
)
def test_time_grows_with_length_and_not_with_malice(piece: str) -> None:
    began = time.perf_counter()
    screen(piece * (1_000_000 // len(piece)))
    assert time.perf_counter() - began < 3.0
