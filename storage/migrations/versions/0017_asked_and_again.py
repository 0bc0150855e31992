"""Letters of which no report came are asked for, and one that was dropped for speed is sent again."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0017"
down_revision = "0016"


def upgrade() -> None:
    op.add_column(
        "outbox",
        sa.Column(
            "ask_at",
            sa.DateTime(timezone=True),
            nullable=True,
        ),
    )
    op.add_column(
        "outbox",
        sa.Column(
            "resent",
            sa.SmallInteger(),
            nullable=False,
            server_default=sa.text("0"),
            comment="how often it was queued again because the provider had dropped it for speed",
        ),
    )
    op.create_index(
        "ix_outbox_unreported",
        "outbox",
        ["ask_at"],
        postgresql_where=sa.text("status = 'sent' AND ask_at IS NOT NULL"),
    )
    # What was reported while this version was being put in place found nobody, too.
    op.execute("UPDATE outbox SET ask_at = now() WHERE status = 'sent' AND created_at > now() - interval '3 days'")


def downgrade() -> None:
    op.drop_index("ix_outbox_unreported", "outbox")
    op.drop_column("outbox", "resent")
    op.drop_column("outbox", "ask_at")
