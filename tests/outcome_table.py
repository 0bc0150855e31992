"""docs/envios.md: what becomes of a letter that did not simply arrive, as somebody who operates reads it.

``python -m tests.outcome_table`` writes it anew; ``tests/content/test_outcome_table.py`` holds it against the table.
"""

from __future__ import annotations

from pathlib import Path

from bot.content import read_mapping
from bot.outcomes import FILE, Does, Outcome, load_outcomes

PAGE = Path(__file__).parent.parent / "docs" / "envios.md"
DOES = {
    Does.PAUSE: "Nada sale por ese número un momento: primero un segundo, hasta medio minuto, cada vez distinto. "
    "Después sale **una**; si llega, siguen las demás en su orden. Si pidieron ir más despacio, a la mitad de la "
    "velocidad hasta que se recupere. Una emergencia prueba enseguida",
    Does.ASK: "No se sabe si salió: a los 5 segundos se le pregunta a Twilio antes de enviarla otra vez. "
    "Si tres seguidas quedan así, se hace lo mismo que arriba",
    Does.PLAIN: "Sale enseguida sin plantilla, con los botones como números",
    Does.CLOSE: "No sale más: la ventana queda cerrada hasta que ella escriba, y se pide una persona",
    Does.STOP: "No sale nada más, de nadie, hasta que ella escriba (como BAJA), y se pide una persona",
    Does.FAIL: "No se intenta más y se pide una persona",
}
_HEAD = """# Qué pasa con lo que no llega

Está en una sola tabla, `bot/outcomes.yml`, que leen el programa y la consola. Esta página la escribe
`python -m tests.outcome_table`. Códigos: twilio.com/docs/api/errors, revisados el {day}.

La consola muestra el porqué junto a cada mensaje («No llegó: el teléfono está apagado o sin señal», «En cola: pidieron
ir más despacio»). Cuando se pide una persona, la conversación entra a la cola con «no se le pudo escribir». Nada de
esto cambia el orden de lo que se le dice a una misma persona. Entre conversaciones sale primero lo urgente y después
lo que más ha esperado, a la velocidad de cada número: `TWILIO_WHATSAPP_PER_SECOND` (10 por segundo si no se dice otra;
es lo que Twilio da de entrada a un número de WhatsApp) y `TWILIO_SMS_PER_SECOND` (1 parte de SMS por segundo). Con dos
réplicas, ponga a cada una su parte; si entre las dos se pasan, Twilio lo dice y las dos bajan.

Un código que llega **después**, en el aviso de entrega de Twilio, es final: se pide una persona. Menos los de
«pidieron ir más despacio»: ese mensaje vuelve a la cola, en su lugar, y sale otra vez a los quince segundos (hasta tres
veces, cada vez con más espera), si no ha pasado media hora, si después no se dijo nada más, si el celular no se cerró
mientras tanto y si nadie del equipo empezó a hablar. Antes se le pregunta a Twilio por él: si dice cualquier otra cosa,
no sale. Si algo de eso no se cumple, se pide una persona. Los avisos pueden llegar antes que la respuesta, tarde, dos
veces o en desorden: lo entregado pesa más que lo fallido. Si en cinco minutos no llega ninguno, se le pregunta a Twilio
qué pasó, cada vez con más espera y hasta por tres días. Un aviso sin la firma de Twilio no cambia nada (403).

| Códigos | La consola dice | Qué se hace | Mira también quien opera |
|---|---|---|---|
"""


def write_table() -> str:
    """The whole page."""
    by_outcome: dict[Outcome, list[str]] = {}
    for code, outcome in load_outcomes().items():
        by_outcome.setdefault(outcome, []).append(code)
    rows = [
        f"| {', '.join(f'`{code}`' for code in codes if code) or 'cualquier otro'} | {outcome.says} "
        f"| {DOES[outcome.does]} | {'sí' if outcome.for_operator else ''} |"
        for outcome, codes in by_outcome.items()
    ]
    return _HEAD.format(day=read_mapping(FILE)["verified_on"]) + "\n".join(rows) + "\n"


if __name__ == "__main__":
    PAGE.write_text(write_table(), encoding="utf-8")
