"""Whose key opens what: owners' keys wrapped by the service's, and blind indexes of phones."""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Sequence
from dataclasses import dataclass, field
from uuid import UUID

from bot.errors import KeyMissing
from bot.messages import Address
from storage.crypto import new_key, seal, unseal
from storage.ids import new_id

_FINGERPRINT = 8
#: A number is one person whether she writes by WhatsApp or SMS; a simulated phone never is her.
_FAMILIES = {"whatsapp": "phone", "sms": "phone"}


@dataclass(frozen=True, slots=True, kw_only=True)
class OwnerKey:
    """An owner's key, open: ``secret`` is 32 bytes and never leaves the process."""

    id: UUID
    owner_id: UUID
    secret: bytes = field(repr=False)

    def seal(self, plain: bytes, *, table: str, row: UUID, column: str) -> bytes:
        """Encrypt one cell of this owner."""
        return seal(self.secret, plain, table=table, row=row, column=column)

    def unseal(self, sealed: bytes, *, table: str, row: UUID, column: str) -> bytes:
        """Decrypt one cell of this owner; raises ``KeyMissing``."""
        return unseal(self.secret, sealed, table=table, row=row, column=column)

    def digest(self, text: str) -> bytes:
        """What stands for a short secret of this owner, 32 bytes: comparable, and nothing without her key."""
        return hmac.new(self.secret, b"digest\0" + text.encode(), hashlib.sha256).digest()


class KeyRing:
    """The service's own keys: the first wraps, all unwrap; the index key never rotates with them."""

    def __init__(self, wrapping_keys: Sequence[bytes], index_key: bytes) -> None:
        self._wrapping = {_fingerprint(key): key for key in wrapping_keys}
        self._first = _fingerprint(wrapping_keys[0])
        self._index_key = index_key

    def make(self, owner_id: UUID) -> tuple[OwnerKey, bytes]:
        """A new key for an owner, open and wrapped."""
        key = OwnerKey(id=new_id(), owner_id=owner_id, secret=new_key())
        return key, self.wrap(key)

    def wrap(self, key: OwnerKey) -> bytes:
        """Wrap under the first key; the first 8 bytes name the wrapping key."""
        return self._first + seal(self._wrapping[self._first], key.secret, table="owner_keys", row=key.id, column="")

    def unwrap(self, *, key_id: UUID, owner_id: UUID, wrapped: bytes) -> OwnerKey:
        """Open a wrapped key; raises ``KeyMissing`` that names the missing wrapping key."""
        name, body = wrapped[:_FINGERPRINT], wrapped[_FINGERPRINT:]
        if name not in self._wrapping:
            raise KeyMissing(f"SECRET_KEYS lacks the key with fingerprint {name.hex()}; add it after the first one")
        secret = unseal(self._wrapping[name], body, table="owner_keys", row=key_id, column="")
        return OwnerKey(id=key_id, owner_id=owner_id, secret=secret)

    def opens(self, fingerprint: str) -> bool:
        """Whether the wrapping key of this fingerprint (hexadecimal) is one of ours."""
        return bytes.fromhex(fingerprint) in self._wrapping

    @property
    def current_prefix(self) -> bytes:
        """What a key that is wrapped under the first wrapping key begins with."""
        return self._first

    def phone_index(self, address: Address) -> bytes:
        """The blind index of a phone: equal for equal phones, unreadable without ``INDEX_KEY``."""
        return self._hmac("phone", _FAMILIES.get(address.channel, address.channel), address.value)

    def pseudonym(self, address: Address) -> bytes:
        """What stands for a person in reports, 16 bytes; not comparable with the phone index."""
        return self._hmac("pseudonym", _FAMILIES.get(address.channel, address.channel), address.value)[:16]

    def blind_index(self, kind: str, value: str) -> bytes:
        """The blind index of something that is no phone, such as a login; kinds are not comparable."""
        return self._hmac("index", kind, value)

    def _hmac(self, *parts: str) -> bytes:
        return hmac.new(self._index_key, "\0".join(parts).encode(), hashlib.sha256).digest()


def _fingerprint(key: bytes) -> bytes:
    return hashlib.sha256(b"valle-sano wrapping key\0" + key).digest()[:_FINGERPRINT]
