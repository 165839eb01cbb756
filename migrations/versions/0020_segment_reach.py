"""Whom a segment reached, as last counted."""

import sqlalchemy as sa
from alembic import op

from signup.ground import dialect

revision = "0020"
down_revision = "0019"
branch_labels = None
depends_on = None


def upgrade() -> None:
    reach = sa.Column("reach", dialect.Json(), nullable=True, comment="whom its version reached when last counted")
    op.add_column("segment", reach)
    op.add_column("segment", sa.Column("counted_at", dialect.Instant(), nullable=True))


def downgrade() -> None:
    with op.batch_alter_table("segment") as batch:
        batch.drop_column("counted_at")
        batch.drop_column("reach")
