"""A reply becomes the bubbles that a channel can show: numbers for buttons, nothing too long. Pure."""

from __future__ import annotations

from collections.abc import Sequence

from bot.messages import Button, Reply
from bot.segments import is_gsm7, transliterate
from channels.layout.split import count_units, split

#: Twilio takes no longer text in one message, on either channel (its error 21617).
LONGEST_BUBBLE = 1_600


def lay_out_whatsapp(reply: Reply, *, has_template: bool = False) -> list[Reply]:
    r"""Give one bubble or more; buttons become lines to answer by number: ``1) Sí\n2) Ahora no``.

    A reply whose provider template exists stays as it is: the provider draws its buttons.
    """
    return [reply] if has_template else _bubbles(reply.text, "\n".join(_numbered(reply.buttons)), gap="\n\n")


def lay_out_sms(reply: Reply) -> list[Reply]:
    """Give one SMS or more, in GSM-7 where that loses nothing; options on one line, to save room."""
    text, options = reply.text, " ".join(_numbered(reply.buttons))
    # Both or neither: one character that is foreign to GSM-7 turns the whole message to UCS-2.
    if is_gsm7(transliterate(text + options)):
        text, options = transliterate(text), transliterate(options)
    return _bubbles(text, options, gap="\n")


def _numbered(buttons: Sequence[Button]) -> list[str]:
    return [f"{number}) {button.title}" for number, button in enumerate(buttons, 1)]


def _bubbles(text: str, options: str, *, gap: str) -> list[Reply]:
    """Split the text; the options stay together, under its last words."""
    parts = split(text, limit=LONGEST_BUBBLE)
    if options and count_units(options) > LONGEST_BUBBLE // 2:  # no menu, but nothing may be lost
        parts += split(options, limit=LONGEST_BUBBLE)
    elif options:
        *parts, last = parts
        room = LONGEST_BUBBLE - count_units(gap + options)
        parts += split(last, limit=room)
        parts[-1] = f"{parts[-1]}{gap}{options}".strip()
    return [Reply(text=part) for part in parts]
