"""The wrapped keys of whoever owns data: destroying a row is erasure."""

from __future__ import annotations

from sqlalchemy import Column, LargeBinary, String, Table, Uuid

from storage.tables.columns import metadata, moment, own_id

#: Every readable text column and why it betrays nobody.
PLAIN_TEXT = {
    "owner_keys.owner_kind": "person, case or staff",
}

#: In a schema of its own, which the data backup leaves out: destroying a row is erasure.
owner_keys = Table(
    "owner_keys",
    metadata,
    own_id(),
    Column("owner_id", Uuid, nullable=False, unique=True),
    Column("owner_kind", String, nullable=False),
    Column("wrapped", LargeBinary, nullable=False),
    moment("made_at", nullable=False),
    schema="keys",
)
