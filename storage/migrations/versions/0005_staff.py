"""Who works here: staff, their sign-ins and shifts, and what they did."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"


def upgrade() -> None:
    op.create_table(
        "audit",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("staff_id", sa.Uuid(), nullable=True, comment="null: whoever has the server, or nobody known"),
        sa.Column("act", sa.String(), nullable=False),
        sa.Column("subject_kind", sa.String(), nullable=True),
        sa.Column("subject_id", sa.Uuid(), nullable=True),
        sa.Column("detail", sa.String(), nullable=True),
        sa.Column("mac", sa.LargeBinary(), nullable=False, comment="HMAC of the row by a key outside the database"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_audit")),
    )
    op.create_index("ix_audit_at", "audit", ["at"], unique=False)
    op.create_table(
        "audit_chain",
        sa.Column("seq", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("audit_id", sa.Uuid(), nullable=False),
        sa.Column("mac", sa.LargeBinary(), nullable=False),
        sa.Column("chained_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("seq", name=op.f("pk_audit_chain")),
        sa.UniqueConstraint("audit_id", name=op.f("uq_audit_chain_audit_id")),
    )
    op.create_table(
        "holidays",
        sa.Column("day", sa.Date(), nullable=False),
        sa.PrimaryKeyConstraint("day", name=op.f("pk_holidays")),
    )
    op.create_table(
        "staff",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("alias", sa.String(), nullable=False),
        sa.Column("login_index", sa.LargeBinary(), nullable=False, comment="blind"),
        sa.Column("login_sealed", sa.LargeBinary(), nullable=False),
        sa.Column("role", sa.String(), nullable=False),
        sa.Column("zones", sa.ARRAY(sa.String()), nullable=False),
        sa.Column(
            "password_sealed",
            sa.LargeBinary(),
            nullable=False,
            comment="the argon2id hash, sealed: no guessing from a dump",
        ),
        sa.Column(
            "password_until",
            sa.DateTime(timezone=True),
            nullable=True,
            comment="a told password opens once, until then",
        ),
        sa.Column("totp_sealed", sa.LargeBinary(), nullable=True),
        sa.Column(
            "totp_step",
            sa.BigInteger(),
            nullable=True,
            comment="the last 30 seconds whose code was taken: a code counts once",
        ),
        sa.Column("must_enrol", sa.Boolean(), nullable=False),
        sa.Column(
            "is_demo",
            sa.Boolean(),
            nullable=False,
            comment="its password is printed: of no use outside a demonstration",
        ),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_staff")),
        sa.UniqueConstraint("alias", name=op.f("uq_staff_alias")),
        sa.UniqueConstraint("login_index", name=op.f("uq_staff_login_index")),
    )
    op.create_table(
        "staff_guesses",
        sa.Column("bucket", sa.LargeBinary(), nullable=False),
        sa.Column("failures", sa.BigInteger(), nullable=False),
        sa.Column("last_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("bucket", name=op.f("pk_staff_guesses")),
    )
    op.create_table(
        "shifts",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("staff_id", sa.Uuid(), nullable=False),
        sa.Column("zone", sa.String(), nullable=True, comment="null: the whole department"),
        sa.Column("on_call", sa.Boolean(), nullable=False, comment="counts outside the opening hours and on holidays"),
        sa.Column("starts_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ends_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("cancelled_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint("starts_at < ends_at", name="ends_later"),
        sa.ForeignKeyConstraint(["staff_id"], ["staff.id"], name=op.f("fk_shifts_staff_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_shifts")),
    )
    op.create_index(
        "ix_shifts_live", "shifts", ["ends_at"], unique=False, postgresql_where=sa.text("cancelled_at IS NULL")
    )
    op.create_table(
        "staff_recovery_codes",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("staff_id", sa.Uuid(), nullable=False),
        sa.Column("code_hash", sa.LargeBinary(), nullable=False),
        sa.Column("used_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["staff_id"], ["staff.id"], name=op.f("fk_staff_recovery_codes_staff_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_staff_recovery_codes")),
        sa.UniqueConstraint("staff_id", "code_hash", name=op.f("uq_staff_recovery_codes_staff_id_code_hash")),
    )
    op.create_table(
        "staff_resets",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("staff_id", sa.Uuid(), nullable=False),
        sa.Column("asked_by", sa.Uuid(), nullable=False),
        sa.Column("asked_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("confirmed_by", sa.Uuid(), nullable=True),
        sa.Column("closed_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint("confirmed_by NOT IN (asked_by, staff_id) AND asked_by <> staff_id", name="two_others"),
        sa.ForeignKeyConstraint(["asked_by"], ["staff.id"], name=op.f("fk_staff_resets_asked_by")),
        sa.ForeignKeyConstraint(["confirmed_by"], ["staff.id"], name=op.f("fk_staff_resets_confirmed_by")),
        sa.ForeignKeyConstraint(["staff_id"], ["staff.id"], name=op.f("fk_staff_resets_staff_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_staff_resets")),
    )
    op.create_index(
        "uq_staff_resets_open", "staff_resets", ["staff_id"], unique=True, postgresql_where=sa.text("closed_at IS NULL")
    )
    op.create_table(
        "staff_sign_ins",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("staff_id", sa.Uuid(), nullable=False),
        sa.Column("token_hash", sa.LargeBinary(), nullable=False),
        sa.Column("stage", sa.String(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("seen_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("locked_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["staff_id"], ["staff.id"], name=op.f("fk_staff_sign_ins_staff_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_staff_sign_ins")),
        sa.UniqueConstraint("token_hash", name=op.f("uq_staff_sign_ins_token_hash")),
    )
    op.create_index(
        "ix_staff_sign_ins_live",
        "staff_sign_ins",
        ["staff_id"],
        unique=False,
        postgresql_where=sa.text("ended_at IS NULL"),
    )
    for table in ("audit", "audit_chain"):
        # The owner of a table has every right to it, until they are taken away; a superuser meets the trigger.
        op.execute(f"REVOKE UPDATE, DELETE, TRUNCATE ON {table} FROM PUBLIC, CURRENT_USER")
    op.execute(
        "CREATE FUNCTION refuse_change_of_audit() RETURNS trigger LANGUAGE plpgsql AS"
        " $$ BEGIN RAISE EXCEPTION 'the audit trail only grows'; END $$"
    )
    for table in ("audit", "audit_chain"):
        op.execute(
            f"CREATE TRIGGER {table}_only_grows BEFORE UPDATE OR DELETE OR TRUNCATE ON {table}"
            " FOR EACH STATEMENT EXECUTE FUNCTION refuse_change_of_audit()"
        )


def downgrade() -> None:
    op.drop_index("ix_staff_sign_ins_live", table_name="staff_sign_ins", postgresql_where=sa.text("ended_at IS NULL"))
    op.drop_table("staff_sign_ins")
    op.drop_index("uq_staff_resets_open", table_name="staff_resets", postgresql_where=sa.text("closed_at IS NULL"))
    op.drop_table("staff_resets")
    op.drop_table("staff_recovery_codes")
    op.drop_index("ix_shifts_live", table_name="shifts", postgresql_where=sa.text("cancelled_at IS NULL"))
    op.drop_table("shifts")
    op.drop_table("staff_guesses")
    op.drop_table("staff")
    op.drop_table("holidays")
    op.drop_table("audit_chain")
    op.drop_index("ix_audit_at", table_name="audit")
    op.drop_table("audit")
    op.execute("DROP FUNCTION refuse_change_of_audit()")
