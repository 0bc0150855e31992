"""The commands that talk in a shell: ``chat`` and ``understand``."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import TextIO

from bot.app import open_services, running
from bot.nlu.interpreter import open_interpreter
from bot.nlu.understand import understand_lines
from bot.progress import say
from bot.serve import open_database, open_rasa, ready_to_run
from bot.settings import Settings
from channels.layout.bubbles import lay_out_whatsapp
from channels.terminal import TerminalChannel
from channels.terminal import chat as talk

#: A child that has to train first needs longer; then the words are read without it.
_LOADING_SECONDS = 180.0


async def chat(settings: Settings) -> None:
    """Talk to the bot here, through the same door as everybody; Ctrl-D ends."""
    settings = ready_to_run(settings)
    channel = TerminalChannel(lay_out=lay_out_whatsapp)
    async with (
        open_database(settings) as url,
        open_rasa(settings) as nlu,
        open_services(settings, database_url=url, nlu=nlu, more_channels=lambda _: {"terminal": channel}) as services,
        running(services),
    ):
        await talk(services.intake, channel)


async def understand(settings: Settings, lines: TextIO, out: TextIO) -> None:
    """Read JSON lines and write what each means; waits for Rasa to be loaded."""
    async with open_rasa(settings) as nlu:
        async with open_interpreter(
            nlu.url, nlu.token, settings.rasa_timeout_seconds, has_second_reader=settings.second_reader
        ) as interpreter:
            if nlu.url:
                await _until_ready(interpreter.is_ready)
            async for line in understand_lines(lines, interpreter):
                out.write(line + "\n")
        out.flush()


async def _until_ready(is_ready: Callable[[], Awaitable[bool]]) -> None:
    try:
        async with asyncio.timeout(_LOADING_SECONDS):
            while not await is_ready():
                await asyncio.sleep(0.2)
    except TimeoutError:
        say("Rasa no responde: se entiende con el modelo que viene con el programa (revise make setup y make train).")
