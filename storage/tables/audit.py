"""Who did what, in an order that cannot be changed unseen."""

from __future__ import annotations

from sqlalchemy import BigInteger, Column, Index, LargeBinary, String, Table, Uuid

from storage.tables.columns import metadata, moment, own_id

#: Every readable text column and why it betrays nobody.
PLAIN_TEXT = {
    "audit.act": "a word of ours",
    "audit.subject_kind": "a word of ours",
    "audit.detail": "a word of ours, or a name of a list",
}

#: Who did what to what and when, in ids; rows are only ever added, by right and by trigger.
audit = Table(
    "audit",
    metadata,
    own_id(),
    moment("at", nullable=False),
    Column("staff_id", Uuid, comment="null: whoever has the server, or nobody known"),
    Column("act", String, nullable=False),
    Column("subject_kind", String),
    Column("subject_id", Uuid),
    Column("detail", String),
    Column("mac", LargeBinary, nullable=False, comment="HMAC of the row by a key outside the database"),
    Index("ix_audit_at", "at"),
)

#: One link a row, in one order: each MAC covers the one before.
audit_chain = Table(
    "audit_chain",
    metadata,
    Column("seq", BigInteger, primary_key=True, autoincrement=False),
    Column("audit_id", Uuid, nullable=False, unique=True),
    Column("mac", LargeBinary, nullable=False),
    moment("chained_at", nullable=False),
)
