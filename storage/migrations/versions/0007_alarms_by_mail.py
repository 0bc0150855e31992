"""An alarm that is to be mailed is tried again until a server takes it."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0005"


def upgrade() -> None:
    op.add_column(
        "alarms",
        sa.Column(
            "attempts",
            sa.SmallInteger(),
            nullable=False,
            server_default="0",
            comment="how often mailing it was tried",
        ),
    )
    op.add_column("alarms", sa.Column("next_try_at", sa.DateTime(timezone=True), nullable=True))


def downgrade() -> None:
    op.drop_column("alarms", "next_try_at")
    op.drop_column("alarms", "attempts")
