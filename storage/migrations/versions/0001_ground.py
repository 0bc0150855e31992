"""The ground: keys apart, people, conversations, inbox, outbox, sessions, handovers, reminders, media."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None


def upgrade() -> None:
    op.execute("CREATE SCHEMA keys")
    op.create_table(
        "owner_keys",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("owner_id", sa.Uuid(), nullable=False),
        sa.Column("owner_kind", sa.String(), nullable=False),
        sa.Column("wrapped", sa.LargeBinary(), nullable=False),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_owner_keys")),
        sa.UniqueConstraint("owner_id", name=op.f("uq_owner_keys_owner_id")),
        schema="keys",
    )
    op.create_table(
        "people",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("phone_index", sa.LargeBinary(), nullable=True, comment="blind; null once forgotten"),
        sa.Column("phone_sealed", sa.LargeBinary(), nullable=True),
        sa.Column("pseudonym", sa.LargeBinary(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("forget_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column(
            "forget_decided",
            sa.Boolean(),
            nullable=False,
            comment="an operator decided: an open crisis does not hold it",
        ),
        sa.Column("forgotten_at", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_people")),
        sa.UniqueConstraint("phone_index", name=op.f("uq_people_phone_index")),
    )
    op.create_index(
        "ix_people_forget_at",
        "people",
        ["forget_at"],
        unique=False,
        postgresql_where=sa.text("forget_at IS NOT NULL AND forgotten_at IS NULL"),
    )
    op.create_table(
        "conversations",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("person_id", sa.Uuid(), nullable=False),
        sa.Column("channel", sa.String(), nullable=False),
        sa.Column("role", sa.String(), nullable=False),
        sa.Column("mode", sa.String(), nullable=False),
        sa.Column("phone", sa.String(), nullable=False),
        sa.Column("state_sealed", sa.LargeBinary(), nullable=True),
        sa.Column("session_id", sa.Uuid(), nullable=True, comment="the episode under way"),
        sa.Column(
            "version", sa.BigInteger(), nullable=False, comment="one more with each turn: a stale turn cannot commit"
        ),
        sa.Column("last_in_seq", sa.BigInteger(), nullable=False),
        sa.Column("last_out_seq", sa.BigInteger(), nullable=False),
        sa.Column("heard_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("ready_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("burst_until", sa.DateTime(timezone=True), nullable=True),
        sa.Column("leased_until", sa.DateTime(timezone=True), nullable=True),
        sa.Column("window_until", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["person_id"], ["people.id"], name=op.f("fk_conversations_person_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_conversations")),
        sa.UniqueConstraint("person_id", "channel", "role", name=op.f("uq_conversations_person_id_channel_role")),
    )
    op.create_index(
        "ix_conversations_ready_at",
        "conversations",
        ["ready_at"],
        unique=False,
        postgresql_where=sa.text("ready_at IS NOT NULL"),
    )
    op.create_table(
        "handovers",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("conversation_id", sa.Uuid(), nullable=False),
        sa.Column("reason", sa.String(), nullable=False),
        sa.Column("alert", sa.SmallInteger(), nullable=False),
        sa.Column("claimed_by", sa.Uuid(), nullable=True),
        sa.Column("lease", sa.Uuid(), nullable=True),
        sa.Column("requested_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("first_reply_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("closed_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["conversation_id"], ["conversations.id"], name=op.f("fk_handovers_conversation_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_handovers")),
    )
    op.create_index(
        "uq_handovers_open",
        "handovers",
        ["conversation_id"],
        unique=True,
        postgresql_where=sa.text("closed_at IS NULL"),
    )
    op.create_table(
        "inbox",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("conversation_id", sa.Uuid(), nullable=False),
        sa.Column("seq", sa.BigInteger(), nullable=False),
        sa.Column("source", sa.String(), nullable=False),
        sa.Column("external_id", sa.String(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("body_sealed", sa.LargeBinary(), nullable=True),
        sa.Column("understanding_sealed", sa.LargeBinary(), nullable=True),
        sa.Column("attempts", sa.SmallInteger(), nullable=False),
        sa.Column("ending", sa.String(), nullable=True),
        sa.Column("turn_id", sa.Uuid(), nullable=True),
        sa.Column("received_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("failed_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["conversation_id"], ["conversations.id"], name=op.f("fk_inbox_conversation_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_inbox")),
        sa.UniqueConstraint("conversation_id", "seq", name=op.f("uq_inbox_conversation_id_seq")),
        sa.UniqueConstraint("source", "external_id", name=op.f("uq_inbox_source_external_id")),
    )
    op.create_index(
        "ix_inbox_pending",
        "inbox",
        ["conversation_id", "seq"],
        unique=False,
        postgresql_where=sa.text("turn_id IS NULL"),
    )
    op.create_index(
        "ix_inbox_pending_since", "inbox", ["received_at"], unique=False, postgresql_where=sa.text("turn_id IS NULL")
    )
    op.create_table(
        "outbox",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("conversation_id", sa.Uuid(), nullable=False),
        sa.Column("seq", sa.BigInteger(), nullable=False),
        sa.Column("turn_id", sa.Uuid(), nullable=False),
        sa.Column("body_sealed", sa.LargeBinary(), nullable=True),
        sa.Column("author", sa.String(), nullable=False),
        sa.Column("parting", sa.Boolean(), nullable=False, comment="the last words before the phone was locked"),
        sa.Column("status", sa.String(), nullable=False),
        sa.Column("attempts", sa.SmallInteger(), nullable=False),
        sa.Column("lease", sa.Uuid(), nullable=True),
        sa.Column("provider_id", sa.String(), nullable=True),
        sa.Column("code", sa.String(), nullable=True),
        sa.Column(
            "failure_noted",
            sa.Boolean(),
            nullable=False,
            comment="its conversation knows that it was not delivered",
        ),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("next_try_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("lease_until", sa.DateTime(timezone=True), nullable=True),
        sa.Column("sent_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["conversation_id"], ["conversations.id"], name=op.f("fk_outbox_conversation_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_outbox")),
        sa.UniqueConstraint("conversation_id", "seq", name=op.f("uq_outbox_conversation_id_seq")),
    )
    op.create_index(
        "ix_outbox_unsent",
        "outbox",
        ["conversation_id", "seq"],
        unique=False,
        postgresql_where=sa.text("status IN ('queued', 'leased')"),
    )
    op.create_index(
        "ix_outbox_unsent_since",
        "outbox",
        ["created_at"],
        unique=False,
        postgresql_where=sa.text("status IN ('queued', 'leased')"),
    )
    op.create_index(
        "ix_outbox_failures",
        "outbox",
        ["created_at"],
        unique=False,
        postgresql_where=sa.text("NOT failure_noted AND (status = 'failed' OR code IN ('too_late', 'window_closed'))"),
    )
    op.create_table(
        "reminders",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("conversation_id", sa.Uuid(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("due_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("fired_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("cancelled_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["conversation_id"], ["conversations.id"], name=op.f("fk_reminders_conversation_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_reminders")),
    )
    op.create_index(
        "ix_reminders_due",
        "reminders",
        ["due_at"],
        unique=False,
        postgresql_where=sa.text("fired_at IS NULL AND cancelled_at IS NULL"),
    )
    op.create_index(
        "uq_reminders_live",
        "reminders",
        ["conversation_id", "name"],
        unique=True,
        postgresql_where=sa.text("fired_at IS NULL AND cancelled_at IS NULL"),
    )
    op.create_table(
        "sessions",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("conversation_id", sa.Uuid(), nullable=True),
        sa.Column("pseudonym", sa.LargeBinary(), nullable=False),
        sa.Column("channel", sa.String(), nullable=False),
        sa.Column("role", sa.String(), nullable=False),
        sa.Column("municipality", sa.String(), nullable=True),
        sa.Column("zone", sa.String(), nullable=True),
        sa.Column("topics", sa.ARRAY(sa.String()), nullable=False),
        sa.Column("alert", sa.SmallInteger(), nullable=False, comment="0 none, 1 attention, 2 urgent, 3 emergency"),
        sa.Column("outcome", sa.String(), nullable=True),
        sa.Column("turns", sa.BigInteger(), nullable=False),
        sa.Column("opened_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("last_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("closed_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["conversation_id"], ["conversations.id"], name=op.f("fk_sessions_conversation_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_sessions")),
    )
    op.create_index("ix_sessions_conversation_id", "sessions", ["conversation_id"], unique=False)
    op.create_index(
        "ix_sessions_open", "sessions", ["last_at"], unique=False, postgresql_where=sa.text("closed_at IS NULL")
    )
    op.create_index("ix_sessions_opened_at", "sessions", ["opened_at"], unique=False)
    op.create_table(
        "media",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("conversation_id", sa.Uuid(), nullable=False),
        sa.Column("inbox_id", sa.Uuid(), nullable=False),
        sa.Column("content_type", sa.String(), nullable=False),
        sa.Column("url_sealed", sa.LargeBinary(), nullable=True),
        sa.Column("bytes_sealed", sa.LargeBinary(), nullable=True),
        sa.Column("status", sa.String(), nullable=False),
        sa.Column("attempts", sa.SmallInteger(), nullable=False),
        sa.Column("next_try_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["conversation_id"], ["conversations.id"], name=op.f("fk_media_conversation_id")),
        sa.ForeignKeyConstraint(["inbox_id"], ["inbox.id"], name=op.f("fk_media_inbox_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_media")),
    )
    op.create_index("ix_media_conversation_id", "media", ["conversation_id"], unique=False)
    op.create_index(
        "ix_media_wanted", "media", ["next_try_at"], unique=False, postgresql_where=sa.text("status = 'wanted'")
    )


def downgrade() -> None:
    op.drop_index("ix_media_wanted", table_name="media", postgresql_where=sa.text("status = 'wanted'"))
    op.drop_index("ix_media_conversation_id", table_name="media")
    op.drop_table("media")
    op.drop_index("ix_sessions_opened_at", table_name="sessions")
    op.drop_index("ix_sessions_open", table_name="sessions", postgresql_where=sa.text("closed_at IS NULL"))
    op.drop_index("ix_sessions_conversation_id", table_name="sessions")
    op.drop_table("sessions")
    op.drop_index(
        "uq_reminders_live",
        table_name="reminders",
        postgresql_where=sa.text("fired_at IS NULL AND cancelled_at IS NULL"),
    )
    op.drop_index(
        "ix_reminders_due",
        table_name="reminders",
        postgresql_where=sa.text("fired_at IS NULL AND cancelled_at IS NULL"),
    )
    op.drop_table("reminders")
    op.drop_index("ix_outbox_unsent", table_name="outbox", postgresql_where=sa.text("status IN ('queued', 'leased')"))
    op.drop_table("outbox")
    op.drop_index("ix_inbox_pending_since", table_name="inbox", postgresql_where=sa.text("turn_id IS NULL"))
    op.drop_index("ix_inbox_pending", table_name="inbox", postgresql_where=sa.text("turn_id IS NULL"))
    op.drop_table("inbox")
    op.drop_index("uq_handovers_open", table_name="handovers", postgresql_where=sa.text("closed_at IS NULL"))
    op.drop_table("handovers")
    op.drop_index(
        "ix_conversations_ready_at", table_name="conversations", postgresql_where=sa.text("ready_at IS NOT NULL")
    )
    op.drop_table("conversations")
    op.drop_index(
        "ix_people_forget_at",
        table_name="people",
        postgresql_where=sa.text("forget_at IS NOT NULL AND forgotten_at IS NULL"),
    )
    op.drop_table("people")
    op.drop_table("owner_keys", schema="keys")
    op.execute("DROP SCHEMA keys")
