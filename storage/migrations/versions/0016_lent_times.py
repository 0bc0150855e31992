"""The times for which a phone was lent are found by their conversation: each line of a transcript asks for them."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0016"
down_revision = "0015"


def upgrade() -> None:
    op.create_index(
        "ix_reminders_lent",
        "reminders",
        ["conversation_id"],
        postgresql_where=sa.text("name = 'borrowed' AND fired_at IS NOT NULL"),
    )


def downgrade() -> None:
    op.drop_index("ix_reminders_lent", "reminders")
