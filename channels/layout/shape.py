"""The shape of a bubble with choices: which buttons under how many lines. Twilio keeps it, words fill it. Pure."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache

from bot.messages import Button, Reply

#: WhatsApp's limits by way of Twilio (twilio.com/docs/content: "twilio/quick-reply", "twilio/list-picker").
LONGEST_BODY = 1_024
MOST_BUTTONS, LONGEST_TITLE = 3, 20
MOST_ROWS, LONGEST_ROW = 10, 24
LONGEST_PAYLOAD = 200
#: More lines than any text of ours has; beyond them the choices are numbers.
_MOST_LINES = 20
#: What no variable may hold (twilio.com/docs/api/errors/21656); line ends are the shape's own.
_UNFIT = re.compile(r"\t| {5,}|\{\{|\}\}")
_LINE_ENDS = re.compile(r"(\n+)")


@dataclass(frozen=True, slots=True, kw_only=True)
class Shape:
    """``Shape(body="{{1}}\\n\\n{{2}}", buttons=(Button(title="Sí", ...), ...))``; its name says all of it."""

    body: str
    buttons: tuple[Button, ...]

    @property
    def is_list(self) -> bool:
        """Whether the choices are the rows of a list that opens, and not buttons under the words."""
        return len(self.buttons) > MOST_BUTTONS

    @property
    def lines(self) -> int:
        """How many variables it has, from ``{{1}}``."""
        return self.body.count("{{")

    @property
    def name(self) -> str:
        """The same for the same shape, for ever, and another for any other."""
        return _name(self.body, self.buttons)


def shape_of(reply: Reply) -> Shape | None:
    """The shape into which a reply with choices fits; None if it has none, or breaks one of the limits."""
    buttons, longest = reply.buttons, LONGEST_TITLE if len(reply.buttons) <= MOST_BUTTONS else LONGEST_ROW
    titles = {button.title for button in buttons}
    if (
        not 0 < len(buttons) <= MOST_ROWS
        or len(titles) < len(buttons)
        or len({b.payload for b in buttons}) < len(buttons)
    ):
        return None
    if any(not 0 < len(b.title) <= longest or not 0 < len(b.payload) <= LONGEST_PAYLOAD for b in buttons):
        return None
    text = reply.text.strip()
    parts = _LINE_ENDS.split(text)
    lines = parts[::2]
    if not text or len(text) > LONGEST_BODY or len(lines) > _MOST_LINES or _UNFIT.search(text):
        return None
    if any(not line.strip() for line in lines):
        return None
    body = "".join(f"{{{{{place // 2 + 1}}}}}" if place % 2 == 0 else part for place, part in enumerate(parts))
    return Shape(body=body, buttons=buttons)


def words_of(reply: Reply) -> Mapping[str, str]:
    """What fills the shape: ``{"1": "Hola. Le leo.", "2": "¿Puede escribir?"}``."""
    return {str(place): line for place, line in enumerate(_LINE_ENDS.split(reply.text.strip())[::2], 1)}


@lru_cache(maxsize=1_024)
def _name(body: str, buttons: tuple[Button, ...]) -> str:
    content = json.dumps([body, [[button.title, button.payload] for button in buttons]], ensure_ascii=False)
    kind = "lista" if len(buttons) > MOST_BUTTONS else "botones"
    return f"valle_sano_{kind}_{hashlib.sha256(content.encode()).hexdigest()[:16]}"
