"""What the words alone say: the openings, the grave that looks light, the light that looks grave."""

from __future__ import annotations

import time
from pathlib import Path

import pytest
import yaml
from hypothesis import assume, given
from hypothesis import strategies as st

from bot.messages import Alert
from bot.safety import has_letters, is_at_once, screen

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
    ("said", "alert", "intent"),
    [
        # whose wish it is
        ("mi esposo intento matarme", URGENT, "death_threat"),
        ("el quiere matarme", URGENT, "death_threat"),
        ("el queria matarme", URGENT, "death_threat"),
        ("va a matarme si lo dejo", URGENT, "death_threat"),
        ("juró matarme", URGENT, "death_threat"),
        ("el señor bolivar me amenaza con matarme", URGENT, "death_threat"),
        ("yo queria matarme", URGENT, "suicidal_ideation"),
        ("tengo ganas de matarme", URGENT, "suicidal_ideation"),
        ("intenté matarme ayer", EMERGENCY, "suicidal_ideation"),
        ("me voy a matar", EMERGENCY, "suicidal_ideation"),
        ("me voy a ahorcar", EMERGENCY, "suicidal_ideation"),
        ("voy a matar a mi mujer", EMERGENCY, "imminent_danger"),
        ("la voy a matar y me mato yo", EMERGENCY, "imminent_danger"),
        ("mi esposo se ahorcó", EMERGENCY, "third_party_report"),
        ("mi novio se tomo unas pastillas", EMERGENCY, "third_party_report"),
        ("me tiró al piso", ATTENTION, "physical_violence"),
        ("me tiró del carro", ATTENTION, "physical_violence"),
        # what was taken
        ("me tome 20 pastillas", EMERGENCY, "suicidal_ideation"),
        ("me tome 15 pastas", EMERGENCY, "suicidal_ideation"),
        ("me tome 20 acetaminofen", EMERGENCY, "suicidal_ideation"),
        ("me tome el clorox", EMERGENCY, "suicidal_ideation"),
        ("me tome un monton de pastillas", EMERGENCY, "suicidal_ideation"),
        # no thing in his hand makes an idiom
        ("me ahorcó con la corbata", URGENT, "physical_violence"),
        ("me quemó con aceite", ATTENTION, "physical_violence"),
        ("me golpeó con la puerta", ATTENTION, "physical_violence"),
        ("me pegó contra la pared", ATTENTION, "physical_violence"),
        ("me pegó en la cabeza", ATTENTION, "physical_violence"),
        ("me reventó la cabeza de un puño", ATTENTION, "physical_violence"),
        ("me amenazó con un cuchillo de cocina", URGENT, "death_threat"),
        ("tengo miedo de que me pegue", ATTENTION, "physical_violence"),
        ("estaba viendo la novela y me pegó anoche", URGENT, "physical_violence"),
        # what was missed
        ("me clavo un cuchillo", EMERGENCY, "imminent_danger"),
        ("mi hija no contesta hace dos dias", EMERGENCY, "third_party_report"),
        ("no encuentro a mi hija", EMERGENCY, "third_party_report"),
        ("se llevo a mis hijos", EMERGENCY, "third_party_report"),
        ("me tienen trabajando en un bar y no me dejan salir me quitaron los papeles", URGENT, "imminent_danger"),
        ("my husband hits me", ATTENTION, "physical_violence"),
        ("help me", ATTENTION, "ask_help"),
        ("he wants to kill me", URGENT, "death_threat"),
        ("mi hijo me pega", ATTENTION, "physical_violence"),
        ("me voy a matar esta noche", EMERGENCY, "suicidal_ideation"),
        ("quiero matarme esta noche", EMERGENCY, "suicidal_ideation"),
        ("mi marido quiere que me mate", URGENT, "death_threat"),
        ("me tome las pastas de la presion todas", EMERGENCY, "suicidal_ideation"),
        ("mi hermana desaparecio", EMERGENCY, "third_party_report"),
        ("mataron a mi hermana fue el marido", URGENT, "third_party_report"),
        ("viene a matarme", EMERGENCY, "imminent_danger"),
        ("tiene un cuchillo", URGENT, "death_threat"),
        ("esta afuera de mi casa", URGENT, "imminent_danger"),
        ("🆘", URGENT, "imminent_danger"),
        ("le pago a alguien para matarme", URGENT, "death_threat"),
        ("quiero que todo se acabe", URGENT, "suicidal_ideation"),
        ("no quiero vivir con este dolor", URGENT, "suicidal_ideation"),
        ("ya no puedo seguir viviendo con tanta angustia", URGENT, "suicidal_ideation"),
    ],
)
def test_who_does_it_to_whom_is_heard(said: str, alert: Alert, intent: str) -> None:
    found = screen(said)
    assert (found.alert, found.intent) == (alert, intent)


@pytest.mark.parametrize(
    ("said", "kinds"),
    [
        ("tengo 15 y mi padrastro se entra a mi pieza", {"minor"}),
        ("tengo 13", {"minor"}),
        ("mi marido me obliga asi yo no quiera", {"partner", "sexual"}),
        ("me obliga mi esposo", {"partner"}),
        ("me duele el pecho y no puedo respirar", {"breath"}),
        ("soy cajera del d1", {"shop"}),
        ("si pero el esta al lado", {"here"}),
        ("no, esta aqui", {"here"}),
        ("ya llego chao", {"here", "now"}),
        ("me oye", {"watched"}),
        ("me esta ahorcando", {"strangling", "now"}),
        ("él dice que se mata", {"his_suicide_threat"}),
        ("me va a matar y se mata", {"threatens_her"}),
        ("le pegue a mi mujer", {"aggressor"}),
        ("mi amigo se tomo unas pastillas", {"other_suicide"}),
        ("🔪", {"sign"}),
    ],
)
def test_what_the_dialogue_needs_to_know_is_named(said: str, kinds: set[str]) -> None:
    assert kinds <= screen(said).kinds


@pytest.mark.parametrize(
    ("said", "kind"),
    [
        ("mi jefe me toca", "partner"),
        ("el marido de la vecina le pega", "partner"),
        ("mi nieta de 7 me dijo q el tio la toca", "minor"),
        ("tengo 15 años de casada", "minor"),
        ("soy el esposo de la señora de este celular", "shop"),
        ("el no esta aqui", "here"),
        ("él dice que se mata", "threatens_her"),
        ("❤️", "sign"),
        ("ya no esta", "watched"),
    ],
)
def test_what_was_not_said_is_not_named(said: str, kind: str) -> None:
    assert kind not in screen(said).kinds


@pytest.mark.parametrize(
    "said",
    [
        "no quiero vivir con el",
        "no quiero vivir mas con el",
        "no quiero vivir aqui",
        "ya no quiero estar con el",
        "me quiero ir de la casa",
        "quiero irme con mi hijo",
        "no puedo seguir viviendo con el",
        "me tome un acetaminofen",
        "desde que me case",
        "estoy sola con los niños",
        "mi hija tiene tos",
        "me tome dos pastillas para el dolor",
    ],
)
def test_leaving_him_is_no_wish_to_die(said: str) -> None:
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
    assume(has_letters(said))  # beside words a knife is an ornament
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
