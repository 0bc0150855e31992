"""Passwords: argon2id, in a thread, a few at a time, so that guessing does not slow down the conversations."""

from __future__ import annotations

import asyncio
import secrets
import unicodedata

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

#: OWASP Password Storage Cheat Sheet: 19 MiB, 2 passes, 1 lane.
_HASHER = PasswordHasher(time_cost=2, memory_cost=19_456, parallelism=1)
_AT_ONCE = 2
#: Letters that nobody takes for another when they are read out.
_LETTERS = "abcdefghjkmnpqrstuvwxyz23456789"


class Passwords:
    """Hashes and compares; an unknown person's password is compared too, with one that nobody has."""

    def __init__(self, hasher: PasswordHasher = _HASHER) -> None:
        self._hasher = hasher
        self._turns = asyncio.Semaphore(_AT_ONCE)
        self._nobodys = hasher.hash(secrets.token_urlsafe(32))

    async def hash(self, password: str) -> str:
        """The hash to keep, with its parameters."""
        async with self._turns:
            return await asyncio.to_thread(self._hasher.hash, _same(password))

    async def is_right(self, password: str, kept: str | None) -> bool:
        """Whether this is the password of a hash; it takes as long if there is no hash."""
        async with self._turns:
            is_same = await asyncio.to_thread(self._compare, kept or self._nobodys, _same(password))
        return is_same and kept is not None

    def _compare(self, kept: str, password: str) -> bool:
        try:
            return self._hasher.verify(kept, password)
        except (VerificationError, InvalidHashError):
            return False


def told_password() -> str:
    """A password to be told to somebody, for one use: 79 bits as four groups that can be read out."""
    return "-".join("".join(secrets.choice(_LETTERS) for _ in range(4)) for _ in range(4))


def _same(password: str) -> str:
    # The same password from every keyboard (NIST SP 800-63B-4 §3.1.1.2).
    return unicodedata.normalize("NFKC", password)
