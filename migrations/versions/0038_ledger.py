"""The Merkle ledger over consent events and the audit trail, and guards that let a row be coarsened or blanked."""

import sqlalchemy as sa
from alembic import op

from signup.ground import dialect

revision = "0038"
down_revision = "0036"
branch_labels = None
depends_on = None

KEY = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
HEADER = (
    "id",
    "type",
    "at",
    "contact_id",
    "list_id",
    "signup_id",
    "purpose",
    "controller",
    "form_version_id",
    "wording_hash",
    "locale",
    "method",
    "key_id",
    "mail_template_hash",
    "mail_hash",
    "mail_message_id",
    "relay_reply",
)
PERSONAL = ("address", "page", "referrer", "answers")
VISIT = ("ip", "agent")
AUDIT_HEADER = ("id", "at", "operator_id", "role", "action", "list_id")
FIXED = ("ledger_entry", "ledger_node", "checkpoint")
"""Tables whose rows never change."""
KEPT = ("consent_event", "audit_entry", "ledger_head", *FIXED)


def upgrade() -> None:
    op.add_column(
        "audit_entry", sa.Column("salt", sa.LargeBinary(), nullable=True, comment="goes with what is personal")
    )
    _drop_guards()
    _renew_salts()
    _create_tables()
    if op.get_context().dialect.name == "postgresql":
        _guard_postgresql()
    else:
        _guard_sqlite()


def downgrade() -> None:
    if op.get_context().dialect.name == "postgresql":
        for table in ("consent_event", "audit_entry"):
            op.execute(f"DROP TRIGGER {table}_is_emptied ON {table}")
        op.execute("DROP TRIGGER audit_entry_stays ON audit_entry")
    else:
        op.execute("DROP TRIGGER audit_entry_stays")
    _drop_guards(has_stays=False)
    for table in ("ledger_head", *FIXED):
        op.drop_table(table)
    op.drop_column("audit_entry", "salt")
    same = " AND ".join(f"NEW.{name} IS NOT DISTINCT FROM OLD.{name}" for name in HEADER)
    blank = " AND ".join(f"NEW.{name} IS NULL" for name in (*PERSONAL, *VISIT, "salt"))
    if op.get_context().dialect.name == "postgresql":
        _refuse_postgresql("consent_event", f"NOT ({same} AND {blank})")
        op.execute(
            "CREATE TRIGGER audit_entry_guard BEFORE UPDATE OR DELETE ON audit_entry"
            " FOR EACH ROW EXECUTE FUNCTION refuse_change()"
        )
        return
    _refuse_sqlite("consent_event", f"NOT ({same} AND {blank})".replace("IS NOT DISTINCT FROM", "IS"))
    for name, change in (("guard", "UPDATE"), ("stays", "DELETE")):
        refuse = "BEGIN SELECT RAISE(ABORT, 'append-only'); END"
        op.execute(f"CREATE TRIGGER audit_entry_{name} BEFORE {change} ON audit_entry {refuse}")


def _drop_guards(*, has_stays: bool = True) -> None:
    on = {table: f" ON {table}" if op.get_context().dialect.name == "postgresql" else "" for table in KEPT}
    op.execute(f"DROP TRIGGER consent_event_guard{on['consent_event']}")
    op.execute(f"DROP TRIGGER audit_entry_guard{on['audit_entry']}")
    if has_stays and not on["audit_entry"]:
        op.execute("DROP TRIGGER audit_entry_stays")


def _renew_salts() -> None:
    """Longer salts, before anything is sealed: the second half is the visit's, and goes when that is coarsened."""
    two = "decode(replace(gen_random_uuid()::text || gen_random_uuid()::text, '-', ''), 'hex')"
    one = "decode(replace(gen_random_uuid()::text, '-', ''), 'hex')"
    if op.get_context().dialect.name != "postgresql":
        two, one = "randomblob(32)", "randomblob(16)"
    op.execute(f"UPDATE consent_event SET salt = {two} WHERE salt IS NOT NULL")  # noqa: S608  # ours
    op.execute(f"UPDATE audit_entry SET salt = {one}")  # noqa: S608  # ours


def _create_tables() -> None:
    op.create_table(
        "ledger_entry",
        sa.Column("position", KEY, autoincrement=False, nullable=False, comment="from 0: the leaf's place in the tree"),
        sa.Column("event_id", sa.Uuid(), nullable=True),
        sa.Column("audit_id", KEY, nullable=True),
        sa.Column("leaf", sa.LargeBinary(), nullable=False),
        sa.Column("personal_hash", sa.LargeBinary(), nullable=False, comment="of the personal payload and its salt"),
        sa.Column("visit_hash", sa.LargeBinary(), nullable=False, comment="of IP and agent in full and their salt"),
        sa.PrimaryKeyConstraint("position", name=op.f("pk_ledger_entry")),
        sa.UniqueConstraint("event_id", name=op.f("uq_ledger_entry_event_id")),
        sa.UniqueConstraint("audit_id", name=op.f("uq_ledger_entry_audit_id")),
    )
    op.create_table(
        "ledger_node",
        sa.Column("height", KEY, autoincrement=False, nullable=False),
        sa.Column("position", KEY, autoincrement=False, nullable=False),
        sa.Column("hash", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("height", "position", name=op.f("pk_ledger_node")),
    )
    op.create_table(
        "ledger_head",
        sa.Column("id", KEY, autoincrement=False, nullable=False),
        sa.Column("size", KEY, nullable=False),
        sa.Column("frontier", sa.LargeBinary(), nullable=False, comment="the roots of complete subtrees"),
        sa.Column("note", sa.Text(), nullable=False, comment="the newest signed checkpoint"),
        sa.Column("at", dialect.Instant(), nullable=False, comment="when it was signed"),
        sa.Column("settled_at", dialect.Instant(), nullable=True, comment="all that is older is in the ledger"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_ledger_head")),
    )
    op.create_table(
        "checkpoint",
        sa.Column("size", KEY, autoincrement=False, nullable=False),
        sa.Column("at", dialect.Instant(), nullable=False),
        sa.Column("note", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("size", name=op.f("pk_checkpoint")),
    )


def _rules() -> dict[str, str]:
    """For each table the condition under which a change of a row is refused."""
    same = {name: f"NEW.{name} IS NOT DISTINCT FROM OLD.{name}" for name in (*HEADER, *PERSONAL)}
    header, personal = (" AND ".join(same[name] for name in names) for names in (HEADER, PERSONAL))
    blank = " AND ".join(f"NEW.{name} IS NULL" for name in (*PERSONAL, *VISIT, "salt"))
    coarse = f"{personal} AND length(OLD.salt) = 32 AND NEW.salt = substr(OLD.salt, 1, 16)"
    kept = " AND ".join(f"NEW.{name} IS NOT DISTINCT FROM OLD.{name}" for name in AUDIT_HEADER)
    is_pg = op.get_context().dialect.name == "postgresql"
    bare = "NEW.actor = '' AND NEW.ip IS NULL AND NEW.object = '' AND NEW.salt IS NULL AND NEW.detail = '{}'"
    return {
        "consent_event": f"NOT ({header} AND ({blank} OR {coarse}))",
        "audit_entry": f"NOT ({kept} AND {bare})",
        "ledger_head": "NEW.size < OLD.size OR NEW.id <> OLD.id",
    } | dict.fromkeys(FIXED, "true" if is_pg else "1")


def _guard_postgresql() -> None:
    for table, condition in _rules().items():
        _refuse_postgresql(table, condition)
    for table in KEPT:
        if table != "consent_event":  # a test contact's proof may go (0019)
            op.execute(
                f"CREATE TRIGGER {table}_stays BEFORE DELETE ON {table} FOR EACH ROW EXECUTE FUNCTION refuse_change()"
            )
        op.execute(
            f"CREATE TRIGGER {table}_is_emptied BEFORE TRUNCATE ON {table}"
            " FOR EACH STATEMENT EXECUTE FUNCTION refuse_change()"
        )


def _refuse_postgresql(table: str, condition: str) -> None:
    op.execute(
        f"CREATE TRIGGER {table}_guard BEFORE UPDATE ON {table} FOR EACH ROW"
        f" WHEN ({condition}) EXECUTE FUNCTION refuse_change()"
    )


def _guard_sqlite() -> None:
    for table, condition in _rules().items():
        _refuse_sqlite(table, condition.replace("IS NOT DISTINCT FROM", "IS"))
    for table in KEPT:
        if table != "consent_event":
            refuse = "BEGIN SELECT RAISE(ABORT, 'append-only'); END"
            op.execute(f"CREATE TRIGGER {table}_stays BEFORE DELETE ON {table} {refuse}")


def _refuse_sqlite(table: str, condition: str) -> None:
    refuse = "BEGIN SELECT RAISE(ABORT, 'append-only'); END"
    op.execute(f"CREATE TRIGGER {table}_guard BEFORE UPDATE ON {table} WHEN {condition} {refuse}")
