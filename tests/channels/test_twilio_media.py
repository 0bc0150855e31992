"""What a person attached is fetched from Twilio alone, within limits, and tells nothing more."""

from __future__ import annotations

import io
import socket
import traceback
import zlib
from collections.abc import AsyncIterator
from pathlib import Path

import aiohttp
import pytest
from aiohttp import web
from aiohttp.abc import AbstractResolver, ResolveResult
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image
from PIL.ExifTags import GPS, IFD, Base
from PIL.PngImagePlugin import PngInfo

from bot.errors import MediaNotFetched
from bot.messages import Media, MediaKind
from bot.settings import Settings
from channels.twilio import media as media_module
from channels.twilio.clean import clean
from channels.twilio.media import Fetched, PublicResolver, fetch, is_public, open_media_session
from channels.twilio.parse import parse_message
from tests.channels.conftest import settings_for
from tests.doubles.twilio import TwilioDouble

SAMPLES = Path(__file__).parent / "samples"
#: The samples were made with these words as title, artist, comment and place.
TOLD = (b"CASA DE ANA", b"Ana Secreta", b"3.45")


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


def photo(kind: str, *, size: tuple[int, int] = (40, 20)) -> bytes:
    """A picture whose left half is red, with place, phone, comment and colour profile in it."""
    image = Image.new("RGB", size, "red")
    image.paste("blue", (size[0] // 2, 0, size[0], size[1]))
    exif = Image.Exif()
    exif[Base.Make] = "Telefono de Ana"
    exif[Base.Orientation] = 6
    exif.get_ifd(IFD.GPSInfo)[GPS.GPSLatitude] = (3.0, 27.0, 5.76)
    out, text = io.BytesIO(), PngInfo()
    text.add_text("Comment", "Ana Secreta")
    image.save(out, kind, exif=exif, icc_profile=b"perfil de Ana", comment=b"Ana Secreta", pnginfo=text)
    return out.getvalue()


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP"])
def test_a_photo_keeps_its_sight_and_loses_place_phone_and_comment(kind: str) -> None:
    came = photo(kind)
    assert b"Ana" in came
    cleaned = clean(came, f"image/{kind.lower()}")
    assert (cleaned.is_clean, cleaned.note, cleaned.content_type) == (True, "", f"image/{kind.lower()}")
    assert b"Ana" not in cleaned.content
    with Image.open(io.BytesIO(cleaned.content)) as image:
        assert not image.getexif()
        assert not set(image.info) & {"icc_profile", "comment", "Comment", "exif", "xmp"}
        assert image.size == (20, 40)  # turned as the phone was held
        red, _green, blue = image.convert("RGB").crop((10, 5, 11, 6)).tobytes()
        assert red > 200
        assert blue < 60


def test_a_sticker_keeps_what_is_transparent() -> None:
    out = io.BytesIO()
    Image.new("RGBA", (8, 8), (255, 0, 0, 0)).save(out, "WEBP", lossless=True)
    with Image.open(io.BytesIO(clean(out.getvalue(), "image/webp").content)) as image:
        assert image.convert("RGBA").crop((4, 4, 5, 5)).tobytes()[3] == 0


def test_a_moving_picture_becomes_its_first_frame_and_says_so() -> None:
    out = io.BytesIO()
    frames = [Image.new("RGB", (8, 8), colour) for colour in ("red", "blue")]
    frames[0].save(out, "GIF", save_all=True, append_images=frames[1:], comment=b"Ana Secreta")
    cleaned = clean(out.getvalue(), "image/gif")
    assert (cleaned.is_clean, cleaned.note, cleaned.content_type) == (True, "first_frame", "image/png")
    assert b"Ana" not in cleaned.content


def bomb(width: int, height: int) -> bytes:
    """A PNG of a few bytes that says it is enormous."""
    header = width.to_bytes(4) + height.to_bytes(4) + b"\x08\x02\x00\x00\x00"
    chunks = [(b"IHDR", header), (b"IDAT", zlib.compress(b"")), (b"IEND", b"")]
    body = b"".join(len(d).to_bytes(4) + k + d + zlib.crc32(k + d).to_bytes(4) for k, d in chunks)
    return b"\x89PNG\r\n\x1a\n" + body


@pytest.mark.parametrize("side", [6_000, 10_000, 60_000])
def test_a_picture_that_would_fill_the_memory_is_not_drawn(side: int) -> None:
    cleaned = clean(bomb(side, side), "image/png")
    assert (cleaned.is_clean, cleaned.note) == (False, "too_many_pixels")


@pytest.mark.parametrize(
    ("name", "content_type"),
    [("note.ogg", "audio/ogg"), ("note.m4a", "audio/mp4"), ("note.mp3", "audio/mpeg"), ("film.mp4", "video/mp4")],
)
def test_a_recording_keeps_its_sound_and_loses_its_tags(name: str, content_type: str) -> None:
    came = (SAMPLES / name).read_bytes()
    assert any(word in came for word in TOLD)
    cleaned = clean(came, content_type)
    assert (cleaned.is_clean, cleaned.content_type) == (True, content_type)
    assert not [word for word in TOLD if word in cleaned.content]
    if name != "note.mp3":  # there the tag stands before the sound and is cut off
        assert len(cleaned.content) == len(came)
        same = sum(a == b for a, b in zip(came, cleaned.content, strict=True))
        assert same > len(came) * 0.6


def test_the_pages_of_a_cleaned_voice_note_have_true_checksums() -> None:
    content, start, pages = clean((SAMPLES / "note.ogg").read_bytes(), "audio/ogg").content, 0, 0
    while start < len(content):
        body = start + 27 + content[start + 26]
        end = body + sum(content[start + 27 : body])
        page = content[start : start + 22] + bytes(4) + content[start + 26 : end]
        value = 0
        for byte in page:  # bit by bit, as RFC 3533 says it, to check the table of the product
            value ^= byte << 24
            for _ in range(8):
                value = ((value << 1) ^ (0x04C11DB7 if value & 0x80000000 else 0)) & 0xFFFFFFFF
        assert int.from_bytes(content[start + 22 : start + 26], "little") == value
        start, pages = end, pages + 1
    assert pages >= 3


def test_the_hour_of_a_film_is_blanked() -> None:
    came, cleaned = ((SAMPLES / "film.mp4").read_bytes(), clean((SAMPLES / "film.mp4").read_bytes(), "video/mp4"))
    for box in (b"mvhd", b"tkhd", b"mdhd"):
        place = came.index(box) + 8
        assert came[place : place + 8] != bytes(8)
        assert cleaned.content[place : place + 8] == bytes(8)


def test_a_film_with_a_path_of_places_is_not_called_clean() -> None:
    came = (SAMPLES / "film.mp4").read_bytes().replace(b"vide", b"meta", 1)
    assert not clean(came, "video/mp4").is_clean


@pytest.mark.parametrize("content_type", ["application/pdf", "text/vcard", "application/octet-stream", ""])
def test_a_document_comes_as_it_is_and_says_so(content_type: str) -> None:
    cleaned = clean(b"%PDF-1.7 Ana Secreta", content_type)
    assert (cleaned.content, cleaned.is_clean, cleaned.note) == (b"%PDF-1.7 Ana Secreta", False, "document")


def test_amr_has_nothing_to_take_away() -> None:
    assert clean(b"#!AMR\n\x3c\x00", "audio/amr").is_clean


KINDS = st.sampled_from(["image/jpeg", "image/png", "image/webp", "audio/ogg", "audio/mpeg", "video/mp4", "x", ""])
SEEDS = st.sampled_from([p.read_bytes() for p in sorted(SAMPLES.iterdir())] + [photo("JPEG"), photo("WEBP")])


@given(
    SEEDS, KINDS, st.lists(st.tuples(st.integers(0, 4_000), st.integers(0, 255)), max_size=20), st.integers(0, 8_000)
)
def test_a_broken_or_hostile_file_never_breaks_us(
    seed: bytes, kind: str, changes: list[tuple[int, int]], length: int
) -> None:
    octets = bytearray(seed)
    for place, value in changes:
        octets[place % len(octets)] = value
    cleaned = clean(bytes(octets[:length] if length % 2 else octets), kind)
    assert cleaned.is_clean or cleaned.note in ("unreadable", "document", "too_many_pixels")


@given(
    st.binary(max_size=300), st.sampled_from([b"", b"OggS\0", b"ID3", b"\0\0\0\x10ftyp", b"RIFF\0\0\0\0WEBP"]), KINDS
)
def test_no_bytes_whatever_break_us(content: bytes, magic: bytes, kind: str) -> None:
    assert clean(magic + content, kind).content is not None
