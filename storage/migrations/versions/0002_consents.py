"""What she allows, in layers, and her one answer about the help."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    op.create_table(
        "consents",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column(
            "conversation_id", sa.Uuid(), nullable=True, comment="null once forgotten: a permission that was used"
        ),
        sa.Column("layer", sa.String(), nullable=False),
        sa.Column("institution", sa.String(), nullable=True, comment="null in the layer share: all of them"),
        sa.Column("answer", sa.String(), nullable=False),
        sa.Column("text_version", sa.String(), nullable=False),
        sa.Column("channel", sa.String(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["conversation_id"], ["conversations.id"], name=op.f("fk_consents_conversation_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_consents")),
    )
    op.create_index("ix_consents_conversation_id", "consents", ["conversation_id"], unique=False)
    # A permission is taken back by another row; the only change of a row is that it comes to be nobody's.
    op.execute(
        "CREATE FUNCTION refuse_change_of_consent() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN"
        " IF NEW.conversation_id IS NULL AND (NEW.id, NEW.layer, NEW.answer, NEW.text_version)"
        " = (OLD.id, OLD.layer, OLD.answer, OLD.text_version)"
        " AND NEW.institution IS NOT DISTINCT FROM OLD.institution THEN RETURN NEW; END IF;"
        " RAISE EXCEPTION 'a consent is never changed; write another row'; END $$"
    )
    op.execute(
        "CREATE TRIGGER consents_are_never_changed BEFORE UPDATE ON consents"
        " FOR EACH ROW EXECUTE FUNCTION refuse_change_of_consent()"
    )
    op.add_column(
        "sessions", sa.Column("helped", sa.String(), nullable=True, comment="her answer to the one question, if any")
    )


def downgrade() -> None:
    op.drop_column("sessions", "helped")
    op.execute("DROP TRIGGER consents_are_never_changed ON consents")
    op.execute("DROP FUNCTION refuse_change_of_consent()")
    op.drop_index("ix_consents_conversation_id", table_name="consents")
    op.drop_table("consents")
