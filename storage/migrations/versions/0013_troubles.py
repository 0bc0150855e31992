"""Troubles of the service that the operator is told of, once when they begin and once when they end."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0013"
down_revision = "0012"


def upgrade() -> None:
    op.create_table(
        "troubles",
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("place", sa.String(), nullable=False, comment="the machine that has it; empty: everybody's"),
        sa.Column("began_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("seen_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("told_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("next_try_at", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("name", "place", name="pk_troubles"),
    )


def downgrade() -> None:
    op.drop_table("troubles")
