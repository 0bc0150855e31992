"""From a response to what is said: the first variant that fits, filled with facts; and bubbles put together."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace

from bot.dialogue.condition import Known, holds
from bot.dialogue.effects import Say
from bot.dialogue.facts import Facts
from bot.dialogue.fill import fill
from bot.dialogue.flow import Response, Variant
from bot.dialogue.state import Value
from bot.messages import Button, Reply

#: What one WhatsApp bubble with choices holds (characters).
BUBBLE = 1024


def choose(response: Response, channel: str, know: Callable[[str], Known]) -> Variant:
    """The first variant in file order that fits the channel and whose condition holds; else the last one."""
    kind = "sms" if channel.endswith("sms") else "whatsapp"
    for variant in response.variants:
        if variant.channel in (None, kind) and (variant.condition is None or holds(variant.condition, know)):
            return variant
    return response.variants[-1]


def render(
    name: str, variant: Variant, facts: Facts, slots: Mapping[str, Value], candidates: Sequence[Button] = ()
) -> Say:
    """One thing said; ``candidates`` are choices that were found just now."""
    shown = tuple(candidates) if variant.candidates else variant.buttons
    return Say(reply=Reply(text=fill(variant.text, facts, slots), buttons=shown), response=name)


def merge(says: Iterable[Say], *, limit: int = BUBBLE) -> tuple[Say, ...]:
    """Put consecutive words into one bubble where one holds them; choices end a bubble, last words stay apart.

    ``response`` of a joined bubble names all of its parts, separated by a space.
    """
    bubbles: list[Say] = []
    for say in says:
        last = bubbles[-1] if bubbles else None
        if last is None or last.reply.buttons or not _may_join(last, say):
            bubbles.append(say)
            continue
        text = f"{last.reply.text}\n\n{say.reply.text}"
        if len(text) > limit:
            bubbles.append(say)
            continue
        joined = replace(say.reply, text=text)
        bubbles[-1] = replace(say, reply=joined, response=f"{last.response} {say.response}")
    return tuple(bubbles)


def _may_join(last: Say, say: Say) -> bool:
    return (last.parting, last.until) == (say.parting, say.until) and not (last.reply.content or say.reply.content)
