"""The provider: how far its list was read, what it still keeps, and the templates that it has of ours."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0011"
down_revision = "0010"


def upgrade() -> None:
    op.create_table(
        "watermarks",
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False, comment="everything up to here was done"),
        sa.Column("held_until", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("name", name="pk_watermarks"),
    )
    op.create_table(
        "provider_copies",
        sa.Column("provider_id", sa.String(), nullable=False),
        sa.Column("whole", sa.Boolean(), nullable=False, comment="the record too, not its words alone"),
        sa.Column("due_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("attempts", sa.SmallInteger(), nullable=False),
        sa.Column("next_try_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("code", sa.String(), nullable=True),
        sa.Column("gone_at", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("provider_id", name="pk_provider_copies"),
    )
    op.create_index(
        "ix_provider_copies_waiting",
        "provider_copies",
        ["next_try_at"],
        postgresql_where=sa.text("gone_at IS NULL"),
    )
    op.create_index(
        "ix_provider_copies_gone_at", "provider_copies", ["gone_at"], postgresql_where=sa.text("gone_at IS NOT NULL")
    )
    op.create_table(
        "provider_templates",
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("sid", sa.String(), nullable=False),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("name", name="pk_provider_templates"),
    )


def downgrade() -> None:
    op.drop_table("provider_templates")
    op.drop_table("provider_copies")
    op.drop_table("watermarks")
