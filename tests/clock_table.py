"""docs/tiempos.md: the table of clocks, as somebody who decides about them reads it.

``python -m tests.clock_table`` writes it anew; ``tests/takeover/test_clock_table.py`` holds it against the table.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import fields
from datetime import timedelta
from pathlib import Path

from bot.content import read_mapping
from bot.messages import Alert
from bot.takeover.clocks import FILE, Bell, Clocks, load_clocks
from bot.takeover.times import Times, load_times

PAGE = Path(__file__).parent.parent / "docs" / "tiempos.md"
ALERTS = {
    Alert.EMERGENCY: "emergencia",
    Alert.URGENT: "urgente",
    Alert.ATTENTION: "atención",
    Alert.NONE: "sin alerta",
}
BELLS = {
    "alarm_shift": "suena a todas las de turno",
    "alarm_coordinator": "se avisa a la coordinadora",
    "warn_owner": "se avisa a quien la tiene",
    "stand_by": "una colega la puede tomar",
    "back_to_queue": "vuelve a la cola",
    "warn_owner_gone": "se avisa a quien la tiene",
    "window_20h": "primer aviso",
    "window_22h": "segundo aviso",
    "window_23h": "último aviso",
}
_HEAD = """# Los tiempos del servicio

Están en `bot/takeover/clocks.yml`; los días que dicen los textos (borrar, lo acordado) están en
`bot/flows/figures.yml`. Esta página la escribe `python -m tests.clock_table`. {confirmed} Revisados el {day}.
"""
_UNITS = (("días", "día", 86400), ("horas", "hora", 3600), ("minutos", "minuto", 60), ("segundos", "segundo", 1))


def write_table() -> str:
    """The whole page."""
    clocks, about = load_clocks(), read_mapping(FILE)
    confirmed = "La Secretaría los confirmó." if about["confirmed"] else "La Secretaría no los ha confirmado todavía."
    return "\n".join(
        [
            _HEAD.format(confirmed=confirmed, day=about["verified_on"]),
            "## Mientras una persona espera o la atienden\n",
            *_bells(clocks),
            "",
            _limits(clocks),
            "",
            "## Los demás\n",
            *_times(load_times(), about["times"]),
            "",
        ]
    )


def in_words(time: timedelta) -> str:
    """``1 hora 30 minutos``: the largest units first, none that is nought."""
    left, said = int(time.total_seconds()), []
    for many, one, size in _UNITS:
        count, left = divmod(left, size)
        if count:
            said.append(f"{count} {one if count == 1 else many}")
    return " ".join(said)


def _bells(clocks: Clocks) -> Iterator[str]:
    yield "| Qué pasa | Alerta | Después de |"
    yield "|---|---|---|"
    for alert, word in ALERTS.items():
        yield f"| Nadie la ha tomado | {word} | {_told(clocks.unclaimed[alert])} |"
    for alert, word in ALERTS.items():
        yield f"| Espera respuesta y en la consola no se hace nada | {word} | {_told(clocks.unattended[alert])} |"
    yield f"| La consola de quien la tiene se desconectó | todas | {_told(clocks.lost)} |"
    yield f"| Se acaban las 24 horas de WhatsApp | todas | {_told(clocks.window)} |"


def _limits(clocks: Clocks) -> str:
    return f"""«Estoy llamando» y «estoy acompañando» guardan el lugar {in_words(clocks.attending)}. Lo que se pasa a
una colega por su nombre se le guarda {in_words(clocks.reserved)}. Cada psicóloga lleva a lo sumo {clocks.most_chats}
conversaciones, {clocks.most_emergencies} de ellas emergencia, y descansa {in_words(clocks.rest)} después de esta."""


def _told(bells: Sequence[Bell]) -> str:
    return "; ".join(f"{in_words(bell.after)}: {BELLS[bell.tell]}" for bell in bells)


def _times(times: Times, rows: dict[str, dict[str, str]]) -> Iterator[str]:
    yield "| Nombre | Tiempo | Qué pasa | De dónde sale |"
    yield "|---|---|---|---|"
    for field in fields(times):
        row = rows[field.name]
        yield f"| `{field.name}` | {in_words(getattr(times, field.name))} | {row['meaning']} | {row['source']} |"


if __name__ == "__main__":
    PAGE.write_text(write_table(), encoding="utf-8")
