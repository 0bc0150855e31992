"""The shape of one response: its variants, its choices within WhatsApp's limits, its length within two SMS."""

from __future__ import annotations

from collections.abc import Iterator

from bot.dialogue.flow import FlowBook, Response
from bot.dialogue.lint.problem import Problem, at
from bot.dialogue.lint.texts import Text, said_by
from bot.dialogue.patterns import ENGINE_RESPONSES
from bot.messages import Button
from bot.segments import count_segments, transliterate
from bot.spelling import plain

#: WhatsApp's limits: list rows, characters of a title, of the text above choices; and SMS segments.
MOST_ROWS, TITLE, BODY, SEGMENTS = 10, 20, 1024, 2


def check_response(book: FlowBook, response: Response) -> Iterator[Problem]:
    """Variants that are never said or do not always fit, and responses that nobody says."""
    last = response.variants[-1]
    if last.condition is not None or last.channel is not None:
        yield at(last.where, f"{response.name}: la última variante sirve siempre; quítele «condition» y «channel»")
    for variant in response.variants[:-1]:
        if variant.condition is None and variant.channel is None:
            yield at(
                variant.where,
                f"{response.name}: esta variante sirve siempre y las que siguen nunca se dicen; póngala al final",
            )
    said = ENGINE_RESPONSES | {name for _, name in said_by(book)}
    if response.name not in said:
        yield at(response.where, f"{response.name}: ningún paso lo dice; úselo o bórrelo")


def check_shape(text: Text) -> Iterator[Problem]:
    """Choices that no phone shows, and a text that costs more than two SMS."""
    if text.is_clause:
        return
    yield from _buttons(text)
    if text.channel != "whatsapp" and (much := _segments(text.said, text.buttons)) > SEGMENTS:
        yield at(
            text.where,
            f"{text.name}: por SMS son {much} mensajes y caben {SEGMENTS}; acórtelo o agregue «channel: sms»",
        )


def _buttons(text: Text) -> Iterator[Problem]:
    name, where = text.name, text.where
    titles = [plain(button.title) for button in (*text.buttons, *text.typed)]
    if len(text.buttons) > MOST_ROWS:
        yield at(where, f"{name}: {len(text.buttons)} opciones y en una lista caben {MOST_ROWS}; quite alguna")
    if len(set(titles)) < len(titles):
        yield at(where, f"{name}: dos opciones dicen lo mismo; cambie una")
    for button in text.buttons:
        if len(button.title) > TITLE:
            yield at(where, f"{name}: «{button.title}» pasa de {TITLE} letras; acórtelo")
    if text.buttons and len(text.raw) > BODY:
        yield at(where, f"{name}: sobre las opciones caben {BODY} letras; acórtelo")
    if "0" in titles:
        yield at(where, f"{name}: el 0 nunca es una opción (seguridad §4); use otra palabra")


def _segments(text: str, buttons: tuple[Button, ...]) -> int:
    as_sms = "\n".join([text, *(f"{n}) {button.title}" for n, button in enumerate(buttons, start=1))])
    return count_segments(transliterate(as_sms)).segments
