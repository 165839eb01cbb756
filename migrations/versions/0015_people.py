"""Lists granted to operators, passkeys and recovery codes; the last administrator stays, and so does the trail."""

import sqlalchemy as sa
from alembic import op

from signup.ground import dialect

revision = "0015"
down_revision = "0014"
branch_labels = None
depends_on = None

KEY = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
WAS = "OLD.role = 'administrator' AND OLD.disabled_at IS NULL"
IS_NOT = "(NEW.role <> 'administrator' OR NEW.disabled_at IS NOT NULL)"
ANOTHER = (
    "SELECT 1 FROM operator o WHERE o.id <> OLD.id AND o.role = 'administrator'"
    " AND o.disabled_at IS NULL AND o.password_hash IS NOT NULL"
)


def upgrade() -> None:
    op.add_column(
        "operator",
        sa.Column("may_send", sa.Boolean(), server_default=sa.false(), nullable=False, comment="as may_export"),
    )
    op.add_column(
        "operator",
        sa.Column(
            "every_list",
            sa.Boolean(),
            server_default=sa.false(),
            nullable=False,
            comment="works with all lists; without, with those in list_grant",
        ),
    )
    op.execute("UPDATE operator SET every_list = TRUE")  # who saw everything until now goes on to
    op.create_table(
        "list_grant",
        sa.Column("operator_id", KEY, nullable=False),
        sa.Column("list_id", KEY, nullable=False),
        sa.ForeignKeyConstraint(["operator_id"], ["operator.id"], name=op.f("fk_list_grant_operator_id")),
        sa.ForeignKeyConstraint(["list_id"], ["mailing_list.id"], name=op.f("fk_list_grant_list_id")),
        sa.PrimaryKeyConstraint("operator_id", "list_id", name=op.f("pk_list_grant")),
    )
    op.create_index(op.f("ix_list_grant_list_id"), "list_grant", ["list_id"], unique=False)
    _create_factors()
    op.add_column("audit_entry", sa.Column("list_id", KEY, nullable=True, comment="the list it was about, if any"))
    op.create_index("ix_audit_entry_list_id_id", "audit_entry", ["list_id", "id"], unique=False)
    op.create_index("ix_audit_entry_action_id", "audit_entry", ["action", "id"], unique=False)
    _create_guards()


def _create_factors() -> None:
    op.create_table(
        "passkey",
        sa.Column("id", KEY, nullable=False),
        sa.Column("uid", sa.Uuid(), nullable=False),
        sa.Column("operator_id", KEY, nullable=False),
        sa.Column("name", sa.String(length=60), nullable=False),
        sa.Column("credential_id", sa.LargeBinary(), nullable=False),
        sa.Column("credential", sa.LargeBinary(), nullable=False, comment="attested credential data (WebAuthn 6.5.1)"),
        sa.Column("sign_count", KEY, nullable=False, comment="one that does not grow tells of a copy; 0: none kept"),
        sa.Column("created_at", dialect.Instant(), server_default=dialect.now(), nullable=False),
        sa.Column("used_at", dialect.Instant(), nullable=True),
        sa.ForeignKeyConstraint(["operator_id"], ["operator.id"], name=op.f("fk_passkey_operator_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_passkey")),
        sa.UniqueConstraint("credential_id", name=op.f("uq_passkey_credential_id")),
        sa.UniqueConstraint("uid", name=op.f("uq_passkey_uid")),
    )
    op.create_index(op.f("ix_passkey_operator_id"), "passkey", ["operator_id"], unique=False)
    op.create_table(
        "spent_challenge",
        sa.Column("uid", sa.Uuid(), nullable=False),
        sa.Column("at", dialect.Instant(), server_default=dialect.now(), nullable=False),
        sa.PrimaryKeyConstraint("uid", name=op.f("pk_spent_challenge")),
    )
    op.create_table(
        "recovery_code",
        sa.Column("operator_id", KEY, nullable=False),
        sa.Column("code_hash", sa.String(length=32), nullable=False),
        sa.Column("used_at", dialect.Instant(), nullable=True),
        sa.ForeignKeyConstraint(["operator_id"], ["operator.id"], name=op.f("fk_recovery_code_operator_id")),
        sa.PrimaryKeyConstraint("operator_id", "code_hash", name=op.f("pk_recovery_code")),
    )


def _create_guards() -> None:
    if op.get_bind().dialect.name == "postgresql":
        # Two administrators who go at once: the second waits for the lock, and its look comes after it.
        op.execute(
            "CREATE FUNCTION keep_an_administrator() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN"
            " PERFORM pg_advisory_xact_lock(hashtext('signup.last-administrator'));"
            f" IF NOT EXISTS ({ANOTHER}) THEN RAISE EXCEPTION 'last administrator'; END IF;"
            " IF TG_OP = 'DELETE' THEN RETURN OLD; END IF; RETURN NEW; END $$"
        )
        op.execute(
            f"CREATE TRIGGER operator_stays BEFORE UPDATE ON operator FOR EACH ROW WHEN ({WAS} AND {IS_NOT})"
            " EXECUTE FUNCTION keep_an_administrator()"
        )
        op.execute(
            f"CREATE TRIGGER operator_is_kept BEFORE DELETE ON operator FOR EACH ROW WHEN ({WAS})"
            " EXECUTE FUNCTION keep_an_administrator()"
        )
        op.execute(
            "CREATE TRIGGER audit_entry_guard BEFORE UPDATE OR DELETE ON audit_entry"
            " FOR EACH ROW EXECUTE FUNCTION refuse_change()"
        )
        return
    last = "BEGIN SELECT RAISE(ABORT, 'last administrator'); END"
    alone = f"NOT EXISTS ({ANOTHER})"
    op.execute(f"CREATE TRIGGER operator_stays BEFORE UPDATE ON operator WHEN {WAS} AND {IS_NOT} AND {alone} {last}")
    op.execute(f"CREATE TRIGGER operator_is_kept BEFORE DELETE ON operator WHEN {WAS} AND {alone} {last}")
    refuse = "BEGIN SELECT RAISE(ABORT, 'append-only'); END"
    op.execute(f"CREATE TRIGGER audit_entry_guard BEFORE UPDATE ON audit_entry {refuse}")
    op.execute(f"CREATE TRIGGER audit_entry_stays BEFORE DELETE ON audit_entry {refuse}")


def downgrade() -> None:
    if op.get_bind().dialect.name == "postgresql":
        op.execute("DROP FUNCTION keep_an_administrator() CASCADE")
        op.execute("DROP TRIGGER audit_entry_guard ON audit_entry")
    else:
        for name in ("operator_stays", "operator_is_kept", "audit_entry_guard", "audit_entry_stays"):
            op.execute(f"DROP TRIGGER {name}")
    op.drop_index("ix_audit_entry_action_id", table_name="audit_entry")
    op.drop_index("ix_audit_entry_list_id_id", table_name="audit_entry")
    op.drop_column("audit_entry", "list_id")
    op.drop_table("recovery_code")
    op.drop_table("spent_challenge")
    op.drop_table("passkey")
    op.drop_table("list_grant")
    op.drop_column("operator", "every_list")
    op.drop_column("operator", "may_send")
