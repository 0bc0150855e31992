"""How a conversation with a psychologist ended, and what the team says often."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"


def upgrade() -> None:
    op.add_column(
        "sessions",
        sa.Column(
            "violence",
            sa.String(),
            nullable=True,
            comment="one of the six types of the GBVIMS, as a psychologist noted it",
        ),
    )
    op.add_column(
        "sessions",
        sa.Column(
            "traits",
            sa.ARRAY(sa.String()),
            nullable=False,
            server_default="{}",
            comment="what she told of herself, as name=word; emptied when she is forgotten",
        ),
    )
    op.create_table(
        "closings",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("handover_id", sa.Uuid(), nullable=False),
        sa.Column("conversation_id", sa.Uuid(), nullable=True),
        sa.Column("session_id", sa.Uuid(), nullable=True),
        sa.Column("staff_id", sa.Uuid(), nullable=False),
        sa.Column("outcome", sa.String(), nullable=False),
        sa.Column(
            "psychiatry_on", sa.Date(), nullable=True, comment="the day of an appointment, and all that is kept of it"
        ),
        sa.Column("note_sealed", sa.LargeBinary(), nullable=True),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["handover_id"], ["handovers.id"], name=op.f("fk_closings_handover_id")),
        sa.ForeignKeyConstraint(["conversation_id"], ["conversations.id"], name=op.f("fk_closings_conversation_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_closings")),
        sa.UniqueConstraint("handover_id", name=op.f("uq_closings_handover_id")),
    )
    op.create_index("ix_closings_conversation_id", "closings", ["conversation_id"])
    op.create_table(
        "offers",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("closing_id", sa.Uuid(), nullable=False),
        sa.Column("institution", sa.String(), nullable=False),
        sa.Column("answer", sa.String(), nullable=False),
        sa.ForeignKeyConstraint(["closing_id"], ["closings.id"], name=op.f("fk_offers_closing_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_offers")),
        sa.UniqueConstraint("closing_id", "institution", name=op.f("uq_offers_closing_id_institution")),
    )
    op.create_table(
        "saved_replies",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("words", sa.String(), nullable=False),
        sa.Column("changed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_saved_replies")),
    )
    op.create_index(
        "uq_saved_replies_live", "saved_replies", ["name"], unique=True, postgresql_where=sa.text("ended_at IS NULL")
    )


def downgrade() -> None:
    op.drop_table("saved_replies")
    op.drop_table("offers")
    op.drop_table("closings")
    op.drop_column("sessions", "traits")
    op.drop_column("sessions", "violence")
