"""``valle-sano serve``: the database, the NLU and the service, from start to a drained stop."""

from __future__ import annotations

import asyncio
import gc
import signal
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager

from aiohttp import web

from bot.app import NluAddress, Services, build_application, open_services, running
from bot.demo import with_demo_keys
from bot.demo_staff import say_demo_staff
from bot.errors import DatabaseUnavailable
from bot.nlu.environment import rasa_python
from bot.nlu.server import RasaServer
from bot.progress import say
from bot.settings import Settings, require_secrets
from storage.database import Database
from storage.embedded import EmbeddedPostgres
from storage.migrate import migrate
from storage.shape import is_current


async def serve(settings: Settings) -> None:
    """Run until SIGINT or SIGTERM; then finish what was taken, and stop every child.

    Raises ``SettingsError`` if a secret is missing outside the demonstration.
    """
    settings = ready_to_run(settings)
    stop = asyncio.Event()
    for name in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(name, stop.set)
    async with open_database(settings) as database_url, AsyncExitStack() as stack:
        rasa = await stack.enter_async_context(open_rasa(settings))
        services = await stack.enter_async_context(open_services(settings, database_url=database_url, nlu=rasa))
        await stack.enter_async_context(running(services))
        await stack.enter_async_context(_listening(services))
        _set_aside_what_stays()
        _say_addresses(settings)
        if settings.demo:
            await say_demo_staff(services.office, settings)
        say("Ctrl-C para detener.")
        await stop.wait()
        say("Cerrando: se termina lo que estaba en curso…")
    say("Cerrado.")


def ready_to_run(settings: Settings) -> Settings:
    """Settings with all their secrets: the demonstration's own, or a refusal that names what is missing."""
    if settings.demo:
        return with_demo_keys(settings)
    require_secrets(settings)
    return settings


@asynccontextmanager
async def open_database(settings: Settings, *, may_migrate: bool = True) -> AsyncIterator[str]:
    """The URL of a database that answers and has this version's shape; the embedded one if none is named.

    Raises ``DatabaseUnavailable`` if it would have to be migrated and may not be.
    """
    async with reach_database(settings) as url:
        database = Database(url, connections=1)
        try:
            if not await is_current(database):
                if not may_migrate:
                    raise DatabaseUnavailable("la base de datos es de otra versión; corra valle-sano migrate")
                await migrate(database)
        finally:
            await database.close()
        yield url


@asynccontextmanager
async def reach_database(settings: Settings) -> AsyncIterator[str]:
    """The URL of a database that may be empty or of another shape; the embedded one if none is named."""
    url = settings.database_url.get_secret_value()
    if url:
        yield url
        return
    embedded = EmbeddedPostgres(settings.var_dir)
    try:
        yield await embedded.start()
    finally:
        await embedded.stop()


@asynccontextmanager
async def open_rasa(settings: Settings) -> AsyncIterator[NluAddress]:
    """The Rasa that RASA_URL names, or a child of ours where RASA_CHILD asks for it; else nobody is asked.

    The child trains first if data changed, and loads while the service answers already.
    """
    if settings.rasa_url:
        yield NluAddress(url=settings.rasa_url, token=settings.rasa_token.get_secret_value())
        return
    python = rasa_python() if settings.rasa_child else None
    if python is None:
        if settings.rasa_child:
            say("No hay entorno de Rasa (make setup): se entiende con el modelo que viene con el programa.")
        yield NluAddress()
        return
    rasa = RasaServer(python=python, var_dir=settings.var_dir, log_level=settings.log_level)
    rasa.start()
    try:
        yield NluAddress(url=rasa.url, token=rasa.token)
    finally:
        await rasa.stop()


@asynccontextmanager
async def _listening(services: Services) -> AsyncIterator[None]:
    runner = web.AppRunner(build_application(services), access_log=None, shutdown_timeout=5)
    await runner.setup()
    await web.TCPSite(runner, services.settings.host, services.settings.port).start()
    try:
        yield
    finally:
        await runner.cleanup()


def _set_aside_what_stays() -> None:
    """Content, lexicon and model live as long as we do: looking through them for garbage would stop everybody.

    With it, and a queue page that is told less often, the console keeps up with more (docs/benchmarks.md).
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(20_000, 20, 50)


def _say_addresses(settings: Settings) -> None:
    here = f"http://{settings.host}:{settings.port}"
    say(f"Servicio: {here}  (salud: {here}/health)")
    if settings.demo:
        say(f"Teléfono de prueba: {here}/simulador")
        say(f"Consola: {here}/consola")
