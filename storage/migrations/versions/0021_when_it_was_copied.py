"""When the last whole copy was made; from here on one is expected each night."""

from __future__ import annotations

from alembic import op

revision = "0021"
down_revision = "0020"


def upgrade() -> None:
    op.execute("INSERT INTO watermarks (name, at) VALUES ('a whole copy', now()) ON CONFLICT DO NOTHING")


def downgrade() -> None:
    op.execute("DELETE FROM watermarks WHERE name = 'a whole copy'")
