"""Whose violence it is, who cannot call, who flees and who is away: the sentence says it, not its verbs alone."""

from __future__ import annotations

import pytest

from bot.messages import Alert, Understanding
from bot.safety import combine, screen

NONE, ATTENTION, URGENT, EMERGENCY = Alert.NONE, Alert.ATTENTION, Alert.URGENT, Alert.EMERGENCY


@pytest.mark.parametrize(
    "said",
    [
        "policía no puedo hablar teléfono",
        "policia yo no poder hablar",
        "necesito policia, soy sorda, no puedo llamar",
        "mande la policia no puedo hablar por telefono",
        "yo sorda, policia venir ya",
        "no puedo llamar por telefono manden patrulla",
    ],
)
def test_who_wants_the_police_and_cannot_speak_is_in_danger_and_not_watched(said: str) -> None:
    found = screen(said)
    assert (found.alert, found.intent) == (EMERGENCY, "imminent_danger")
    assert "cannot_call" in found.kinds
    assert "watched" not in found.kinds


@pytest.mark.parametrize("said", ["no puedo hablar", "no puedo hablar él me oye", "no puedo escribir me están mirando"])
def test_who_is_watched_still_is(said: str) -> None:
    assert "watched" in screen(said).kinds


@pytest.mark.parametrize(
    "said",
    ["soy sorda y quiero denunciar en la policia", "soy sorda no puedo llamar", "la policía no contesta el teléfono"],
)
def test_who_only_says_that_she_does_not_hear_is_no_emergency(said: str) -> None:
    found = screen(said)
    assert found.alert < URGENT
    assert "watched" not in found.kinds


@pytest.mark.parametrize("said", ["me lee?", "cómo me le va", "si me le voy me raja"])
def test_a_greeting_that_sounds_like_reading_closes_no_phone(said: str) -> None:
    assert "watched" not in screen(said).kinds


@pytest.mark.parametrize(
    "said",
    [
        "mi vecino le pega a su mujer",
        "el vecino maltrata a la esposa",
        "mi hermano le pega a la mujer",
        "el marido de mi vecina le pega",
        "a mi amiga el novio le pega",
    ],
)
def test_a_neighbours_wife_is_another_s_case_whatever_the_reader_guesses(said: str) -> None:
    guess = Understanding(intent="physical_violence", confidence=0.9, alert=ATTENTION, by="rasa")
    assert combine(screen(said), guess).intent == "third_party_report"


@pytest.mark.parametrize(
    ("said", "alert"),
    [
        ("mi vecino le está pegando a la mujer", EMERGENCY),
        ("mi vecino le pega a su mujer en este momento", EMERGENCY),
        ("está golpeando a mi hermana", EMERGENCY),
        ("mi vecino le pegó a su mujer anoche", URGENT),
        ("mi vecino le pega a su mujer y está embarazada", URGENT),
        ("mi vecino le pega a su mujer con un machete", URGENT),
    ],
)
def test_a_neighbours_wife_in_danger_now_is_in_danger_now(said: str, alert: Alert) -> None:
    assert screen(said).alert >= alert


@pytest.mark.parametrize(
    "said",
    [
        "mi vecino le pega a su mujer y mi marido me pega a mi",
        "mi cuñado me pega y le pega a su mujer",
        "mi vecino me pega",
    ],
)
def test_what_is_done_to_herself_beside_it_stays_hers(said: str) -> None:
    assert screen(said).intent == "physical_violence"


@pytest.mark.parametrize(
    "said",
    ["mi hijo de 17 me pega", "mi nieto de 15 años me tiró al piso", "me pega mi hijo de 19 cuando está drogado"],
)
def test_a_mother_whose_son_hits_her_is_the_victim(said: str) -> None:
    guess = Understanding(intent="child_at_risk", confidence=0.97, alert=URGENT, by="rasa")
    assert combine(screen(said), guess).intent == "physical_violence"


@pytest.mark.parametrize("said", ["anoche mi hijo de 17 me pegó", "mi hijo de 16 me pegó ayer y estoy morada"])
def test_a_son_who_hit_her_last_night_is_urgent(said: str) -> None:
    assert screen(said).alert is URGENT


@pytest.mark.parametrize(
    "said",
    [
        "a mi hijo de 17 le pega el papá",
        "mi hijo de 15 se corta los brazos",
        "mi papá me pega y tengo 15",
        "mi hijo de 17 me pega y a mi niña de 5 también le pega",
    ],
)
def test_a_child_who_is_hit_stays_a_child_at_risk(said: str) -> None:
    found = screen(said)
    assert found.alert >= URGENT
    assert found.intent == "child_at_risk" or "hijo de 15" in said


@pytest.mark.parametrize(
    "said",
    [
        "soy celoso y le grito a mi mujer",
        "yo maltrato a mi mujer cuando tomo",
        "le pegué a mi esposa y me siento mal",
        "pierdo el control con mi mujer",
        "quiero dejar de pegarle",
    ],
)
def test_a_man_who_tells_what_he_does_is_heard_as_one(said: str) -> None:
    assert "aggressor" in screen(said).kinds


@pytest.mark.parametrize(
    "said", ["mi marido es celoso y me grita", "soy celosa", "él me dice que le grito", "le reviso la tarea a la niña"]
)
def test_a_woman_is_not_taken_for_him(said: str) -> None:
    assert "aggressor" not in screen(said).kinds


@pytest.mark.parametrize(
    "said",
    [
        "hoy me le voy a escapar",
        "me voy a volar de la casa esta noche",
        "esta noche me escapo",
        "me voy a ir cuando se duerma",
        "tengo la maleta lista para irme",
        "pienso irme sin que él se dé cuenta",
    ],
)
def test_a_plan_to_flee_is_urgent_and_closes_nothing(said: str) -> None:
    found = screen(said)
    assert found.alert >= URGENT
    assert "flees" in found.kinds
    assert "watched" not in found.kinds


def test_fleeing_is_no_wish_to_die_whatever_the_reader_guesses() -> None:
    guess = Understanding(intent="suicidal_ideation", confidence=0.74, alert=URGENT, by="rasa")
    assert combine(screen("hoy me le voy a escapar"), guess).intent == "psychological_violence"


def test_a_flight_from_life_stays_one() -> None:
    guess = Understanding(intent="suicidal_ideation", confidence=0.9, alert=URGENT, by="rasa")
    assert combine(screen("me voy a volar de aquí, quiero morirme"), guess).intent == "suicidal_ideation"


@pytest.mark.parametrize(
    "said",
    [
        "me escapé un rato del trabajo",
        "me voy a volar de la oficina",
        "me le voy a presentar a la beca",
        "quiero escaparme a la playa",
        "hoy me vuelo de clase",
    ],
)
def test_who_slips_away_from_work_flees_from_nobody(said: str) -> None:
    assert screen(said).alert is NONE


@pytest.mark.parametrize(
    "said", ["ahora él está trabajando", "ahorita está en el trabajo", "hoy mi marido está de viaje"]
)
def test_he_is_away_and_nothing_happens(said: str) -> None:
    assert screen(said).alert is NONE


@pytest.mark.parametrize(
    ("said", "alert"),
    [
        ("ahora él está golpeando la puerta", EMERGENCY),
        ("ahora está trabajando pero dijo que cuando vuelva me mata", URGENT),
        ("ahorita está en el trabajo, anoche me dejó el ojo negro", URGENT),
        ("mi ex está en la puerta", URGENT),
    ],
)
def test_he_is_away_and_something_happened(said: str, alert: Alert) -> None:
    assert screen(said).alert >= alert


@pytest.mark.parametrize(
    "said",
    [
        "se casa la hija de la vecina",
        "mi hija la vez pasada ganó",
        "a mi hija le toca estudiar",
        "me tocó el señor más amable en la fila",
        "en aquella época",
        "el papá no reconoce la paternidad",
        "charla para niños sobre violencia",
    ],
)
def test_a_word_that_begins_alike_is_another_word(said: str) -> None:
    assert screen(said).alert is NONE


@pytest.mark.parametrize(
    "said",
    [
        "la hija de la vecina grita que le pegan",
        "el niño de mi vecina está encerrado y llora",
        "mi hija dice que el tío la besa",
        "violaron a mi niña",
        "al niño lo mandan a pedir",
    ],
)
def test_and_what_it_hid_is_found_by_its_own_words(said: str) -> None:
    found = screen(said)
    assert (found.alert >= URGENT, found.intent) == (True, "child_at_risk")


@pytest.mark.parametrize(
    "said",
    [
        "me cogió la noche haciendo el informe",
        "se me murió el celular",
        "me quedé encerrada en el ascensor",
        "me quemé la mano con el aceite",
        "el jefe nos ahorca con las metas",
        "voy a tirarme en la cama",
        "la tos me está matando",
        "me está siguiendo mucha gente en instagram",
        "mis hijos se pegan entre ellos",
    ],
)
def test_everyday_talk_is_everyday_talk(said: str) -> None:
    assert screen(said).alert is NONE


@pytest.mark.parametrize(
    "said",
    [
        "me ahorca con la correa",
        "anoche me quemó con el aceite",
        "voy a tirarme del puente",
        "me quiero botar a un carro",
        "él me está matando",
        "me está siguiendo un tipo",
        "me dejó encerrada con candado",
        "pienso en suicidarme, no doy más",
    ],
)
def test_and_danger_in_the_same_words_is_danger(said: str) -> None:
    assert screen(said).alert >= URGENT
