"""The fields of the contact database, what it is for, and values that were taken out of it."""

import sqlalchemy as sa
from alembic import op

from signup.ground import dialect

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None

KEY = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
OBJECTIVES = "'communicate', 'prospect', 'sell', 'loyalty', 'sell-more', 'own'"


def upgrade() -> None:
    _add_field()
    _add_purpose()
    op.create_table(
        "archived_value",
        sa.Column("field_id", KEY, nullable=False),
        sa.Column("contact_id", KEY, autoincrement=False, nullable=False),
        sa.Column("value", dialect.Json(), nullable=False),
        sa.Column("at", dialect.Instant(), server_default=dialect.now(), nullable=False),
        sa.ForeignKeyConstraint(["field_id"], ["field.id"], name=op.f("fk_archived_value_field_id")),
        sa.ForeignKeyConstraint(
            ["contact_id"], ["contact.id"], name=op.f("fk_archived_value_contact_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("field_id", "contact_id", name=op.f("pk_archived_value")),
    )
    op.create_index(op.f("ix_archived_value_contact_id"), "archived_value", ["contact_id"])
    op.create_table(
        "field_figure",
        sa.Column("key", sa.String(length=40), nullable=False),
        sa.Column("looked", KEY, nullable=False, comment="contacts that were looked at"),
        sa.Column("total", KEY, nullable=False, comment="contacts there were"),
        sa.Column("filled", KEY, nullable=False, comment="of those looked at, how many hold a value"),
        sa.Column("different", KEY, nullable=False, comment="different values among them"),
        sa.Column("size", KEY, nullable=False, comment="bytes of these values"),
        sa.Column("types", dialect.Json(), nullable=False, comment="how many of each JSON type"),
        sa.Column("at", dialect.Instant(), server_default=dialect.now(), nullable=False),
        sa.PrimaryKeyConstraint("key", name=op.f("pk_field_figure")),
    )
    op.create_table(
        "rate",
        sa.Column("name", sa.String(length=20), nullable=False),
        sa.Column("value", sa.Float(precision=53), nullable=False),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_rate")),
    )


def _add_field() -> None:
    kinds = "'text', 'number', 'date', 'year', 'yes_no', 'choice', 'multi', 'catalogue'"
    groups = "'personal', 'household', 'advertising', 'analysis', 'other'"
    op.create_table(
        "field",
        sa.Column("id", KEY, nullable=False),
        sa.Column("key", sa.String(length=40), nullable=False, comment="the values' name among a contact's answers"),
        sa.Column("kind", sa.String(length=10), nullable=False),
        sa.Column("labels", dialect.Json(), nullable=False, comment="what it is called, by language"),
        sa.Column("helps", dialect.Json(), nullable=False, comment="a hint for who fills it in, by language"),
        sa.Column(
            "reason", sa.String(length=200), nullable=False, comment="why a text: what can be chosen is analysed"
        ),
        sa.Column("options", dialect.Json(), nullable=False, comment="value, label and parent of each entry"),
        sa.Column("spellings", dialect.Json(), nullable=False, comment="texts given before, and the entry of each"),
        sa.Column("check_key", sa.String(length=20), nullable=False, comment="a further check, by its name"),
        sa.Column("field_group", sa.String(length=12), nullable=False),
        sa.Column("objective", sa.String(length=20), nullable=False),
        sa.Column("decision", sa.String(length=300), nullable=False, comment="the decision it serves; empty: none yet"),
        sa.Column("intrusive", sa.Boolean(), server_default=sa.false(), nullable=False),
        sa.Column("owner_id", KEY, nullable=True, comment="the operator who keeps it in order"),
        sa.Column("position", KEY, nullable=False),
        sa.Column("state", sa.String(length=10), nullable=False),
        sa.Column(
            "taken_off",
            dialect.Json(),
            nullable=False,
            comment="when hidden: each form it was on, its version before and after",
        ),
        sa.Column("revision", KEY, nullable=False),
        sa.Column("created_at", dialect.Instant(), server_default=dialect.now(), nullable=False),
        sa.Column("changed_at", dialect.Instant(), server_default=dialect.now(), nullable=False),
        sa.Column(
            "state_at",
            dialect.Instant(),
            server_default=dialect.now(),
            nullable=False,
            comment="since when it is in its state",
        ),
        sa.CheckConstraint(f"kind IN ({kinds})", name=op.f("ck_field_kind")),
        sa.CheckConstraint(f"field_group IN ({groups})", name=op.f("ck_field_field_group")),
        sa.CheckConstraint("state IN ('active', 'hidden', 'archived')", name=op.f("ck_field_state")),
        sa.CheckConstraint("kind <> 'text' OR reason <> ''", name=op.f("ck_field_text_needs_reason")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_field")),
        sa.UniqueConstraint("key", name=op.f("uq_field_key")),
    )


def _add_purpose() -> None:
    op.create_table(
        "purpose",
        sa.Column("id", KEY, nullable=False),
        sa.Column("main", sa.String(length=20), nullable=False),
        sa.Column("second", sa.String(length=20), nullable=False),
        sa.Column("third", sa.String(length=20), nullable=False),
        sa.Column("own", sa.String(length=120), nullable=False, comment="an objective of their own, in their words"),
        sa.Column("audience", sa.String(length=12), nullable=False),
        sa.Column("actor", sa.String(length=254), nullable=False, comment="the operator's address, or 'console'"),
        sa.Column("at", dialect.Instant(), server_default=dialect.now(), nullable=False),
        sa.CheckConstraint(f"main IN ({OBJECTIVES})", name=op.f("ck_purpose_main")),
        sa.CheckConstraint(f"second IN ('', {OBJECTIVES}) AND second <> main", name=op.f("ck_purpose_second")),
        sa.CheckConstraint(
            f"third IN ('', {OBJECTIVES}) AND third <> main AND (third = '' OR (second <> '' AND third <> second))",
            name=op.f("ck_purpose_third"),
        ),
        sa.CheckConstraint("audience IN ('people', 'companies', 'mixed')", name=op.f("ck_purpose_audience")),
        sa.CheckConstraint("own <> '' OR 'own' NOT IN (main, second, third)", name=op.f("ck_purpose_own_is_named")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_purpose")),
    )


def downgrade() -> None:
    for table in ("rate", "field_figure", "archived_value", "purpose", "field"):
        op.drop_table(table)
