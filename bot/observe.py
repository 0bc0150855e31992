"""What an operator sees: health, metrics and logs. Ids and numbers only, never words or phones."""

from __future__ import annotations

import hmac
import logging
import math
from ipaddress import ip_address

from aiohttp import web
from aiohttp.typedefs import Handler, Middleware
from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram
from prometheus_client.exposition import CONTENT_TYPE_LATEST, generate_latest

from bot.errors import DatabaseUnavailable
from bot.troubles import Trouble
from bot.watch import Watch

#: Libraries that would write bodies, numbers or tokens into a debug log.
_TALKATIVE = ("aiohttp", "alembic", "apscheduler", "asyncio", "sqlalchemy", "twilio", "urllib3", "charset_normalizer")


class Metrics:
    """Counters of one process, in a registry of their own."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        self.requests = Counter(
            "valle_sano_requests_total",
            "HTTP requests by route and status",
            ("route", "status"),
            registry=self.registry,
        )
        self.seconds = Histogram(
            "valle_sano_request_seconds",
            "Seconds to answer a request",
            ("route",),
            registry=self.registry,
            buckets=(0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 10),
        )
        self.unhandled = Gauge(
            "valle_sano_oldest_unhandled_seconds", "Age of the oldest message without a turn", registry=self.registry
        )
        self.unsent = Gauge(
            "valle_sano_oldest_unsent_seconds", "Age of the oldest unsent letter", registry=self.registry
        )
        self.database = Gauge("valle_sano_database_up", "1 if the database answers", registry=self.registry)
        self.troubles = Gauge(
            "valle_sano_trouble", "1 if this is wrong and the operator is told", ("name",), registry=self.registry
        )
        self.nlu = Gauge("valle_sano_nlu_up", "1 if the NLU answers", registry=self.registry)
        self.second_reader = Gauge(
            "valle_sano_second_reader_up", "1 if the second reader answers; NaN if it is off", registry=self.registry
        )


def routes(watch: Watch, metrics: Metrics, *, token: str) -> list[web.RouteDef]:
    """``GET /health`` for everybody, ``GET /metrics`` for loopback or whoever has the token.

    Both are one look of the watch that mails the operator, so they say the same. What is wrong (whether anybody is on
    shift, too) is nobody else's business.
    """

    async def health(request: web.Request) -> web.Response:
        seen = await watch.look()
        reading = seen.reading
        metrics.nlu.set(reading.is_nlu_up)
        second = reading.has_second_reader
        metrics.second_reader.set(math.nan if second is None else second)
        metrics.database.set(reading.is_database_up)
        for trouble in Trouble:
            metrics.troubles.labels(trouble).set(trouble in seen.troubles)
        told: dict[str, object] = {"database": "up" if reading.is_database_up else "down"}
        told["nlu"] = "up" if reading.is_nlu_up else "down"
        told["second_reader"] = "off" if second is None else "up" if second else "down"
        if _may_see(request, token):
            told["troubles"] = sorted(seen.troubles)
        if not reading.is_database_up:
            return web.json_response(told, status=503)
        metrics.unhandled.set(reading.unhandled.total_seconds())
        metrics.unsent.set(reading.unsent.total_seconds())
        told["oldest_unhandled_seconds"] = round(reading.unhandled.total_seconds(), 1)
        told["oldest_unsent_seconds"] = round(reading.unsent.total_seconds(), 1)
        return web.json_response(told)

    async def show_metrics(request: web.Request) -> web.Response:
        if not _may_see(request, token):
            raise web.HTTPForbidden(text="Metrics are for loopback, or for a bearer of METRICS_TOKEN.\n")
        await health(request)
        return web.Response(body=generate_latest(metrics.registry), headers={"Content-Type": CONTENT_TYPE_LATEST})

    return [web.get("/health", health), web.get("/metrics", show_metrics)]


def middleware(metrics: Metrics) -> Middleware:
    """Count and time every request; turn what nobody caught into a plain 500 or 503 without a trace."""

    @web.middleware
    async def observe(request: web.Request, handler: Handler) -> web.StreamResponse:
        route = request.match_info.route.resource
        name = route.canonical if route is not None else "unknown"
        with metrics.seconds.labels(name).time():
            try:
                response = await handler(request)
            except web.HTTPException as error:
                metrics.requests.labels(name, error.status).inc()
                raise
            except DatabaseUnavailable:
                response = web.Response(status=503, text="Try again in a moment.\n", headers={"Retry-After": "5"})
            except Exception as error:  # noqa: BLE001 - the error page and the log must not quote a message
                logging.getLogger(__name__).error("%s failed: %s", name, type(error).__name__)  # noqa: TRY400
                response = web.Response(status=500, text="Something failed here; it has been noted.\n")
        metrics.requests.labels(name, response.status).inc()
        return response

    return observe


def set_up_logging(level: str) -> None:
    """Plain lines on stderr; libraries that would quote what people write stay at WARNING."""
    logging.basicConfig(level=level.upper(), format="%(asctime)s %(levelname)s %(name)s: %(message)s")
    for name in _TALKATIVE:
        logging.getLogger(name).setLevel(max(logging.WARNING, logging.getLogger(name).level))
    logging.getLogger("aiohttp.access").disabled = True


def _may_see(request: web.Request, token: str) -> bool:
    given = request.headers.get("Authorization", "").removeprefix("Bearer ")
    if token:
        return hmac.compare_digest(given.encode(), token.encode())
    # Behind a proxy everybody looks like loopback; a proxy says so, and then a token is needed.
    forwarded = "X-Forwarded-For" in request.headers or "Forwarded" in request.headers
    return not forwarded and request.remote is not None and ip_address(request.remote).is_loopback
