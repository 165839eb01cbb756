"""Tries to sign in, counted by account and by where they come from."""

import sqlalchemy as sa
from alembic import op

from signup.ground import dialect

revision = "0026"
down_revision = "0024"
branch_labels = None
depends_on = None

KEY = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    op.create_table(
        "sign_in_wait",
        sa.Column("account", sa.String(length=32), nullable=False, comment="keyed hash of step and address"),
        sa.Column("source", sa.String(length=32), nullable=False, comment="keyed hash"),
        sa.Column("tries", KEY, nullable=False),
        sa.Column("began_at", dialect.Instant(), nullable=False, comment="of the first of these tries"),
        sa.Column("wait_until", dialect.Instant(), nullable=True),
        sa.PrimaryKeyConstraint("account", "source", name=op.f("pk_sign_in_wait")),
    )
    op.create_index(op.f("ix_sign_in_wait_began_at"), "sign_in_wait", ["began_at"])


def downgrade() -> None:
    op.drop_index(op.f("ix_sign_in_wait_began_at"), "sign_in_wait")
    op.drop_table("sign_in_wait")
