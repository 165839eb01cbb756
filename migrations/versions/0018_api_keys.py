"""Keys for programs."""

import sqlalchemy as sa
from alembic import op

from signup.ground import dialect

revision = "0018"
down_revision = "0016"
branch_labels = None
depends_on = None

KEY = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    op.create_table(
        "api_key",
        sa.Column("id", KEY, nullable=False),
        sa.Column("uid", sa.Uuid(), nullable=False),
        sa.Column("name", sa.String(length=60), nullable=False, comment="whose program it is"),
        sa.Column("secret_hash", sa.String(length=64), nullable=False),
        sa.Column("hint", sa.String(length=4), nullable=False, comment="the secret's last letters, to tell keys apart"),
        sa.Column("scopes", dialect.Json(), nullable=False),
        sa.Column("list_ids", dialect.Json(), nullable=False, comment="the lists it reaches; empty: all"),
        sa.Column("operator_id", KEY, nullable=True, comment="who made it; empty: the console"),
        sa.Column("expires_at", dialect.Instant(), nullable=True),
        sa.Column("revoked_at", dialect.Instant(), nullable=True),
        sa.Column("used_at", dialect.Instant(), nullable=True, comment="to the minute"),
        sa.Column("created_at", dialect.Instant(), server_default=dialect.now(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_api_key")),
        sa.UniqueConstraint("secret_hash", name=op.f("uq_api_key_secret_hash")),
        sa.UniqueConstraint("uid", name=op.f("uq_api_key_uid")),
    )


def downgrade() -> None:
    op.drop_table("api_key")
