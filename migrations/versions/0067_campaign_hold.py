"""Messages that are written and wait for their campaign, and when a slow campaign last let some go."""

import sqlalchemy as sa
from alembic import op

from signup.ground.dialect import Instant

revision = "0067"
down_revision = "0063"
branch_labels = None
depends_on = None

BEFORE = ("ready", "claimed", "handed", "sent", "retry", "failed", "unclear", "cancelled")


def upgrade() -> None:
    _allow(*BEFORE, "held")
    comment = "of a slow one: when it last let some go"
    op.add_column("campaign", sa.Column("released_at", Instant(), nullable=True, comment=comment))


def downgrade() -> None:
    op.drop_column("campaign", "released_at")
    op.execute("UPDATE message SET state = 'cancelled' WHERE state = 'held'")
    _allow(*BEFORE)


def _allow(*states: str) -> None:
    """The states that a message may have. SQLite copies the table for it, and leaves out checks as it does."""
    condition = f"state IN ({', '.join(repr(state) for state in states)})"
    with op.batch_alter_table("message") as batch:
        if op.get_bind().dialect.name == "postgresql":
            batch.drop_constraint("state", type_="check")
        batch.create_check_constraint("state", condition)
