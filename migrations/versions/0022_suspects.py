"""Which message may have ended its sender, and since when a message is claimed."""

import sqlalchemy as sa
from alembic import op

from signup.ground.dialect import Instant

revision = "0022"
down_revision = "0021"
branch_labels = None
depends_on = None

CRASHES = "senders in a row that died while this alone was at work"
WAS = "claims in a row without an outcome"


def upgrade() -> None:
    # Added in place: neither engine copies the table, and senders of the release before go on meanwhile.
    alone = "goes alone: a sender died"
    op.add_column(
        "message", sa.Column("suspect", sa.Boolean(), server_default=sa.false(), nullable=False, comment=alone)
    )
    op.add_column("message", sa.Column("claimed_at", Instant(), nullable=True, comment="no lease is renewed for ever"))
    where = {"postgresql_where": sa.text("suspect"), "sqlite_where": sa.text("suspect = 1")}
    op.create_index("ix_message_suspect", "message", ["priority", "id"], **where)
    _say_of_crashes(CRASHES)
    # What the release before counted were claims; nothing says that the message was at fault.
    op.execute("UPDATE message SET crashes = 0 WHERE crashes > 0 AND state IN ('ready', 'retry')")


def downgrade() -> None:
    _say_of_crashes(WAS)
    op.drop_index("ix_message_suspect", "message")
    op.drop_column("message", "claimed_at")
    op.drop_column("message", "suspect")


def _say_of_crashes(comment: str) -> None:
    if op.get_bind().dialect.name == "postgresql":
        op.execute(f"COMMENT ON COLUMN message.crashes IS '{comment}'")
