"""Why somebody left a list."""

import sqlalchemy as sa
from alembic import op

revision = "0060"
down_revision = "0050"
branch_labels = None
depends_on = None


def upgrade() -> None:
    comment = "said on the page after unsubscribing"
    op.add_column("subscription", sa.Column("left_because", sa.String(length=12), nullable=True, comment=comment))


def downgrade() -> None:
    op.drop_column("subscription", "left_because")
