"""What the provider is to delete next is found in its order, however much waits."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0020"
down_revision = "0019"
_WAITING = sa.text("gone_at IS NULL")


def upgrade() -> None:
    # With two million waiting, each look for the next forty sorted them all: a core for as long as they waited.
    op.drop_index("ix_provider_copies_waiting", "provider_copies")
    op.create_index(
        "ix_provider_copies_waiting",
        "provider_copies",
        [sa.text("whole DESC"), "next_try_at"],
        postgresql_where=_WAITING,
    )


def downgrade() -> None:
    op.drop_index("ix_provider_copies_waiting", "provider_copies")
    op.create_index("ix_provider_copies_waiting", "provider_copies", ["next_try_at"], postgresql_where=_WAITING)
