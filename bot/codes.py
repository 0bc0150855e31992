"""The second thing that proves who she is: codes that her phone makes (RFC 6238), and codes on paper."""

from __future__ import annotations

import hashlib
import hmac
import secrets
from collections.abc import Sequence
from datetime import datetime

from cryptography.hazmat.primitives.hashes import SHA1
from cryptography.hazmat.primitives.twofactor.totp import TOTP

_STEP_SECONDS, _DIGITS = 30, 6
#: A phone's clock may be one step off.
_DRIFT = 1
_ISSUER = "Valle Sano"
_PAPER_CODES, _LETTERS = 10, "abcdefghjkmnpqrstuvwxyz23456789"


def new_secret() -> bytes:
    """160 random bits, as RFC 4226 §4 recommends."""
    return secrets.token_bytes(20)


def phone_uri(secret: bytes, alias: str) -> str:
    """What the square picture says to an authenticator; the account is her alias, never her name."""
    return _totp(secret).get_provisioning_uri(alias, _ISSUER)


def right_step(secret: bytes, code: str, now: datetime) -> int | None:
    """The 30-second step whose code this is, the present one or a neighbour; None if it is wrong.

    The caller takes each step once (RFC 6238 §5.2), or a code that was seen could be used again.
    """
    typed = "".join(letter for letter in code if not letter.isspace())
    if len(typed) != _DIGITS or not typed.isascii() or not typed.isdigit():
        return None
    totp, present = _totp(secret), int(now.timestamp()) // _STEP_SECONDS
    right = None
    for step in range(present - _DRIFT, present + _DRIFT + 1):
        if hmac.compare_digest(totp.generate(step * _STEP_SECONDS), typed.encode()):
            right = step
    return right


def new_paper_codes() -> Sequence[str]:
    """Ten codes for the day on which her phone is lost; each is good once, 79 bits."""
    return ["-".join(_four() for _ in range(4)) for _ in range(_PAPER_CODES)]


def paper_hash(code: str) -> bytes:
    """What is kept of a paper code. A plain hash will do: nobody tries 2^79 of them."""
    bare = "".join(letter for letter in code.casefold() if letter.isalnum())
    return hashlib.sha256(b"paper code\0" + bare.encode()).digest()


def _four() -> str:
    return "".join(secrets.choice(_LETTERS) for _ in range(4))


def _totp(secret: bytes) -> TOTP:
    # SHA-1 because the authenticators on people's phones know no other.
    return TOTP(secret, _DIGITS, SHA1(), _STEP_SECONDS)  # noqa: S303
