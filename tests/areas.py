"""docs/conversaciones.md: the seventeen conversations, and by which transcripts each is shown.

``python -m tests.areas`` writes it anew from the transcripts' own ``area``; ``tests/transcripts/test_areas.py`` holds
it against them, and lets no area have fewer than three.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from tests.dialogue.runner import Transcript, transcripts

PAGE = Path(__file__).parent.parent / "docs" / "conversaciones.md"
#: What a conversation is, in the words of those who sign it; the numbers are the ``area`` of a transcript.
AREAS: Mapping[int, str] = {
    1: "Saludo, candado del teléfono y volver después del silencio",
    2: "Quién responde y quién lee; los permisos, uno por uno",
    3: "Peligro ahora: cuello, arma, encierro, herida, «llamen al 123 por mí»",
    4: "Violencias: golpes, sexual, control, plata, digital, amenazas, trabajo, calle",
    5: "Riesgo de suicidio",
    6: "Un niño o una niña en peligro, o que escribe",
    7: "Alguien que sabe de un caso",
    8: "Malestar: ser escuchada, un ejercicio, la psicóloga; psiquiatría solo por ella",
    9: "La ruta por situación y municipio, y las rutas que no son la de siempre",
    10: "Plan para cuidarse",
    11: "Algo de ella: sordera, embarazo, pueblo indígena, vereda, migración, lectura…",
    12: "Irse y cuidarse: salida, BAJA, BORRAR, palabra personal, silencio en una crisis",
    13: "Quien pregunta por otra persona, quien hizo daño, hombres víctimas, insultos",
    14: "No se entendió, «.», emoji, ráfaga, audio, foto, ubicación, otra lengua",
    15: "Querer una persona, en horario y fuera de él",
    16: "Encuesta de una pregunta",
    17: "La Brigada",
}
_HEAD = """# Las conversaciones, y con qué se prueban

Cada línea es una conversación escrita entera en `tests/transcripts/`, que se juega con el motor solo y con todo el
servicio. Su nombre es una frase en inglés, como todas las pruebas; al lado, lo primero que escribe la persona. Una
conversación puede mostrar más de un tema. Esta página la escribe `python -m tests.areas` desde las conversaciones
mismas; una prueba no deja que se aparte de ellas ni que un tema tenga menos de tres.
"""
_SENT = {"media": "(envía: {})", "location": "(envía dónde está)", "payload": "(toca un botón)"}


def write_page(played: Sequence[Transcript]) -> str:
    """The whole page as Markdown."""
    count = "\n".join(f"| {n} | {name} | {len(_of(played, n))} |" for n, name in AREAS.items())
    parts = [_HEAD, f"| N.º | Tema | Conversaciones |\n|---|---|---|\n{count}\n", f"Conversaciones: {len(played)}.\n"]
    for number, name in AREAS.items():
        rows = "\n".join(
            f"| {one.name.replace('_', ' ')} | {_first(one)} | {one.file} |" for one in _of(played, number)
        )
        parts.append(f"## {number}. {name}\n\n| Conversación | Empieza con | Archivo |\n|---|---|---|\n{rows}\n")
    return "\n".join(parts)


def without_area(played: Sequence[Transcript]) -> Iterator[str]:
    """The transcripts that show no area, or one that there is not."""
    return (f"{one.file}: {one.name}" for one in played if not one.areas or set(one.areas) - set(AREAS))


def _of(played: Sequence[Transcript], area: int) -> list[Transcript]:
    return [one for one in played if area in one.areas]


def _first(one: Transcript) -> str:
    """The first thing that the person does, as it stands in the table."""
    step = one.steps[0]
    for key, said in _SENT.items():
        if key in step:
            return said.format(step[key])
    words = str(step.get("user", "")).replace("|", "\\|").replace("\n", " / ")
    return f"«{words}»" if words else "—"


if __name__ == "__main__":
    PAGE.write_text(write_page(transcripts()), encoding="utf-8")
