"""Checks of the ledger and what they found."""

import sqlalchemy as sa
from alembic import op

from signup.ground.dialect import Instant, Json, now

revision = "0046"
down_revision = "0042"
branch_labels = None
depends_on = None

KEY = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    op.create_table(
        "ledger_check",
        sa.Column("id", KEY, nullable=False),
        sa.Column("operator_id", KEY, nullable=True, comment="who asked for it; empty: the daily one"),
        sa.Column(
            "is_open",
            sa.Boolean(),
            nullable=True,
            comment="true until it ends, then empty: so there is one at a time",
        ),
        sa.Column("state", sa.String(length=10), nullable=False, comment="waiting, running, done, failed"),
        sa.Column("size", KEY, nullable=False, comment="entries of the ledger"),
        sa.Column("checked", KEY, nullable=False, comment="entries checked so far"),
        sa.Column("problems", KEY, nullable=False),
        sa.Column("found", Json(), nullable=False, comment="the first problems, in words"),
        sa.Column("attempt", KEY, nullable=False),
        sa.Column("owner", sa.String(length=40), nullable=True),
        sa.Column("lease_until", Instant(), nullable=True),
        sa.Column("created_at", Instant(), server_default=now(), nullable=False),
        sa.Column("finished_at", Instant(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_ledger_check")),
        sa.UniqueConstraint("is_open", name=op.f("uq_ledger_check_is_open")),
    )


def downgrade() -> None:
    op.drop_table("ledger_check")
