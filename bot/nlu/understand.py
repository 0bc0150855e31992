"""``valle-sano understand``: lines of JSON in, what each means out, in the order they came."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Iterable
from typing import Any

from bot.messages import Alert, Understanding
from bot.services import Interpreter
from bot.territory import OUTSIDE

_AT_ONCE = 8


async def understand_lines(lines: Iterable[str], interpreter: Interpreter) -> AsyncIterator[str]:
    """Answer each line ``{"id", "text"}`` with ``{"id", "intent", "confidence", "alert", "municipality", "by"}``.

    ``municipality`` is a DIVIPOLA code or null. A line that cannot be read is answered with its
    error, and the next is read.
    """
    batch: list[str] = []
    for line in lines:
        if line.strip():
            batch.append(line)
        if len(batch) == _AT_ONCE:
            for answer in await asyncio.gather(*(_answer(one, interpreter) for one in batch)):
                yield answer
            batch = []
    for answer in await asyncio.gather(*(_answer(one, interpreter) for one in batch)):
        yield answer


async def _answer(line: str, interpreter: Interpreter) -> str:
    try:
        asked = json.loads(line)
        number, text = asked["id"], asked["text"]
        if not isinstance(text, str):
            raise TypeError("text")
    except (ValueError, TypeError, KeyError):
        return json.dumps({"id": None, "error": 'a line is {"id": ..., "text": "..."}'})
    return json.dumps({"id": number, **_told(await interpreter.interpret(text))}, ensure_ascii=False)


def _told(meant: Understanding) -> dict[str, Any]:
    place = meant.place
    return {
        "intent": _named(meant),
        "confidence": round(meant.confidence, 4),
        "alert": meant.alert.word,
        "municipality": place.code if place is not None and place.code != OUTSIDE else None,
        "by": meant.by,
    }


def _named(meant: Understanding) -> str:
    """The vocabulary has no "unknown": what nobody could name is out of scope, unless it alarms."""
    if meant.intent != "unknown":
        return meant.intent
    return "ask_help" if meant.alert > Alert.NONE else "out_of_scope"
