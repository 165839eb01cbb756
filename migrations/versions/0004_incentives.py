"""Incentives: a lead magnet may be a file, a link or discount codes; downloads can be revoked."""

import sqlalchemy as sa
from alembic import op

from signup.ground import dialect

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

KEY = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    # By hand: Alembic would add the check as a constraint of its own, which SQLite cannot.
    op.execute(
        "ALTER TABLE lead_magnet ADD COLUMN kind VARCHAR(10) DEFAULT 'file' NOT NULL"
        " CONSTRAINT ck_lead_magnet_kind CHECK (kind IN ('file', 'link', 'codes'))"
    )
    op.add_column("lead_magnet", sa.Column("url", sa.String(length=500), server_default="", nullable=False))
    op.add_column(
        "lead_magnet",
        sa.Column(
            "fallback", sa.String(length=500), server_default="", nullable=False, comment="shown when no code is left"
        ),
    )
    op.add_column(
        "lead_magnet",
        sa.Column("low_at", KEY, server_default="0", nullable=False, comment="warn at so many codes left, or fewer"),
    )
    op.add_column("lead_magnet", sa.Column("retired_at", dialect.Instant(), nullable=True))
    op.add_column(
        "signup",
        sa.Column("revoked_at", dialect.Instant(), nullable=True, comment="an operator ended its download link"),
    )
    op.create_table(
        "discount_code",
        sa.Column("id", KEY, nullable=False),
        sa.Column("lead_magnet_id", KEY, nullable=False),
        sa.Column("code", sa.String(length=60), nullable=False),
        sa.Column("code_key", sa.String(length=60), nullable=False, comment="the code in capitals"),
        sa.Column("expires_at", dialect.Instant(), nullable=True),
        sa.Column(
            "contact_id", KEY, nullable=True, comment="no foreign key: a code stays given when its contact is erased"
        ),
        sa.Column("signup_id", KEY, nullable=True, comment="what it was given for"),
        sa.Column("given_at", dialect.Instant(), nullable=True),
        sa.Column("redeemed_at", dialect.Instant(), nullable=True),
        sa.Column("created_at", dialect.Instant(), server_default=dialect.now(), nullable=False),
        sa.ForeignKeyConstraint(["lead_magnet_id"], ["lead_magnet.id"], name=op.f("fk_discount_code_lead_magnet_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_discount_code")),
        sa.UniqueConstraint("lead_magnet_id", "code_key", name=op.f("uq_discount_code_lead_magnet_id_code_key")),
        sa.UniqueConstraint("lead_magnet_id", "contact_id", name=op.f("uq_discount_code_lead_magnet_id_contact_id")),
    )
    op.create_index("ix_discount_code_code_key", "discount_code", ["code_key"], unique=False)
    op.create_index(
        "ix_discount_code_left",
        "discount_code",
        ["lead_magnet_id", "id"],
        unique=False,
        postgresql_where=sa.text("given_at IS NULL"),
        sqlite_where=sa.text("given_at IS NULL"),
    )


def downgrade() -> None:
    op.drop_index(
        "ix_discount_code_left",
        table_name="discount_code",
        postgresql_where=sa.text("given_at IS NULL"),
        sqlite_where=sa.text("given_at IS NULL"),
    )
    op.drop_index("ix_discount_code_code_key", table_name="discount_code")
    op.drop_table("discount_code")
    op.drop_column("signup", "revoked_at")
    # A link and a pool have no file: the release before could not show them.
    op.execute("DELETE FROM lead_magnet WHERE kind <> 'file'")
    for name in ("retired_at", "low_at", "fallback", "url"):
        op.drop_column("lead_magnet", name)
    op.execute("ALTER TABLE lead_magnet DROP CONSTRAINT ck_lead_magnet_kind" if _is_postgresql() else "SELECT 1")
    op.drop_column("lead_magnet", "kind")


def _is_postgresql() -> bool:
    return bool(op.get_bind().dialect.name == "postgresql")
