"""DKIM keys of sender domains."""

import sqlalchemy as sa
from alembic import op

from signup.ground.dialect import Instant, now

revision = "0066"
down_revision = "0070"
branch_labels = None
depends_on = None

ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    op.create_table(
        "dkim_key",
        sa.Column("id", ID, nullable=False),
        sa.Column("domain", sa.String(length=253), nullable=False),
        sa.Column("selector", sa.String(length=40), nullable=False),
        sa.Column("algorithm", sa.String(length=16), nullable=False),
        sa.Column("private_key", sa.Text(), nullable=False, comment="DER, encrypted"),
        sa.Column("public_key", sa.Text(), nullable=False, comment="base64, as it stands in DNS"),
        sa.Column("created_at", Instant(), server_default=now(), nullable=False),
        sa.Column("retired_at", Instant(), nullable=True, comment="signs no more; its record may go a week later"),
        sa.CheckConstraint("algorithm IN ('rsa-sha256', 'ed25519-sha256')", name="algorithm"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_dkim_key")),
        sa.UniqueConstraint("domain", "selector", name=op.f("uq_dkim_key_domain_selector")),
    )


def downgrade() -> None:
    op.drop_table("dkim_key")
