"""Whatever points to a row that goes is found by an index: else each such row costs a look through a whole table."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0018"
down_revision = "0017"


def upgrade() -> None:
    op.create_index("ix_media_inbox_id", "media", ["inbox_id"])
    op.create_index("ix_alarms_handover_id", "alarms", ["handover_id"])
    op.create_index("ix_handovers_conversation_id", "handovers", ["conversation_id"])
    # Every few seconds it is asked who was erased lately.
    op.create_index(
        "ix_people_forgotten_at", "people", ["forgotten_at"], postgresql_where=sa.text("forgotten_at IS NOT NULL")
    )


def downgrade() -> None:
    op.drop_index("ix_people_forgotten_at", "people")
    op.drop_index("ix_handovers_conversation_id", "handovers")
    op.drop_index("ix_alarms_handover_id", "alarms")
    op.drop_index("ix_media_inbox_id", "media")
