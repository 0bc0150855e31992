"""What the provider has of ours."""

from __future__ import annotations

from sqlalchemy import Boolean, Column, Index, SmallInteger, String, Table, text

from storage.tables.columns import metadata, moment

#: Every readable text column and why it betrays nobody.
PLAIN_TEXT = {
    "provider_copies.provider_id": "the provider's own id",
    "provider_copies.code": "the provider's error number, or a reason of ours",
    "provider_templates.name": "a name of ours",
    "provider_templates.sid": "the provider's own id",
}

#: What the provider still keeps of us and is to be told to forget; by its own ids, of nobody.
provider_copies = Table(
    "provider_copies",
    metadata,
    Column("provider_id", String, primary_key=True),
    Column("whole", Boolean, nullable=False, comment="the record too, not its words alone"),
    moment("due_at", nullable=False),
    Column("attempts", SmallInteger, nullable=False),
    moment("next_try_at", nullable=False),
    Column("code", String),
    moment("gone_at"),
    Index("ix_provider_copies_waiting", text("whole DESC"), "next_try_at", postgresql_where=text("gone_at IS NULL")),
    Index("ix_provider_copies_gone_at", "gone_at", postgresql_where=text("gone_at IS NOT NULL")),
)

#: The provider's name for each template that we made there: of one account, so no content.
provider_templates = Table(
    "provider_templates",
    metadata,
    Column("name", String, primary_key=True),
    Column("sid", String, nullable=False),
    moment("made_at", nullable=False),
)
