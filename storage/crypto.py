"""Sealing: AES-256-GCM, bound to the table, row and column that holds the sealed bytes.

A sealed value is ``version (1 byte) || nonce (12) || ciphertext and tag``. Bytes moved to
another row or column do not open (NIST SP 800-38D; the place is the additional data).
"""

from __future__ import annotations

import os
from uuid import UUID

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from bot.errors import KeyMissing

_VERSION = b"\x01"
_NONCE = 12


def new_key() -> bytes:
    """A fresh random key of 32 bytes."""
    return AESGCM.generate_key(bit_length=256)


def seal(key: bytes, plain: bytes, *, table: str, row: UUID, column: str) -> bytes:
    """Encrypt ``plain`` for exactly one cell of the database."""
    nonce = os.urandom(_NONCE)
    return _VERSION + nonce + AESGCM(key).encrypt(nonce, plain, _place(table, row, column))


def unseal(key: bytes, sealed: bytes, *, table: str, row: UUID, column: str) -> bytes:
    """Decrypt one cell; raises ``KeyMissing`` if the key is another's or the bytes were moved."""
    if sealed[:1] != _VERSION:
        raise KeyMissing(f"{table}.{column}: sealed by an unknown version")
    nonce, body = sealed[1 : 1 + _NONCE], sealed[1 + _NONCE :]
    try:
        return AESGCM(key).decrypt(nonce, body, _place(table, row, column))
    except InvalidTag:
        raise KeyMissing(f"{table}.{column} of row {row} does not open with this key") from None


def _place(table: str, row: UUID, column: str) -> bytes:
    return f"{table}|{row}|{column}".encode()
