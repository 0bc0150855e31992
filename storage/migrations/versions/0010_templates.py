"""An alarm also goes by WhatsApp, and a letter may be a template that the provider approved."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"


def upgrade() -> None:
    op.add_column("alarms", sa.Column("texted_at", sa.DateTime(timezone=True), nullable=True))
    op.add_column(
        "alarms",
        sa.Column(
            "text_attempts",
            sa.SmallInteger(),
            nullable=False,
            server_default="0",
            comment="how often sending it by WhatsApp was tried",
        ),
    )
    op.add_column("alarms", sa.Column("next_text_at", sa.DateTime(timezone=True), nullable=True))
    op.add_column(
        "outbox",
        sa.Column(
            "reopens",
            sa.Boolean(),
            nullable=False,
            server_default=sa.false(),
            comment="a template that the provider approved: it may go though its window is closed",
        ),
    )


def downgrade() -> None:
    op.drop_column("outbox", "reopens")
    op.drop_column("alarms", "next_text_at")
    op.drop_column("alarms", "text_attempts")
    op.drop_column("alarms", "texted_at")
