"""Many texts at once, as JSON lines: ``{"id","text"}`` in, ``{"id","intent","confidence",...}`` out, in order."""

from __future__ import annotations

import asyncio
import json
from collections import deque
from collections.abc import AsyncIterator, Iterable
from typing import Any

from bot.nlu.interpreter import WordsAndRasa, guessed
from bot.territory import OUTSIDE

_AT_ONCE = 8


async def understand_lines(lines: Iterable[str], interpreter: WordsAndRasa) -> AsyncIterator[str]:
    """Say of each line what its text means; a line that is no message gives ``{"id": null, "error": ...}``.

    The answer's keys are ``id``, ``intent`` (always one of the vocabulary: the best guess), ``confidence``
    (0 to 1), ``alert``, ``municipality`` (DIVIPOLA code or null) and ``by``.
    """
    waiting: deque[asyncio.Task[str]] = deque()
    try:
        for line in lines:
            if not line.strip():
                continue
            waiting.append(asyncio.create_task(_answer(line, interpreter)))
            if len(waiting) >= _AT_ONCE:
                yield await waiting.popleft()
        while waiting:
            yield await waiting.popleft()
    finally:
        for task in waiting:
            task.cancel()


async def _answer(line: str, interpreter: WordsAndRasa) -> str:
    message = _message(line)
    if isinstance(message, str):
        return json.dumps({"id": None, "error": message}, ensure_ascii=False)
    found = guessed(await interpreter.read(message["text"]))
    code = found.place.code if found.place is not None and found.place.code != OUTSIDE else None
    return json.dumps(
        {
            "id": message["id"],
            "intent": found.intent,
            "confidence": round(found.confidence, 4),
            "alert": found.alert.word,
            "municipality": code,
            "by": found.by,
        },
        ensure_ascii=False,
    )


def _message(line: str) -> dict[str, Any] | str:
    """The line's message, or what is wrong with it."""
    try:
        message = json.loads(line)
    except (ValueError, RecursionError):
        return "not JSON"
    if not isinstance(message, dict) or not isinstance(message.get("text"), str) or "id" not in message:
        return 'not {"id": ..., "text": "..."}'
    return message
