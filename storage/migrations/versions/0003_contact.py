"""Agreements about contact, the personal word, and the seal on what was said before BORRAR."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    op.add_column(
        "people",
        sa.Column(
            "word_digest",
            sa.LargeBinary(),
            nullable=True,
            comment="of her personal word, under her key; null once it is spent",
        ),
    )
    op.add_column("conversations", sa.Column("word_given_at", sa.DateTime(timezone=True), nullable=True))
    op.add_column("conversations", sa.Column("sealed_at", sa.DateTime(timezone=True), nullable=True))
    op.add_column(
        "conversations",
        sa.Column(
            "sealed_in_seq", sa.BigInteger(), nullable=True, comment="what she wrote up to here is read by nobody"
        ),
    )
    op.add_column(
        "conversations",
        sa.Column("sealed_out_seq", sa.BigInteger(), nullable=True, comment="and what she was told up to here"),
    )
    op.create_table(
        "contacts",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("person_id", sa.Uuid(), nullable=False),
        sa.Column("conversation_id", sa.Uuid(), nullable=False),
        sa.Column(
            "sealed",
            sa.LargeBinary(),
            nullable=True,
            comment="how, in which hours, and what if somebody else answers; null once ended",
        ),
        sa.Column(
            "confirmed", sa.Boolean(), nullable=False, comment="false once she came back or fell silent: ask her anew"
        ),
        sa.Column("agreed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["conversation_id"], ["conversations.id"], name=op.f("fk_contacts_conversation_id")),
        sa.ForeignKeyConstraint(["person_id"], ["people.id"], name=op.f("fk_contacts_person_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_contacts")),
    )
    op.create_index(
        "uq_contacts_open", "contacts", ["person_id"], unique=True, postgresql_where=sa.text("ended_at IS NULL")
    )


def downgrade() -> None:
    op.drop_table("contacts")
    for column in ("sealed_out_seq", "sealed_in_seq", "sealed_at", "word_given_at"):
        op.drop_column("conversations", column)
    op.drop_column("people", "word_digest")
