"""The trail may lose what is older than five years, and nothing else."""

from __future__ import annotations

from alembic import op

revision = "0015"
down_revision = "0014"

_TABLES = {"audit": "at", "audit_chain": "chained_at"}


def upgrade() -> None:
    for table, column in _TABLES.items():
        op.execute(f"DROP TRIGGER {table}_only_grows ON {table}")
        op.execute(
            f"CREATE TRIGGER {table}_only_grows BEFORE UPDATE OR TRUNCATE ON {table}"
            " FOR EACH STATEMENT EXECUTE FUNCTION refuse_change_of_audit()"
        )
        op.execute(
            f"CREATE FUNCTION refuse_loss_of_{table}() RETURNS trigger LANGUAGE plpgsql AS"
            f" $$ BEGIN IF OLD.{column} > now() - interval '5 years' THEN"
            " RAISE EXCEPTION 'the audit trail only grows'; END IF; RETURN OLD; END $$"
        )
        op.execute(
            f"CREATE TRIGGER {table}_keeps_five_years BEFORE DELETE ON {table}"
            f" FOR EACH ROW EXECUTE FUNCTION refuse_loss_of_{table}()"
        )


def downgrade() -> None:
    for table in _TABLES:
        op.execute(f"DROP TRIGGER {table}_keeps_five_years ON {table}")
        op.execute(f"DROP FUNCTION refuse_loss_of_{table}()")
        op.execute(f"DROP TRIGGER {table}_only_grows ON {table}")
        op.execute(
            f"CREATE TRIGGER {table}_only_grows BEFORE UPDATE OR DELETE OR TRUNCATE ON {table}"
            " FOR EACH STATEMENT EXECUTE FUNCTION refuse_change_of_audit()"
        )
