"""Fetch what a person attached: from Twilio's hosts alone, and never from inside our network."""

from __future__ import annotations

import asyncio
import ipaddress
import re
import socket
from dataclasses import dataclass

import aiohttp
from aiohttp.abc import AbstractResolver, ResolveResult
from yarl import URL

from bot.errors import MediaNotFetched
from bot.messages import Media
from bot.settings import Settings
from channels.twilio.rest import rebase

#: WhatsApp's limit for one attachment at Twilio (twilio.com/docs/whatsapp/api, "media").
LARGEST_MEDIA = 16 * 1024 * 1024
SLOWEST_FETCH_SECONDS = 30.0
MOST_REDIRECTS = 3

_API_HOST = re.compile(r"api(\.[a-z0-9-]+){0,2}\.twilio\.com")
_TWILIO_HOST = re.compile(r"([a-z0-9-]+\.)+(twilio|twiliocdn)\.com")
_TRANSLATED = ipaddress.ip_network("64:ff9b::/96")  # NAT64: an IPv4 address in IPv6 clothes


@dataclass(frozen=True, slots=True, kw_only=True)
class Fetched:
    """The bytes of an attachment as they came, with the type that the server says."""

    content: bytes
    content_type: str


def open_media_session(settings: Settings) -> aiohttp.ClientSession:
    """Open a session that connects to public addresses only; the caller closes it.

    ``TWILIO_API_BASE``'s own host is exempt: whoever sets it means it.
    """
    exempt = URL(settings.twilio_api_base).host if settings.twilio_api_base else None
    return aiohttp.ClientSession(
        connector=aiohttp.TCPConnector(resolver=PublicResolver(exempt=exempt)),
        timeout=aiohttp.ClientTimeout(total=None, sock_connect=5),
        cookie_jar=aiohttp.DummyCookieJar(),
        headers={"Accept-Encoding": "identity"},
    )


async def fetch(media: Media, *, session: aiohttp.ClientSession, settings: Settings) -> Fetched:
    """Fetch one attachment of at most 16 MB within 30 s; raises ``MediaNotFetched``.

    Redirects are followed by hand, each target checked like the first. Our credentials go to
    Twilio's API host alone, not to the host that it redirects to.
    """
    failure: MediaNotFetched
    try:
        async with asyncio.timeout(SLOWEST_FETCH_SECONDS):
            return await _follow(media, session, settings)
    except MediaNotFetched:
        raise
    except TimeoutError:
        failure = MediaNotFetched("timeout", retryable=True)
    except (aiohttp.ClientError, OSError) as error:
        is_private = isinstance(error.__cause__, _PrivateAddress)
        code = "refused_address" if is_private else "unreachable"
        failure = MediaNotFetched(code, retryable=not is_private)
    raise failure  # out here it carries no trace of an error that quotes the URL


class PublicResolver(AbstractResolver):
    """Resolves names, and leaves out every address that is not of the public internet.

    The connector connects to exactly what comes out here, so that a name cannot change its
    address between the check and the connection.
    """

    def __init__(self, *, exempt: str | None = None, inner: AbstractResolver | None = None) -> None:
        self._exempt = exempt
        self._inner = inner or aiohttp.ThreadedResolver()

    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_INET
    ) -> list[ResolveResult]:
        """Resolve one name; raises an ``OSError`` when nothing public is left."""
        found = await self._inner.resolve(host, port, family)
        if host == self._exempt:
            return found
        public = [one for one in found if is_public(one["host"])]
        if not public:
            raise _PrivateAddress
        return public

    async def close(self) -> None:
        """Close the resolver within."""
        await self._inner.close()


def is_public(address: str) -> bool:
    """Whether an IP address is of the public internet, in whatever clothes: ``::ffff:10.0.0.1`` is not."""
    ip = ipaddress.ip_address(address.partition("%")[0])
    if isinstance(ip, ipaddress.IPv6Address):
        if ip.ipv4_mapped:
            ip = ip.ipv4_mapped
        elif ip.sixtofour or ip.teredo or ip in _TRANSLATED:
            return False
    return ip.is_global and not ip.is_multicast


class _PrivateAddress(OSError):
    """A name of Twilio's points into a private network; look at the resolver of this machine."""


async def _follow(media: Media, session: aiohttp.ClientSession, settings: Settings) -> Fetched:
    url = _checked(media.url, settings)
    for _ in range(MOST_REDIRECTS + 1):
        headers = {"Authorization": _credentials(settings)} if _wants_credentials(url, settings) else {}
        base = "" if _is_at_base(url, settings) else settings.twilio_api_base
        async with session.get(URL(rebase(str(url), base)), headers=headers, allow_redirects=False) as response:
            if response.status in (301, 302, 303, 307, 308):
                url = _checked(response.headers.get("Location", ""), settings, base=url)
                continue
            if response.status != 200:
                is_passing = response.status in (404, 408, 425, 429) or response.status >= 500
                raise MediaNotFetched(str(response.status), retryable=is_passing)
            told = response.content_type if "Content-Type" in response.headers else media.content_type
            return Fetched(content=await _read(response), content_type=told.lower())
    raise MediaNotFetched("too_many_redirects")


def _checked(text: str, settings: Settings, *, base: URL | None = None) -> URL:
    """Parse a URL and refuse whatever is not Twilio's; the same object is then requested."""
    try:
        url = base.join(URL(text)) if base else URL(text)
        is_twilio = url.scheme == "https" and url.port == 443 and _TWILIO_HOST.fullmatch(url.host or "")
        is_allowed = _is_at_base(url, settings) or (is_twilio and not url.user and not url.password)
    except ValueError:
        is_allowed = False
    if not is_allowed:
        raise MediaNotFetched("refused_host")
    return url


def _wants_credentials(url: URL, settings: Settings) -> bool:
    is_ours = _is_at_base(url, settings) and url.path.startswith("/2010-04-01/")
    return is_ours or _API_HOST.fullmatch(url.host or "") is not None


def _is_at_base(url: URL, settings: Settings) -> bool:
    base = settings.twilio_api_base
    return bool(base) and url.absolute and url.origin() == URL(base).origin()


def _credentials(settings: Settings) -> str:
    return aiohttp.encode_basic_auth(settings.twilio_account_sid, settings.twilio_auth_token.get_secret_value())


async def _read(response: aiohttp.ClientResponse) -> bytes:
    """Read at most ``LARGEST_MEDIA`` bytes, whatever the header promises."""
    if (response.content_length or 0) > LARGEST_MEDIA:
        raise MediaNotFetched("too_large")
    content = bytearray()
    async for chunk in response.content.iter_chunked(65_536):
        content += chunk
        if len(content) > LARGEST_MEDIA:
            raise MediaNotFetched("too_large")
    return bytes(content)
