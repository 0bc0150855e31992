"""The operator's commands: export, forget, rotate the keys, migrate, check."""

from __future__ import annotations

import asyncio
import csv
from collections.abc import Sequence
from datetime import date
from pathlib import Path
from typing import TextIO
from uuid import UUID, uuid4

from bot.app import NluAddress, open_services, running
from bot.dialogue.drawing.index import draw
from bot.dialogue.drawing.names import called
from bot.dialogue.flow import Response
from bot.dialogue.lint import Problem, check_content
from bot.dialogue.load import FLOWS, load_book
from bot.dialogue.review import REVIEW, load_review, unsigned
from bot.dialogue.walker import Coverage, coverage, findings, walk
from bot.dialogue.word import is_fit
from bot.errors import BotError, ContentError
from bot.messages import Address, ForgetAsked
from bot.nlu.concepts import concepts
from bot.nlu.meanings import alert_of_intents
from bot.progress import say
from bot.retention import load_periods
from bot.safety.commands import load_commands
from bot.safety.lexicon import load_lexicon
from bot.serve import open_database, ready_to_run
from bot.settings import Settings
from bot.takeover.clocks import load_clocks
from bot.takeover.times import load_times
from bot.territory import load_territory
from storage.copies import Copies, count_copies
from storage.database import Database
from storage.erased import erased_lately, keep_erased, keep_erased_beside
from storage.forgetting import find_conversation, is_forgotten
from storage.inbox import add_entry
from storage.keys import KeyRing
from storage.reports import Grouping, count_sessions
from storage.rotation import rotate_keys
from storage.words import agree_word

#: How long the confirmation may take to go out before the command stops waiting; the tick goes on.
_PATIENCE_SECONDS = 60.0
#: And the provider to delete what it has of her.
_PROVIDER_SECONDS = 10.0
_UNTOLD = {"": "sin dato", "FUERA_VALLE": "fuera del Valle", "PREFIERE_NO_DECIR": "prefiere no decir"}
#: What she answered when asked whether it helped; no answer is "sin dato", as above.
_HELPED = {"yes": "sí le sirvió", "no": "no le sirvió", "unsaid": "prefiere no decir"}


async def export_sessions(settings: Settings, *, by: Grouping, first: date, last: date, out: TextIO) -> None:
    """Write the counts as CSV: group, its name, sessions, distinct persons, urgent, emergencies."""
    async with open_database(settings, may_migrate=False) as url:
        database = Database(url, connections=1)
        try:
            counts = await count_sessions(database, by=by, first=first, last=last)
        finally:
            await database.close()
    names = {place.code: place.name for place in load_territory().municipalities} | _UNTOLD | _HELPED
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow((by, "name", "sessions", "persons", "urgent", "emergencies"))
    for count in counts:
        name = names.get(count.group, count.group)
        writer.writerow((count.group, name, count.sessions, count.persons, count.urgent, count.emergencies))


async def forget(settings: Settings, phone: str) -> int | None:
    """Erase whoever has this phone: she is told first if her phone allows it, then her key is destroyed.

    Nobody else's conversation is touched. How many of her messages the provider still keeps, which the service goes
    on asking it to delete; None if nobody is known under it. Raises ``BotError`` if it is not done within a minute.
    """
    settings = ready_to_run(settings)
    async with open_database(settings) as url:
        conversation_id = await _ask_to_forget(settings, url, phone)
        if conversation_id is None:
            return None
        async with (
            open_services(settings, database_url=url, nlu=NluAddress(), only=conversation_id) as services,
            running(services),
        ):
            await _until_forgotten(services.database, conversation_id)
            erased = await erased_lately(services.database)
            keep_erased(settings.erased_file, erased)
            keep_erased_beside(settings.copies_file, erased)  # the service says where it cannot
            return await _left_at_provider(services.database)


async def kept(settings: Settings) -> Copies:
    """What the provider has been asked to delete and still keeps."""
    async with open_database(settings, may_migrate=False) as url:
        database = Database(url, connections=1)
        try:
            return await count_copies(database)
        finally:
            await database.close()


async def agree_on_word(settings: Settings, phone: str, word: str) -> bool:
    """Note the personal word that a psychologist and whoever has this phone agreed by voice; nothing is sent.

    False if nobody is known under it. Raises ``BotError`` for a word that an ordinary message may be.
    """
    if not is_fit(load_book(), word):
        raise BotError(
            "esa palabra no sirve; escoja una que nadie escriba por casualidad, de 4 a 40 letras, sin números"
        )
    settings = ready_to_run(settings)
    async with open_database(settings) as url:
        database, ring = Database(url, connections=1), KeyRing(settings.wrapping_keys, settings.blind_index_key)
        try:
            where = await find_conversation(database, ring, _addresses(phone))
            if where is None:
                return False
            async with database.transaction() as tx:
                return await agree_word(tx, ring, conversation_id=where, word=word)
        finally:
            await database.close()


async def rotate(settings: Settings) -> int:
    """Wrap every key under the first of SECRET_KEYS; how many were changed."""
    settings = ready_to_run(settings)
    async with open_database(settings) as url:
        database = Database(url, connections=1)
        try:
            return await rotate_keys(database, KeyRing(settings.wrapping_keys, settings.blind_index_key))
        finally:
            await database.close()


async def migrate(settings: Settings) -> None:
    """Bring the database to the shape that this version needs."""
    async with open_database(settings):
        pass


async def check(settings: Settings, *, content_only: bool) -> Sequence[Problem]:
    """Look at the content, and unless told otherwise at settings and database; the problems found."""
    problems = read_all()
    if not content_only:
        ready_to_run(settings)
        async with open_database(settings, may_migrate=False):
            say("Base de datos: responde y está al día.")
    return problems


def walk_content() -> tuple[Sequence[Problem], Coverage]:
    """Try every way through the content; what fails, and how much of it was seen. Raises ``ContentError``."""
    book = load_book()
    walked = walk(book)
    return findings(book, walked), coverage(book, walked)


def read_all() -> Sequence[Problem]:
    """Every problem of every content file, also of those that no conversation reads."""
    found = check_content()
    for load in (
        load_commands,
        load_lexicon,
        load_clocks,
        load_times,
        load_periods,
        alert_of_intents,
        concepts,
        called,
    ):
        try:
            load()
        except ContentError as error:
            found.append(Problem(file=error.file, line=error.line, text=error.problem))
    return tuple(dict.fromkeys(found))


def list_unsigned() -> tuple[Sequence[Response], int]:
    """The texts that lack a signature, and how many texts there are; raises ``ContentError``."""
    book = load_book()
    return unsigned(book, load_review(book, FLOWS / REVIEW)), len(book.responses)


def write_flows(into: Path) -> int:
    """Draw all content into a folder, in place of the drawings that are there; how many files. Raises ``BotError``."""
    book = load_book()
    drawn = draw(book, load_review(book, FLOWS / REVIEW))
    try:
        into.mkdir(parents=True, exist_ok=True)
        for old in into.glob("*.svg"):
            if old.name not in drawn:
                old.unlink()
        for name, text in drawn.items():
            (into / name).write_text(text, encoding="utf-8")
    except OSError:
        raise BotError(f"no se puede escribir en {into}; dé otra carpeta con --into") from None
    return len(drawn)


async def _ask_to_forget(settings: Settings, url: str, phone: str) -> UUID | None:
    database, ring = Database(url, connections=1), KeyRing(settings.wrapping_keys, settings.blind_index_key)
    try:
        conversation_id = await find_conversation(database, ring, _addresses(phone))
        if conversation_id is not None:
            async with database.transaction() as tx:
                asked = ForgetAsked(external_id=f"forget:{uuid4()}", conversation_id=conversation_id)
                await add_entry(tx, ring, asked)
        return conversation_id
    finally:
        await database.close()


async def _until_forgotten(database: Database, conversation_id: UUID) -> None:
    try:
        async with asyncio.timeout(_PATIENCE_SECONDS):
            while not await is_forgotten(database, conversation_id):
                await asyncio.sleep(0.2)
    except TimeoutError:
        raise BotError("aún no se borra: la confirmación sigue en camino; pregunte de nuevo en unos minutos") from None


async def _left_at_provider(database: Database) -> int:
    """Wait a little for the provider to forget too; how many messages of erased people it keeps after that."""
    for _ in range(int(_PROVIDER_SECONDS / 0.2)):
        if not (left := (await count_copies(database)).forgotten):
            return 0
        await asyncio.sleep(0.2)
    return left


def _addresses(phone: str) -> list[Address]:
    """Every address that a written number may mean: with the country's code or without, a WhatsApp id, a short code."""
    written = phone.strip().removeprefix("whatsapp:")
    digits = "".join(letter for letter in written if letter.isdigit())
    values = {written, digits, f"+{digits}", f"+57{digits}"}
    channels = ("whatsapp", "simulator_whatsapp", "simulator_sms", "terminal")
    return [Address(channel=channel, value=value) for channel in channels for value in sorted(values)]
