"""Pictures for forms and emails: logos and illustrations that operators upload."""

import sqlalchemy as sa
from alembic import op

from signup.ground.dialect import Instant, now

revision = "0053"
down_revision = "0062"
branch_labels = None
depends_on = None

KEY = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    op.create_table(
        "picture",
        sa.Column("hash", sa.String(length=64), nullable=False, comment="SHA-256 of its bytes"),
        sa.Column("type", sa.String(length=4), nullable=False, comment="png, jpeg or gif, as its bytes say"),
        sa.Column("width", KEY, nullable=False),
        sa.Column("height", KEY, nullable=False),
        sa.Column("content", sa.LargeBinary(), nullable=False),
        sa.Column("created_at", Instant(), server_default=now(), nullable=False),
        sa.PrimaryKeyConstraint("hash", name=op.f("pk_picture")),
    )


def downgrade() -> None:
    op.drop_table("picture")
