"""The console's desk: who let whom pass in the queue, and what was begun and not sent."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"


def upgrade() -> None:
    op.create_table(
        "queue_passes",
        sa.Column("handover_id", sa.Uuid(), nullable=False),
        sa.Column("staff_id", sa.Uuid(), nullable=False),
        sa.Column("until", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("handover_id", "staff_id", name="pk_queue_passes"),
        sa.ForeignKeyConstraint(["handover_id"], ["handovers.id"], name="fk_queue_passes_handover_id_handovers"),
    )
    op.create_table(
        "drafts",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("conversation_id", sa.Uuid(), nullable=False),
        sa.Column("staff_id", sa.Uuid(), nullable=False),
        sa.Column("sealed", sa.LargeBinary(), nullable=False),
        sa.Column("saved_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_drafts"),
        sa.ForeignKeyConstraint(
            ["conversation_id"], ["conversations.id"], name="fk_drafts_conversation_id_conversations"
        ),
        sa.UniqueConstraint("conversation_id", "staff_id", name="uq_drafts_conversation_id_staff_id"),
    )


def downgrade() -> None:
    op.drop_table("drafts")
    op.drop_table("queue_passes")
