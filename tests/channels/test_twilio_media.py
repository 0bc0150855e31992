"""What a person attached is fetched from Twilio alone, within limits, and tells nothing more."""

from __future__ import annotations

import socket
import traceback
from collections.abc import AsyncIterator

import aiohttp
import pytest
from aiohttp import web
from aiohttp.abc import AbstractResolver, ResolveResult

from bot.errors import MediaNotFetched
from bot.messages import Media, MediaKind
from bot.settings import Settings
from channels.twilio import media as media_module
from channels.twilio.media import Fetched, PublicResolver, fetch, is_public, open_media_session
from channels.twilio.parse import parse_message
from tests.channels.conftest import settings_for
from tests.doubles.twilio import TwilioDouble


@pytest.fixture
async def session(settings: Settings) -> AsyncIterator[aiohttp.ClientSession]:
    async with open_media_session(settings) as opened:
        yield opened


def at(url: str, content_type: str = "image/jpeg") -> Media:
    return Media(url=url, content_type=content_type, kind=MediaKind.IMAGE)


async def sent(twilio: TwilioDouble, content: bytes, content_type: str) -> Media:
    await twilio.write(media=[(content, content_type)], is_lost=True)
    return parse_message(twilio.everything[-1].form).media[0]


async def test_a_voice_note_comes_as_it_was_sent(
    twilio: TwilioDouble, settings: Settings, session: aiohttp.ClientSession
) -> None:
    attached = await sent(twilio, b"OggS...", "audio/ogg")
    assert await fetch(attached, session=session, settings=settings) == Fetched(
        content=b"OggS...", content_type="audio/ogg"
    )


async def test_our_password_stays_with_the_api_and_does_not_follow_the_redirect(
    twilio: TwilioDouble, settings: Settings, session: aiohttp.ClientSession
) -> None:
    await fetch(await sent(twilio, b"x", "image/png"), session=session, settings=settings)
    assert (twilio.requests["media"], twilio.requests["cdn"]) == (1, 1)
    assert not twilio.saw_password_at_cdn


@pytest.mark.parametrize(
    "url",
    [
        "cat.jpg",
        "",
        "//api.twilio.com/x",
        "http://api.twilio.com/x",
        "https://api.twilio.com:8443/x",
        "https://api.twilio.com@evil.example/x",
        "https://someone:secret@api.twilio.com/x",
        "https://api.twilio.com\\@evil.example/x",
        "https://twilio.com.evil.example/x",
        "https://eviltwilio.com/x",
        "https://api.twilio.com.:443/x",
        "https://127.0.0.1/x",
        "https://[::1]/x",
        "http://169.254.169.254/latest/meta-data/",
        "file:///etc/passwd",
        "https://api.twilio.com:port/x",
    ],
)
async def test_nothing_but_twilios_hosts_is_ever_asked(url: str, twilio: TwilioDouble) -> None:
    settings = settings_for("")
    async with open_media_session(settings) as session:
        with pytest.raises(MediaNotFetched) as caught:
            await fetch(at(url), session=session, settings=settings)
    assert (caught.value.code, caught.value.retryable) == ("refused_host", False)
    assert not url or url not in "".join(traceback.format_exception(caught.value))


class Names(AbstractResolver):
    """Knows every name, at the addresses it was given."""

    def __init__(self, *addresses: str) -> None:
        self._addresses = addresses

    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_INET
    ) -> list[ResolveResult]:
        return [
            ResolveResult(hostname=host, host=a, port=port, family=socket.AF_INET, proto=0, flags=0)
            for a in self._addresses
        ]

    async def close(self) -> None:
        """Nothing is open."""


@pytest.mark.parametrize("address", ["127.0.0.1", "10.0.0.5", "169.254.169.254", "192.168.1.1", "0.0.0.0"])  # noqa: S104
async def test_a_name_of_twilios_that_points_inside_is_not_connected_to(address: str) -> None:
    settings = settings_for("")
    connector = aiohttp.TCPConnector(resolver=PublicResolver(inner=Names(address)))
    async with aiohttp.ClientSession(connector=connector) as session:
        with pytest.raises(MediaNotFetched) as caught:
            await fetch(at("https://api.twilio.com/x"), session=session, settings=settings)
    assert (caught.value.code, caught.value.retryable) == ("refused_address", False)


async def test_of_several_addresses_only_the_public_ones_are_used() -> None:
    found = await PublicResolver(inner=Names("10.0.0.1", "54.172.60.0")).resolve("api.twilio.com", 443)
    assert [one["host"] for one in found] == ["54.172.60.0"]


@pytest.mark.parametrize(
    "address",
    [
        "127.0.0.1", "10.1.2.3", "172.16.0.1", "192.168.0.1", "169.254.169.254", "100.64.0.1", "224.0.0.1",
        "0.0.0.0",  # noqa: S104 - looked at, not listened on
        "255.255.255.255", "::1", "::", "fe80::1%eth0", "fc00::1", "::ffff:10.0.0.1", "::ffff:127.0.0.1",
        "64:ff9b::a00:1", "2002:a00:1::", "ff02::1",
    ],
)  # fmt: skip
def test_addresses_of_the_inside_are_known_in_all_their_clothes(address: str) -> None:
    assert not is_public(address)


@pytest.mark.parametrize("address", ["54.172.60.0", "2600:1f18::1", "::ffff:54.172.60.0"])
def test_addresses_of_the_internet_are_public(address: str) -> None:
    assert is_public(address)


class Elsewhere:
    """A server that answers one thing; stands in for TWILIO_API_BASE."""

    def __init__(self, *, status: int = 200, target: str | None = None, body: bytes = b"", pieces: int = 0) -> None:
        self._status, self._body, self._pieces = status, body, pieces
        self._headers = {"Location": target} if target is not None else {}

    async def __aenter__(self) -> str:
        app = web.Application()
        app.router.add_get("/{path:.*}", self._reply)
        self._runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.2)
        await self._runner.setup()
        await web.TCPSite(self._runner, "127.0.0.1", 0).start()
        return f"http://127.0.0.1:{self._runner.addresses[0][1]}"

    async def __aexit__(self, *_error: object) -> None:
        await self._runner.cleanup()

    async def _reply(self, request: web.Request) -> web.StreamResponse:
        if not self._pieces:
            return web.Response(status=self._status, headers=self._headers, body=self._body)
        response = web.StreamResponse()
        await response.prepare(request)
        for _ in range(self._pieces):
            await response.write(b"0" * 65_536)
        return response


async def fetched_from(server: Elsewhere) -> MediaNotFetched:
    async with server as base:
        settings = settings_for(base)
        async with open_media_session(settings) as session:
            with pytest.raises(MediaNotFetched) as caught:
                await fetch(at(f"{base}/x"), session=session, settings=settings)
    return caught.value


@pytest.mark.parametrize("target", ["http://169.254.169.254/latest", "https://evil.example/x", "file:///etc/passwd"])
async def test_a_redirect_to_anywhere_else_is_not_followed(target: str) -> None:
    assert (await fetched_from(Elsewhere(status=302, target=target))).code == "refused_host"


@pytest.mark.parametrize("target", ["/again", ""])
async def test_a_redirect_that_never_ends_is_left(target: str) -> None:
    assert (await fetched_from(Elsewhere(status=302, target=target))).code == "too_many_redirects"


async def test_more_than_the_limit_is_not_read_even_if_it_is_not_announced(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(media_module, "LARGEST_MEDIA", 300_000)
    assert (await fetched_from(Elsewhere(pieces=10))).code == "too_large"
    assert (await fetched_from(Elsewhere(body=b"0" * 300_001))).code == "too_large"


async def test_a_server_that_dawdles_is_left(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(media_module, "SLOWEST_FETCH_SECONDS", 0.0)
    refused = await fetched_from(Elsewhere(pieces=1))
    assert (refused.code, refused.retryable) == ("timeout", True)


@pytest.mark.parametrize(("status", "retryable"), [(404, True), (503, True), (401, False), (410, False)])
async def test_what_is_not_there_is_said(status: int, retryable: bool) -> None:
    refused = await fetched_from(Elsewhere(status=status))
    assert (refused.code, refused.retryable) == (str(status), retryable)


async def test_when_nobody_listens_it_may_be_tried_again() -> None:
    settings = settings_for("http://127.0.0.1:1")
    async with open_media_session(settings) as session:
        with pytest.raises(MediaNotFetched) as caught:
            await fetch(at("https://api.twilio.com/x"), session=session, settings=settings)
    assert (caught.value.code, caught.value.retryable) == ("unreachable", True)
