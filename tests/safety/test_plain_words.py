"""Danger as it is typed in the Valle, and the things that only sound like it."""

from __future__ import annotations

import pytest

from bot.messages import Alert
from bot.safety import screen

NONE, ATTENTION, URGENT, EMERGENCY = Alert.NONE, Alert.ATTENTION, Alert.URGENT, Alert.EMERGENCY


@pytest.mark.parametrize(
    ("said", "alert", "intent"),
    [
        ("toy cortandome", EMERGENCY, "suicidal_ideation"),
        ("me estoi cortando las muñecas", EMERGENCY, "suicidal_ideation"),
        ("tengo la cuchilla en la mano", EMERGENCY, "suicidal_ideation"),
        ("me las tragué toditas", EMERGENCY, "suicidal_ideation"),
        ("pastillas tomar yo hoy", EMERGENCY, "suicidal_ideation"),
        ("mi novio se tomó veneno", EMERGENCY, "third_party_report"),
        ("me iso el mata leon", URGENT, "physical_violence"),
        ("me guindó del pescuezo", URGENT, "physical_violence"),
        ("viene pa aca con el machete", EMERGENCY, "imminent_danger"),
        ("unos encapuchados se llevaron a mi niño", EMERGENCY, "imminent_danger"),
        ("tengo una pistola y la voy a buscar", EMERGENCY, "imminent_danger"),
        ("no hay nadie me tiene encerrada", EMERGENCY, "imminent_danger"),
        ("hay una señora llorando en mi caja y el marido la jala", URGENT, "brigade_help"),
        ("mi yerno le pega a mi hija", ATTENTION, "third_party_report"),
        ("amenazan con publicar mis fotos", ATTENTION, "digital_violence"),
    ],
)
def test_danger_is_heard_as_people_type_it(said: str, alert: Alert, intent: str) -> None:
    found = screen(said)
    assert (found.alert, found.intent) == (alert, intent)


@pytest.mark.parametrize(
    "said",
    [
        "nos tienen asfixiados los intereses",
        "me asfixia esa faja",
        "sobredosis de chocolate",
        "precios suicidas",
        "violaron la cerradura del contador",
        "cuanto le doy a una niña de once kilos",
        "como solicito el auxilio de transporte",
        "me van a matar los parciales",
        "mandaron a matar un marrano",
    ],
)
def test_a_thing_presses_and_kills_nobody(said: str) -> None:
    assert screen(said).alert is NONE


@pytest.mark.parametrize(
    "said",
    ["me ahorcó con la corbata", "por la plata me ahorcó", "cuando no pago la cuota me ahorca", "me quiere matar hoy"],
)
def test_a_thing_in_his_hand_or_his_reason_hides_nothing(said: str) -> None:
    assert screen(said).alert >= URGENT


def test_a_denial_that_names_nobody_is_still_heard() -> None:
    assert screen("nadie me tiene encerrada").alert is ATTENTION
