"""Where everything is put together: settings become services, services become an application."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from functools import partial
from uuid import UUID

import aiohttp
from aiohttp import web

from bot.alarms import mail_alarms, open_alarm_mail, open_alarm_texts, text_alarms
from bot.attachments import fetch_wanted
from bot.budget import Budget
from bot.clock import Clock, add_office_ticks, add_ticks
from bot.copies import erase_copies
from bot.delivery import Delivery
from bot.dialogue.flow import FlowBook
from bot.dialogue.load import FLOWS, load_book
from bot.dialogue.review import REVIEW, UNREVIEWED, load_review, unsigned
from bot.intake import Intake
from bot.nlu.interpreter import open_interpreter
from bot.observe import Metrics, middleware
from bot.observe import routes as observe_routes
from bot.passwords import Passwords
from bot.safety import command, screen
from bot.services import Channel, Interpreter
from bot.settings import Settings
from bot.sweep import sweep
from bot.territory import department
from bot.troubles import load_limits, load_words
from bot.unreported import ask_unreported
from bot.watch import Watch, open_operator_mail, ping
from bot.worker import Worker
from channels.console.application import console_application, open_console
from channels.simulator.channel import SimulatorChannel
from channels.simulator.hub import Hub
from channels.simulator.phones import Look
from channels.simulator.routes import routes as simulator_routes
from channels.twilio.account import Account, open_account
from channels.twilio.attachments import open_media
from channels.twilio.webhook import routes as twilio_routes
from storage.copies import note_copies
from storage.database import Database
from storage.keys import KeyRing
from storage.office import Office, open_office
from storage.templates import load_templates

#: Nothing that people send us is larger than this; the webhooks have smaller limits of their own.
_LARGEST_BODY = 1024 * 1024

log = logging.getLogger(__name__)

AddChannels = Callable[[Intake], Mapping[str, Channel]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Services:
    """All parts of one process, built once."""

    settings: Settings
    database: Database
    ring: KeyRing
    book: FlowBook
    interpreter: Interpreter
    intake: Intake
    delivery: Delivery
    worker: Worker
    clock: Clock
    office: Office
    watch: Watch
    hub: Hub | None = None
    #: Whether every text has both signatures; until then whoever sees one is told.
    is_reviewed: bool = False
    metrics: Metrics = field(default_factory=Metrics)


@dataclass(frozen=True, slots=True, kw_only=True)
class NluAddress:
    """Where Rasa listens, and what it wants to be told; without a URL there is none."""

    url: str = ""
    token: str = field(default="", repr=False)


SERVICES = web.AppKey("services", Services)


@asynccontextmanager
async def open_services(
    settings: Settings,
    *,
    database_url: str,
    nlu: NluAddress,
    more_channels: AddChannels | None = None,
    only: UUID | None = None,
) -> AsyncIterator[Services]:
    """Build every part on a database that is migrated; they are closed in reverse at the end.

    ``only``: no other conversation is moved, and there is no simulator.
    """
    async with AsyncExitStack() as stack:
        database = Database(database_url)
        stack.push_async_callback(database.close)
        ring = KeyRing(settings.wrapping_keys, settings.blind_index_key)
        book = load_book()
        is_reviewed = not unsigned(book, load_review(book, FLOWS / REVIEW))
        _read_words()
        interpreter = await stack.enter_async_context(
            open_interpreter(
                nlu.url, nlu.token, settings.rasa_timeout_seconds, has_second_reader=settings.second_reader
            )
        )
        awake = asyncio.Event()
        intake = Intake(
            database,
            ring,
            quiet_seconds=settings.quiet_seconds,
            wake=awake.set,
            slow=lambda: delivery.slow_down(),  # noqa: PLW0108 - the delivery is built later
        )
        channels: dict[str, Channel] = {}
        account = None
        if settings.twilio_account_sid and settings.twilio_auth_token.get_secret_value():
            account = await stack.enter_async_context(open_account(settings))
            channels.update(account.channels)
            account.know(await load_templates(database))
        hub = None
        if settings.demo and only is None:
            hub = Hub()
            channels.update(_simulated(hub, intake))
        if more_channels is not None:
            channels.update(more_channels(intake))
        rates = {"whatsapp": settings.twilio_whatsapp_per_second, "sms": settings.twilio_sms_per_second}
        delivery = Delivery(database, ring, channels, rates=rates, only=only, reopens=_reopening(settings))
        budget = Budget(database, most=load_limits().letters_at_most)
        worker = Worker(database, ring, book, interpreter, delivery, awake=awake, only=only, is_spent=budget.is_spent)
        clock = Clock()
        add_ticks(clock, database, ring, budget, wake=awake.set)
        if account is not None:
            clock.every(2, partial(erase_copies, database, account.eraser), name="copies at the provider")
            if only is None:
                _add_account_ticks(clock, database, intake, account, settings)
        office = open_office(database, ring, settings.audit_signing_key)
        add_office_ticks(clock, database, office, settings)
        alarm_mail = open_alarm_mail(settings)
        if alarm_mail is not None:
            clock.every(5, partial(mail_alarms, database, alarm_mail), name="alarms by mail")
        elif not settings.demo:
            log.warning("without SMTP_URL nobody outside the console learns that nobody claims")
        alarm_texts = open_alarm_texts(settings, channels)
        if alarm_texts is not None:
            # A tick of its own: a slow Twilio keeps no mail waiting, nor the other way round.
            clock.every(5, partial(text_alarms, database, alarm_texts), name="alarms by WhatsApp")
        watch = Watch(database, interpreter, folder=settings.var_dir, mail=open_operator_mail(settings))
        if only is None:
            await _add_watch(stack, clock, watch, settings)
        if settings.twilio_auth_token.get_secret_value():
            source = await stack.enter_async_context(open_media(settings))
            clock.every(5, lambda: fetch_wanted(database, ring, source), name="attachments")
        yield Services(
            settings=settings,
            database=database,
            ring=ring,
            book=book,
            interpreter=interpreter,
            intake=intake,
            delivery=delivery,
            worker=worker,
            clock=clock,
            office=office,
            watch=watch,
            hub=hub,
            is_reviewed=is_reviewed,
        )


@asynccontextmanager
async def running(services: Services) -> AsyncIterator[None]:
    """Worker, delivery and clock at work; leaving drains them: what was taken is finished."""
    services.clock.start()
    working = asyncio.create_task(services.worker.run())
    delivering = asyncio.create_task(services.delivery.run())
    try:
        yield
    finally:
        services.clock.stop()
        await services.worker.stop()
        # The last turn begins a letter: the delivery stops only when there is no turn any more.
        await asyncio.gather(working)
        await services.delivery.stop()
        await asyncio.gather(delivering)


def build_application(services: Services) -> web.Application:
    """The aiohttp application: the provider's webhooks, health, metrics, the console; the simulator in a demo."""
    settings = services.settings
    app = web.Application(middlewares=[middleware(services.metrics)], client_max_size=_LARGEST_BODY)
    app[SERVICES] = services
    app.add_routes(twilio_routes(services.intake, settings))
    token = settings.metrics_token.get_secret_value()
    app.add_routes(observe_routes(services.watch, services.metrics, token=token))
    console = open_console(
        services.office,
        intake=services.intake,
        book=services.book,
        reopens=_reopening(settings),
        passwords=Passwords(),
        proxies=settings.trusted_proxies,
        is_reviewed=services.is_reviewed,
        is_demo=settings.demo,
    )
    app.add_subapp("/consola", console_application(console))
    hub = services.hub
    if hub is not None:
        banner = "Demostración" if services.is_reviewed else f"Demostración — {UNREVIEWED}"
        app.add_routes(simulator_routes(services.intake, hub, banner=banner, public_url=settings.public_url))
        # Before the server waits for its connections: open streams would hold it back.
        app.on_shutdown.append(lambda _: hub.close())
    return app


def _add_account_ticks(clock: Clock, database: Database, intake: Intake, account: Account, settings: Settings) -> None:
    """What is done at the provider again and again."""
    every, kept = settings.sweep_seconds, timedelta(hours=settings.provider_keeps_hours)
    grace = timedelta(seconds=every)
    clock.every(every, lambda: sweep(database, intake, account.archive, grace=grace, kept=kept), name="missed messages")
    clock.every(10, partial(ask_unreported, database, intake, account.reporter), name="letters without a report")
    clock.every(60, lambda: _learn_templates(database, account), name="templates")
    clock.every(60, lambda: note_copies(database, keeps=kept), name="what the provider need not keep")


async def _add_watch(stack: AsyncExitStack, clock: Clock, watch: Watch, settings: Settings) -> None:
    """The operator is told of what is wrong, and an outside address that all is well."""
    if not settings.demo:
        clock.every(15, watch.tell, name="troubles by mail")
    url = settings.operator_ping_url.get_secret_value()
    if url:
        session = await stack.enter_async_context(aiohttp.ClientSession(cookie_jar=aiohttp.DummyCookieJar()))
        clock.every(60, lambda: ping(watch, session, url), name="dead man's ping")
    if settings.twilio_sms_from and not settings.has_sms:
        log.warning("SMS is off: no test with an operator is written down in SMS_TESTS")


def _reopening(settings: Settings) -> frozenset[str]:
    """The channels on which the neutral question is an approved template."""
    return frozenset({"whatsapp"} if settings.ask_safe_template else ())


async def _learn_templates(database: Database, account: Account) -> None:
    account.know(await load_templates(database))


def _read_words() -> None:
    """Read what is read once, so that a broken file stops the start and not her first message."""
    screen("")
    command("")
    department()
    load_limits()
    load_words()


def _simulated(hub: Hub, intake: Intake) -> dict[str, Channel]:
    return {look.channel: SimulatorChannel(look, hub=hub, door=intake) for look in Look}
