"""The letters of the last day are found by their time, however often rows were changed and places used again."""

from __future__ import annotations

from alembic import op

revision = "0019"
down_revision = "0018"


def upgrade() -> None:
    # A letter is changed three times after it is written, and each time moves to where there is room: its place on the
    # disk says less and less of its time, and every half minute the whole table was read to count those of a day.
    op.drop_index("ix_outbox_created_at", "outbox")
    op.create_index("ix_outbox_created_at", "outbox", ["created_at"])
    op.execute("ALTER INDEX ix_inbox_received_at SET (autosummarize = on)")


def downgrade() -> None:
    op.execute("ALTER INDEX ix_inbox_received_at RESET (autosummarize)")
    op.drop_index("ix_outbox_created_at", "outbox")
    op.create_index("ix_outbox_created_at", "outbox", ["created_at"], postgresql_using="brin")
