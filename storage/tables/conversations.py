"""Where a conversation stands, what it waits for, and its letters in both directions."""

from __future__ import annotations

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    ForeignKey,
    Index,
    LargeBinary,
    SmallInteger,
    String,
    Table,
    UniqueConstraint,
    Uuid,
    false,
    text,
)

from storage.tables.columns import metadata, moment, of_conversation, own_id

#: Every readable text column and why it betrays nobody.
PLAIN_TEXT = {
    "conversations.channel": "whatsapp, sms, simulator or terminal",
    "conversations.role": "woman or brigade",
    "conversations.mode": "who speaks: a closed list",
    "conversations.phone": "the lock: a closed list",
    "inbox.source": "which door",
    "inbox.external_id": "the provider's own id, or ours",
    "inbox.kind": "a closed list",
    "inbox.ending": "reply, human or the name of a silence",
    "outbox.author": "bot, or a staff id",
    "outbox.status": "a closed list",
    "outbox.provider_id": "the provider's own id",
    "outbox.code": "the provider's error number, or a reason of ours",
    "reminders.name": "a name from the flows",
    "media.content_type": "the kind of file",
    "media.status": "a closed list",
}

conversations = Table(
    "conversations",
    metadata,
    own_id(),
    Column("person_id", Uuid, ForeignKey("people.id"), nullable=False),
    Column("channel", String, nullable=False),
    Column("role", String, nullable=False),
    Column("mode", String, nullable=False),
    Column("phone", String, nullable=False),
    Column("state_sealed", LargeBinary),
    Column("session_id", Uuid, comment="the episode under way"),
    Column("version", BigInteger, nullable=False, comment="one more with each turn: a stale turn cannot commit"),
    Column("last_in_seq", BigInteger, nullable=False),
    Column("last_out_seq", BigInteger, nullable=False),
    moment("heard_at"),  # her last message; null in a conversation that she has left for another role
    moment("ready_at"),
    moment("burst_until"),
    moment("leased_until"),
    moment("window_until"),
    moment("word_given_at"),
    moment("sealed_at"),
    Column("sealed_in_seq", BigInteger, comment="what she wrote up to here is read by nobody"),
    Column("sealed_out_seq", BigInteger, comment="and what she was told up to here"),
    UniqueConstraint("person_id", "channel", "role"),
    Index("ix_conversations_ready_at", "ready_at", postgresql_where=text("ready_at IS NOT NULL")),
)

reminders = Table(
    "reminders",
    metadata,
    own_id(),
    of_conversation(),
    Column("name", String, nullable=False),
    moment("due_at", nullable=False),
    moment("fired_at"),
    moment("cancelled_at"),
    Index(
        "uq_reminders_live",
        "conversation_id",
        "name",
        unique=True,
        postgresql_where=text("fired_at IS NULL AND cancelled_at IS NULL"),
    ),
    Index("ix_reminders_due", "due_at", postgresql_where=text("fired_at IS NULL AND cancelled_at IS NULL")),
    # Each line of a transcript asks whether the phone was lent then.
    Index(
        "ix_reminders_lent",
        "conversation_id",
        postgresql_where=text("name = 'borrowed' AND fired_at IS NOT NULL"),
    ),
)

inbox = Table(
    "inbox",
    metadata,
    own_id(),
    of_conversation(),
    Column("seq", BigInteger, nullable=False),
    Column("source", String, nullable=False),
    Column("external_id", String, nullable=False),
    Column("kind", String, nullable=False),
    Column("body_sealed", LargeBinary),
    Column("understanding_sealed", LargeBinary),
    Column("attempts", SmallInteger, nullable=False),
    Column("ending", String),
    Column("turn_id", Uuid),
    moment("received_at", nullable=False),
    moment("failed_at"),
    UniqueConstraint("source", "external_id"),
    UniqueConstraint("conversation_id", "seq"),
    Index("ix_inbox_pending", "conversation_id", "seq", postgresql_where=text("turn_id IS NULL")),
    # Rows come in the order of their time: a page's first and last moment are all that is kept of it.
    Index("ix_inbox_received_at", "received_at", postgresql_using="brin", postgresql_with={"autosummarize": "on"}),
    Index("ix_inbox_pending_since", "received_at", postgresql_where=text("turn_id IS NULL")),
)

media = Table(
    "media",
    metadata,
    own_id(),
    of_conversation(),
    Column("inbox_id", Uuid, ForeignKey("inbox.id"), nullable=False),
    Column("content_type", String, nullable=False),
    Column("url_sealed", LargeBinary),
    Column("bytes_sealed", LargeBinary),
    Column("status", String, nullable=False),
    Column("attempts", SmallInteger, nullable=False),
    moment("next_try_at", nullable=False),
    moment("heard_at"),  # when somebody of the team heard or saw it
    Index("ix_media_conversation_id", "conversation_id"),
    Index("ix_media_inbox_id", "inbox_id"),
    Index("ix_media_wanted", "next_try_at", postgresql_where=text("status = 'wanted'")),
)

outbox = Table(
    "outbox",
    metadata,
    own_id(),
    of_conversation(),
    Column("seq", BigInteger, nullable=False),
    Column("turn_id", Uuid, nullable=False),
    Column("body_sealed", LargeBinary),
    Column("author", String, nullable=False),
    Column("parting", Boolean, nullable=False, comment="the last words before the phone was locked"),
    Column(
        "reopens",
        Boolean,
        nullable=False,
        server_default=false(),
        comment="a template that the provider approved: it may go though its window is closed",
    ),
    Column("status", String, nullable=False),
    Column("attempts", SmallInteger, nullable=False),
    Column("lease", Uuid),
    Column("provider_id", String),
    Column("code", String),
    Column("failure_noted", Boolean, nullable=False, comment="its conversation knows that it was not delivered"),
    moment("created_at", nullable=False),
    moment("expires_at", nullable=False),
    moment("next_try_at", nullable=False),
    moment("lease_until"),
    moment("sent_at"),
    moment("ask_at"),
    Column(
        "resent",
        SmallInteger,
        nullable=False,
        server_default=text("0"),
        comment="how often it was queued again because the provider had dropped it for speed",
    ),
    UniqueConstraint("conversation_id", "seq"),
    Index("ix_outbox_unreported", "ask_at", postgresql_where=text("status = 'sent' AND ask_at IS NOT NULL")),
    Index("ix_outbox_unsent", "conversation_id", "seq", postgresql_where=text("status IN ('queued', 'leased')")),
    Index("ix_outbox_created_at", "created_at"),
    Index("ix_outbox_unsent_since", "created_at", postgresql_where=text("status IN ('queued', 'leased')")),
    Index(
        "ix_outbox_failures",
        "created_at",
        postgresql_where=text("NOT failure_noted AND (status = 'failed' OR code IN ('too_late', 'window_closed'))"),
    ),
)
