"""``python -m tests.bench.whole``: the service, Rasa as a whole bot and bare statements, one after the other, in turns.

All of them are up for the whole time, on one PostgreSQL that waits for its disk; only one is asked at a time. What it
saw goes into ``docs/benchmarks.md``.
"""

from __future__ import annotations

import argparse
import asyncio
import sys
import tempfile
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from itertools import count
from pathlib import Path

import asyncpg
from sqlalchemy import make_url

from bot.nlu.environment import rasa_python
from bot.progress import say, under_way
from storage.database import Database
from storage.embedded import EmbeddedPostgres
from storage.migrate import migrate
from tests.bench.figures import PAGE, where_and_when, write_section
from tests.bench.whole import bare, ours, rasa_bot
from tests.bench.whole.drive import at_a_pace
from tests.bench.whole.fill import fill
from tests.bench.whole.order import count_wrongs
from tests.bench.whole.report import page
from tests.bench.whole.runs import Results, Size, stretch
from tests.bench.whole.talk import conversation

_PACED_TURNS = 4
PROJECT = Path(__file__).parent.parent.parent.parent


@dataclass
class Server:
    """The PostgreSQL of a run; databases are copies of a migrated, empty one."""

    postgres: EmbeddedPostgres

    def url(self, name: str) -> str:
        return make_url(self.postgres.libpq_url).set(database=name).render_as_string(hide_password=False)

    async def make(self, name: str, template: str = "empty") -> str:
        connection = await asyncpg.connect(self.postgres.libpq_url)
        try:
            await connection.execute(f"CREATE DATABASE {name} TEMPLATE {template}")
        finally:
            await connection.close()
        return self.url(name)

    async def settle(self) -> None:
        """Put what was written on the disk: to copy a database by its files, the server has to, whoever asks for it."""
        connection = await asyncpg.connect(self.postgres.libpq_url)
        try:
            await connection.execute("CREATE DATABASE settled TEMPLATE empty STRATEGY file_copy")
        finally:
            await connection.close()


async def measure(size: Size) -> Results:
    """Everything of ``docs/benchmarks.md`` about the bot; raises ``RuntimeError`` without Rasa's environment."""
    python = rasa_python()
    if python is None:
        raise RuntimeError("Falta el entorno de Rasa: make setup")
    results = Results(size=size)
    with tempfile.TemporaryDirectory(prefix="valle-sano-") as name:
        folder = Path(name)
        async with one_server(folder) as server:
            with under_way("se graban las órdenes de una conversación"):
                recorded = await bare.record(await server.make("recorded"), size.recorded)
            # Written first: the disk has minutes to rest before anything is timed at a pace.
            full = await server.make("stored", "recorded")
            results.messages_stored = await fill(full, size.people)
            await server.settle()
            await _compare(server, folder, python, results, recorded)
            await _grow(server, folder, results, full)
            await _two_replicas(server, folder, results)
    return results


@asynccontextmanager
async def one_server(folder: Path) -> AsyncIterator[Server]:
    """A PostgreSQL that waits for its disk, with the database ``empty``; stopped at the end."""
    postgres = EmbeddedPostgres(folder)
    await postgres.start()
    try:
        server = Server(postgres)
        database = Database(await server.make("empty", "template0"), connections=1)
        await migrate(database)
        await database.close()
        yield server
    finally:
        await postgres.stop()


async def start_ours(stack: AsyncExitStack, var_dir: Path, url: str, *, replicas: int = 1, **more: str) -> ours.Ours:
    """The service on that database, up until the stack is unwound."""
    var_dir.mkdir()
    return await stack.enter_async_context(ours.started(var_dir, url, replicas=replicas, **more))


def main() -> int:
    """Run it; 1 if anything was doubled, out of order or unanswered."""
    given = _arguments()
    heading = where_and_when(PROJECT)
    results = asyncio.run(measure(given.size))
    section = page(results, heading)
    if given.into is not None:
        write_section(given.into, "bench", section)
        say(f"Escrito: {given.into.name}")
    sys.stdout.write(section + "\n")
    return 1 if results.doubled or results.disordered else 0


@dataclass(frozen=True, slots=True)
class _Arguments:
    size: Size
    into: Path | None


def _arguments() -> _Arguments:
    usual, parser = Size(), argparse.ArgumentParser(description="El bot bajo carga, junto a Rasa y a las órdenes solas")
    parser.add_argument("--runs", type=int, default=usual.runs)
    parser.add_argument("--seconds", type=float, default=usual.seconds, help="de cada tramo")
    parser.add_argument("--clients", type=int, default=usual.clients, help="cuántas escriben a la vez")
    parser.add_argument("--pace-seconds", type=float, default=usual.pace_seconds)
    parser.add_argument("--people", type=int, default=usual.people, help="cuyo pasado está guardado")
    parser.add_argument("--recorded", type=int, default=usual.recorded)
    parser.add_argument("--into", type=Path, default=PAGE, help="dónde se escribe")
    parser.add_argument("--dry", dest="into", action="store_const", const=None, help="no escribir")
    given = vars(parser.parse_args())
    into = given.pop("into")
    return _Arguments(Size(**given), into)


async def _compare(server: Server, folder: Path, python: Path, results: Results, recorded: bare.Recorded) -> None:
    size, rasa_folder, people = results.size, folder / "rasa_bot", count()
    rasa_folder.mkdir()
    await asyncio.to_thread(rasa_bot.prepare, rasa_folder, python, await server.make("tracked", "template0"))
    async with AsyncExitStack() as stack:
        alone = await start_ours(stack, folder / "alone", await server.make("alone"))
        first = await start_ours(stack, folder / "first", await server.make("first"), SECOND_READER="0")
        asking = await start_ours(
            stack, folder / "asking", await server.make("asking"), RASA_CHILD="1", SECOND_READER="0"
        )
        rasa = await stack.enter_async_context(rasa_bot.started(rasa_folder, python))
        results.starts = {"service": alone.start_seconds, "Rasa": rasa.start_seconds}
        with under_way("se espera a que Rasa entienda"):
            await asking.until_understood()
        pid = server.postgres.pid

        async def run(name: str, system: ours.Ours | rasa_bot.RasaBot, own: list[int]) -> None:
            results.stretches.setdefault(name, []).append(await stretch(name, system.ask, people, size, own, pid))

        for number in range(size.runs):
            say(f"Vuelta {number + 1} de {size.runs}")
            await run("service", alone, _pids(alone))
            alone.provider.callbacks = "auto"
            await run("service, callbacks on", alone, _pids(alone))
            alone.provider.callbacks = "none"
            await run("service, first reader alone", first, _pids(first))
            await run("service, asking Rasa", asking, _pids(asking))
            await run("Rasa", rasa, [rasa.process.pid])
            copy = await server.make(f"replayed{number}")
            messages = size.recorded * len(list(conversation(0)))
            results.bare.append(await bare.replay(copy, recorded, connections=16, messages=messages))
            say(f"  bare statements: {results.bare[-1].pace:.0f} mensajes por segundo")


async def _grow(server: Server, folder: Path, results: Results, full: str) -> None:
    """At half of the greatest load: an empty database and a full one, in turns, each first as often as the other."""
    size, people = results.size, count(1_000_000)
    rate = results.rates["half"] = sorted(r.seen.pace for r in results.stretches["service"])[size.runs // 2] / 2
    async with AsyncExitStack() as stack:
        systems = {
            "empty": await start_ours(stack, folder / "empty", await server.make("unused")),
            "full": await start_ours(stack, folder / "full", full),
        }
        for number in range(_PACED_TURNS):
            for name in sorted(systems, reverse=number % 2 == 1):
                seen = await at_a_pace(systems[name].ask, people, rate=rate, seconds=size.pace_seconds)
                results.paced.setdefault(name, []).append(seen)
                say(f"  {name}, {number + 1} de {_PACED_TURNS}: {seen.pace:.0f} por segundo")


async def _two_replicas(server: Server, folder: Path, results: Results) -> None:
    async with AsyncExitStack() as stack:
        pair = await start_ours(stack, folder / "pair", await server.make("shared"), replicas=2)
        results.replicas = await stretch(
            "dos réplicas", pair.ask, count(2_000_000), results.size, _pids(pair), server.postgres.pid
        )
        results.doubled, results.disordered = await count_wrongs(pair.provider, server.url("shared"))


def _pids(system: ours.Ours) -> list[int]:
    return [one.process.pid for one in system.processes if one.process is not None]


if __name__ == "__main__":
    sys.exit(main())
