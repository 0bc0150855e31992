"""Take out of an attachment what tells more than she meant to: where, when, with which phone.

Pure and slow (a picture is drawn anew): call ``clean`` in a thread.
"""

from __future__ import annotations

import io
from dataclasses import dataclass

from PIL import Image, ImageOps

from channels.twilio.mp4 import blank_mp4
from channels.twilio.ogg import blank_ogg

#: About 75 MB while it is drawn; a phone's photo sent as a photo is far below.
MOST_PIXELS = 25_000_000

_FORMATS = {"JPEG": "image/jpeg", "PNG": "image/png", "WEBP": "image/webp", "GIF": "image/png"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Cleaned:
    """An attachment, and whether its metadata are gone: ``Cleaned(..., is_clean=False, note="document")``.

    Not clean, it is what came, unchanged. ``note``: ``document`` (of a kind that is not cleaned),
    ``unreadable``, ``too_many_pixels``, ``first_frame`` (of a moving picture; that one is clean).
    """

    content: bytes
    content_type: str
    is_clean: bool
    note: str = ""


def clean(content: bytes, content_type: str) -> Cleaned:
    """Strip metadata by what the bytes are, whatever they are said to be; never raises.

    Pictures are drawn anew without EXIF, GPS, colour profile or text, turned as the camera was
    held. In MP4 and 3GP, and in Ogg Opus (a voice note), tags and dates are blanked in place, in
    MP3 and AAC they are cut off; AMR has none. Anything else is not cleaned, and says so.
    """
    kind = content_type.partition(";")[0].strip().lower()
    if kind.startswith("image/"):
        return _clean_image(content, kind)
    if kind.startswith(("audio/", "video/")):
        stripped = _strip(content)
        if stripped is None:
            return Cleaned(content=content, content_type=kind, is_clean=False, note="unreadable")
        return Cleaned(content=stripped, content_type=kind, is_clean=True)
    return Cleaned(content=content, content_type=kind, is_clean=False, note="document")


def _clean_image(content: bytes, kind: str) -> Cleaned:
    as_it_came = Cleaned(content=content, content_type=kind, is_clean=False, note="unreadable")
    try:
        with Image.open(io.BytesIO(content), formats=list(_FORMATS)) as image:
            if image.width * image.height > MOST_PIXELS:
                return Cleaned(content=content, content_type=kind, is_clean=False, note="too_many_pixels")
            is_moving = getattr(image, "is_animated", False)
            drawn, name = _draw(image), image.format or ""
    except (Image.DecompressionBombError, Image.DecompressionBombWarning):
        return Cleaned(content=content, content_type=kind, is_clean=False, note="too_many_pixels")
    except Exception:  # noqa: BLE001 - a hostile file makes a decoder raise anything at all
        return as_it_came
    note = "first_frame" if is_moving else ""
    return Cleaned(content=drawn, content_type=_FORMATS[name], is_clean=True, note=note)


def _draw(image: Image.Image) -> bytes:
    turned = ImageOps.exif_transpose(image)
    plain = turned.convert("RGBA" if turned.has_transparency_data else "RGB")
    plain.info.clear()  # Pillow would write profile and comment from here
    out = io.BytesIO()
    match image.format:
        case "JPEG":
            plain.convert("RGB").save(out, "JPEG", quality=90)
        case "WEBP":
            plain.save(out, "WEBP", quality=90)
        case _:
            plain.save(out, "PNG")
    return out.getvalue()


def _strip(content: bytes) -> bytes | None:
    """Clean sound or film by its first bytes; None if it cannot be."""
    if content.startswith(b"OggS"):
        return blank_ogg(content)
    if content[4:8] == b"ftyp":
        return blank_mp4(content)
    if content.startswith(b"#!AMR"):
        return content
    return _strip_mpeg(content)


def _strip_mpeg(content: bytes) -> bytes | None:
    """Cut ID3 and APE tags off MP3 or AAC. Source: id3.org, ID3v2.4 structure."""
    while content.startswith(b"ID3") and len(content) >= 10:
        size = sum((byte & 0x7F) << shift for byte, shift in zip(content[6:10], (21, 14, 7, 0), strict=True))
        content = content[10 + size + (10 if content[5] & 0x10 else 0) :]
    if content[-128:-125] == b"TAG":
        content = content[:-128]
    is_frame = len(content) > 4 and content[0] == 0xFF and content[1] & 0xE0 == 0xE0
    return content if is_frame and b"APETAGEX" not in content and b"ID3" not in content[:4096] else None
