"""The SDK's REST client over one aiohttp session of ours: silent, and pointed where settings say."""

from __future__ import annotations

import asyncio
import base64
from typing import Any
from urllib.parse import urlsplit

import aiohttp
from twilio.base.exceptions import TwilioException, TwilioRestException, TwilioServiceException
from twilio.http.async_http_client import AsyncTwilioHttpClient
from twilio.http.response import Response
from twilio.rest import Client

from bot.errors import SendError
from bot.settings import Settings
from channels.twilio.errors import refusal

#: Shorter than a delivery's lease: an answer that comes later finds nobody waiting.
ANSWER_SECONDS = 8.0
CONNECT_SECONDS = 4.0


class QuietHttpClient(AsyncTwilioHttpClient):  # type: ignore[misc] # the SDK publishes no types
    """The SDK's asynchronous client, without what makes it unfit here.

    The SDK's own logs every request with the receiver's number, ignores its ``timeout``, warns
    twice a call under aiohttp 3.14 and knows one host a product. ``api_base`` replaces them all.
    """

    def __init__(self, session: aiohttp.ClientSession, api_base: str = "") -> None:
        super().__init__(pool_connections=False)
        self.session = session
        self._api_base = api_base.rstrip("/")

    async def request(  # noqa: PLR0913, PLR0917 - the SDK's signature
        self,
        method: str,
        url: str,
        params: dict[str, str] | None = None,
        data: dict[str, Any] | None = None,
        headers: dict[str, str] | None = None,
        auth: tuple[str, str] | None = None,
        timeout: float | None = None,
        allow_redirects: bool = False,
    ) -> Response:
        """Make one request; raises what aiohttp raises, and ``TimeoutError``."""
        headers = dict(headers or {})
        if auth:
            headers["Authorization"] = "Basic " + base64.b64encode(":".join(auth).encode()).decode()
        is_json = headers.get("Content-Type", "").startswith("application/json")
        async with (
            asyncio.timeout(timeout or ANSWER_SECONDS),
            self.session.request(
                method.upper(),
                rebase(url, self._api_base),
                params=params or None,
                data=None if is_json else data or None,
                json=data if is_json else None,
                headers=headers,
                allow_redirects=allow_redirects,
            ) as response,
        ):
            return Response(response.status, await response.text(), response.headers)


def open_session() -> aiohttp.ClientSession:
    """Open the session that all calls share; the caller closes it. Needs a running loop."""
    return aiohttp.ClientSession(
        # Shorter than a load balancer's patience: a connection that it just closed would make a
        # POST uncertain for nothing.
        connector=aiohttp.TCPConnector(keepalive_timeout=15),
        timeout=aiohttp.ClientTimeout(total=None, connect=CONNECT_SECONDS, sock_connect=CONNECT_SECONDS),
        cookie_jar=aiohttp.DummyCookieJar(),
    )


def open_client(settings: Settings, session: aiohttp.ClientSession) -> Client:
    """Give the SDK's client over that session."""
    return Client(
        settings.twilio_account_sid or "unset",
        settings.twilio_auth_token.get_secret_value() or "unset",
        http_client=QuietHttpClient(session, settings.twilio_api_base),
    )


def rebase(url: str, api_base: str) -> str:
    """Put ``api_base`` in place of scheme and host: ``https://content.twilio.com/v1/Content``."""
    if not api_base:
        return url
    parts = urlsplit(url)
    return api_base.rstrip("/") + parts._replace(scheme="", netloc="").geturl()


async def ask(call: Any) -> Any:
    """Await a call of the SDK; raises nothing but ``SendError``, which quotes nobody's number."""
    failure: SendError
    try:
        return await call
    except (TwilioRestException, TwilioServiceException) as error:
        failure = refusal(error.status, error.code)
    except TwilioException:  # a list that is refused comes as this, its status only in the words
        failure = SendError("unanswered", retryable=True, uncertain=True)
    except (aiohttp.ClientConnectorError, aiohttp.ConnectionTimeoutError):
        failure = SendError("refused", retryable=True)
    except TimeoutError:
        failure = SendError("timeout", retryable=True, uncertain=True)
    except (aiohttp.ClientError, OSError):
        failure = SendError("reset", retryable=True, uncertain=True)
    except ValueError:  # an answer that is not JSON, perhaps a success
        failure = SendError("garbled", retryable=True, uncertain=True)
    # Raised out here, it carries no trace of the error that it comes from.
    raise failure
