"""Care: who holds a handover, by which lease, which clocks run; and the alarms that they rang."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"

_TIMES = ("since", "wrote_at", "unanswered_since", "acted_at", "lost_at", "busy_until", "next_strike_at")
_OPEN = sa.text("closed_at IS NULL")


def upgrade() -> None:
    op.drop_column("handovers", "claimed_by")
    op.drop_column("handovers", "lease")
    op.add_column("handovers", sa.Column("stage", sa.String(), nullable=False, server_default="waiting"))
    op.add_column(
        "handovers",
        sa.Column(
            "lease", sa.BigInteger(), nullable=False, server_default="0", comment="one more each time it changes hands"
        ),
    )
    op.add_column("handovers", sa.Column("owner", sa.Uuid(), nullable=True, comment="a member of staff"))
    op.add_column(
        "handovers", sa.Column("reserved_for", sa.Uuid(), nullable=True, comment="a member of staff, by name")
    )
    op.add_column("handovers", sa.Column("zone", sa.String(), nullable=True))
    op.add_column(
        "handovers",
        sa.Column(
            "raised",
            sa.SmallInteger(),
            nullable=False,
            server_default="0",
            comment="how often it went back to the queue",
        ),
    )
    op.add_column("handovers", sa.Column("busy", sa.String(), nullable=True))
    op.add_column(
        "handovers",
        sa.Column(
            "struck",
            sa.ARRAY(sa.String()),
            nullable=False,
            server_default="{}",
            comment="the bells that have struck in this stage",
        ),
    )
    for name in _TIMES:
        op.add_column("handovers", sa.Column(name, sa.DateTime(timezone=True), nullable=True))
    op.execute("UPDATE handovers SET since = requested_at, next_strike_at = now()")
    op.execute("UPDATE handovers SET stage = 'closed' WHERE closed_at IS NOT NULL")
    op.alter_column("handovers", "since", nullable=False)
    for name in ("stage", "lease", "raised", "struck"):
        op.alter_column("handovers", name, server_default=None)
    op.create_index("ix_handovers_owner", "handovers", ["owner"], postgresql_where=_OPEN)
    op.create_index("ix_handovers_next_strike_at", "handovers", ["next_strike_at"], postgresql_where=_OPEN)
    op.add_column("media", sa.Column("heard_at", sa.DateTime(timezone=True), nullable=True))
    op.create_table(
        "alarms",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("handover_id", sa.Uuid(), nullable=False),
        sa.Column("what", sa.String(), nullable=False),
        sa.Column(
            "whom",
            sa.Uuid(),
            nullable=True,
            comment="a member of staff; null: everyone on shift, or the zone's coordinator",
        ),
        sa.Column("rung_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("mailed_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["handover_id"], ["handovers.id"], name=op.f("fk_alarms_handover_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_alarms")),
    )
    op.create_index("ix_alarms_rung_at", "alarms", ["rung_at"])


def downgrade() -> None:
    op.drop_table("alarms")
    op.drop_column("media", "heard_at")
    op.drop_index("ix_handovers_next_strike_at", table_name="handovers", postgresql_where=_OPEN)
    op.drop_index("ix_handovers_owner", table_name="handovers", postgresql_where=_OPEN)
    for name in (*_TIMES, "struck", "busy", "raised", "zone", "reserved_for", "owner", "lease", "stage"):
        op.drop_column("handovers", name)
    op.add_column("handovers", sa.Column("claimed_by", sa.Uuid(), nullable=True))
    op.add_column("handovers", sa.Column("lease", sa.Uuid(), nullable=True))
