"""How long a coordinator lets the owner write in spite of the phone's lock."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0014"
down_revision = "0013"


def upgrade() -> None:
    op.add_column("handovers", sa.Column("lifted_until", sa.DateTime(timezone=True), nullable=True))


def downgrade() -> None:
    op.drop_column("handovers", "lifted_until")
