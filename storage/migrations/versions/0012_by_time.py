"""What came and what was said, by time: small indexes, so that what is old enough is found without reading all."""

from __future__ import annotations

from alembic import op

revision = "0012"
down_revision = "0011"


def upgrade() -> None:
    op.create_index("ix_inbox_received_at", "inbox", ["received_at"], postgresql_using="brin")
    op.create_index("ix_outbox_created_at", "outbox", ["created_at"], postgresql_using="brin")


def downgrade() -> None:
    op.drop_index("ix_outbox_created_at", table_name="outbox")
    op.drop_index("ix_inbox_received_at", table_name="inbox")
