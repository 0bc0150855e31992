"""What everybody writes in the benchmark: conversations of ten messages, half of them sentences.

The other half are words and numbers that no understanding is needed for. Rasa gets those as ``/affirm`` and the like,
its own way around its NLU. Each message has an answer at any hour.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

_MONEY = (
    "mi esposo me quita la plata y no me deja trabajar",
    "el man no da pa la comida y me cobra hasta lo del bus",
    "mi marido maneja toda la plata y me toca pedirle",
    "no me deja tener cuenta ni trabajar, dice que pa que",
)
_WORDS = (
    "mi marido me grita y me dice bruta delante de los niños",
    "me humilla todos los dias y me dice que no sirvo",
    "mi pareja me insulta por todo y me trata de loca",
    "el me dice que soy una inutil y que nadie me va a creer",
)
_PHONE = (
    "mi novio me revisa el celular y me pide las claves",
    "mi ex publica fotos mias en el facebook",
    "me llegan mensajes de un perfil falso y creo que es el",
    "se metió a mi whatsapp y lee todo lo que escribo",
)
_WHERE = ("vivo en buga", "estoy en palmira", "soy de tulua", "en cartago", "yo vivo en jamundi", "en yumbo")
_ASKED = (
    "que es una comisaria de familia",
    "como pido una medida de proteccion",
    "donde pongo la denuncia",
    "que documentos llevo",
)
_AGAIN = (
    "y si en la comisaria no me atienden",
    "cuanto se demora eso",
    "tengo que pagar algo",
    "necesito abogado",
)
_TOLD = (_MONEY, _WORDS, _PHONE)


@dataclass(frozen=True, slots=True)
class Said:
    """One message; ``meaning``: the intent that Rasa is given without having to understand, empty for a sentence."""

    text: str
    meaning: str = ""


def conversation(number: int) -> Iterator[Said]:
    """What the person with this number writes, in order."""
    told = _TOLD[number % len(_TOLD)]
    yield Said("hola", "greet")
    yield Said("1", "affirm")
    yield Said(told[number % len(told)])
    yield Said("2", "deny")
    yield Said(_WHERE[number % len(_WHERE)])
    yield Said("2", "deny")
    yield Said(_ASKED[number % len(_ASKED)])
    yield Said("atras", "deny")
    yield Said(_AGAIN[number % len(_AGAIN)])
    yield Said(told[(number + 1) % len(told)])
