"""The one inbox: a message, a timer, a failed delivery is a row once, in one order a conversation."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Collection
from datetime import timedelta
from uuid import UUID

from sqlalchemy import select, text
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.messages import (
    Address,
    ClockStruck,
    DeliveryFailed,
    ForgetAsked,
    PersonMessage,
    StaffAction,
    TimerFired,
    WordAgreed,
)
from bot.takeover import load_times
from storage.codec import entry_bytes
from storage.database import Database
from storage.ids import new_id
from storage.keys import KeyRing, OwnerKey
from storage.statements import statement
from storage.tables.conversations import inbox
from storage.tables.keys import owner_keys
from storage.tables.people import people

#: A burst is answered at the latest this long after its first message.
BURST = timedelta(seconds=6)
_REMEMBERED_KEYS = 4096


class Inbox:
    """Writes entries. Remembers the keys of recent writers, so that most messages cost one statement."""

    def __init__(self, database: Database, ring: KeyRing) -> None:
        self._database, self._ring = database, ring
        self._keys: OrderedDict[bytes, OwnerKey] = OrderedDict()

    async def accept(self, message: PersonMessage, *, wait: timedelta) -> bool:
        """Take a person's message for good: True if new, False if it was known already.

        ``wait`` is the quiet time before it is answered. Raises ``DatabaseUnavailable``.
        """
        phone = self._ring.phone_index(message.address)
        key = self._keys.get(phone)
        for _ in range(4):
            key = key or await self._find_key(phone) or await self._register(phone, message)
            if key is not None and await self._write(key, message, wait):
                self._remember(phone, key)
                return True
            if await self._is_known(message.source, message.external_id):
                return False
            # The remembered key was destroyed, somebody else registered the same phone first, or a turn under way
            # has just moved her to the conversation of another role.
            self._keys.pop(phone, None)
            key = None
        raise RuntimeError("a phone changed owner or role three times within one message")

    async def _write(self, key: OwnerKey, message: PersonMessage, wait: timedelta) -> bool:
        row = new_id()
        _, body = entry_bytes(message)
        rows = await self._database.run(
            statement("accept"),
            {
                "key_id": key.id,
                "source": message.source,
                "external_id": message.external_id,
                "new_conversation_id": new_id(),
                "channel": message.address.channel,
                "wait": wait,
                "burst": BURST,
                "sent_at": message.sent_at,
                "window": load_times().free_words,
                "inbox_id": row,
                "body": key.seal(body, table="inbox", row=row, column="body"),
            },
        )
        return bool(rows)

    async def _find_key(self, phone: bytes) -> OwnerKey | None:
        rows = await self._database.run(
            select(owner_keys.c.id, owner_keys.c.owner_id, owner_keys.c.wrapped)
            .join(people, people.c.id == owner_keys.c.owner_id)
            .where(people.c.phone_index == phone)
        )
        return next((self._ring.unwrap(key_id=r.id, owner_id=r.owner_id, wrapped=r.wrapped) for r in rows), None)

    async def _register(self, phone: bytes, message: PersonMessage) -> OwnerKey | None:
        """Make a person and her key; None if somebody was first, or for a known message: it brings nobody back."""
        person_id = new_id()
        key, wrapped = self._ring.make(person_id)
        rows = await self._database.run(
            statement("register"),
            {
                "source": message.source,
                "external_id": message.external_id,
                "person_id": person_id,
                "phone_index": phone,
                "phone_sealed": key.seal(
                    _address_bytes(message.address), table="people", row=person_id, column="phone"
                ),
                "pseudonym": self._ring.pseudonym(message.address),
                "key_id": key.id,
                "wrapped": wrapped,
            },
        )
        if rows:
            return key
        # Restored from a dump that is older than her erasure: she has a row and no key, and begins anew.
        await self._database.run(
            text(
                "UPDATE people p SET phone_index = NULL WHERE phone_index = :phone_index"
                " AND NOT EXISTS (SELECT 1 FROM keys.owner_keys k WHERE k.owner_id = p.id)"
            ),
            {"phone_index": phone},
        )
        return None

    async def _is_known(self, source: str, external_id: str) -> bool:
        query = select(inbox.c.id).where(inbox.c.source == source, inbox.c.external_id == external_id)
        return bool(await self._database.run(query))

    def _remember(self, phone: bytes, key: OwnerKey) -> None:
        self._keys[phone] = key
        self._keys.move_to_end(phone)
        if len(self._keys) > _REMEMBERED_KEYS:
            self._keys.popitem(last=False)


async def add_entry(
    tx: AsyncConnection,
    ring: KeyRing,
    entry: TimerFired | DeliveryFailed | ForgetAsked | WordAgreed | StaffAction | ClockStruck,
) -> UUID | None:
    """Put an entry of our own behind what waits in its conversation; None if known or forgotten."""
    rows = await tx.execute(
        text(
            "SELECT k.id, k.owner_id, k.wrapped FROM keys.owner_keys k"
            " JOIN conversations c ON c.person_id = k.owner_id WHERE c.id = :conversation_id"
        ),
        {"conversation_id": entry.conversation_id},
    )
    found = rows.one_or_none()
    if found is None:
        return None
    key = ring.unwrap(key_id=found.id, owner_id=found.owner_id, wrapped=found.wrapped)
    row = new_id()
    kind, body = entry_bytes(entry)
    added = await tx.execute(
        statement("add_entry"),
        {
            "conversation_id": entry.conversation_id,
            "inbox_id": row,
            "source": entry.external_id.partition(":")[0],
            "external_id": entry.external_id,
            "kind": kind,
            "body": key.seal(body, table="inbox", row=row, column="body"),
        },
    )
    return row if added.first() else None


async def known_among(database: Database, source: str, external_ids: Collection[str]) -> set[str]:
    """Those of a door's ids that the inbox has, of whomever."""
    rows = await database.run(statement("known"), {"source": source, "external_ids": list(external_ids)})
    return {row.external_id for row in rows}


async def ending_of(database: Database, entry: StaffAction) -> str | None:
    """What came of an act of the team; None while it is not taken, or if its id was another act's."""
    rows = await database.run(
        select(inbox.c.ending).where(
            inbox.c.source == entry.external_id.partition(":")[0],
            inbox.c.external_id == entry.external_id,
            inbox.c.conversation_id == entry.conversation_id,
            inbox.c.turn_id.is_not(None),
        )
    )
    return rows[0].ending if rows else None


def _address_bytes(address: Address) -> bytes:
    return address.value.encode()
