"""The last check of each sender's domain, and which steps of the set-up with mailbox providers are done."""

import sqlalchemy as sa
from alembic import op

from signup.ground.dialect import Instant, Json

revision = "0082"
down_revision = "0081"
branch_labels = None
depends_on = None

ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    op.create_table(
        "domain_check",
        sa.Column("domain", sa.String(length=253), nullable=False),
        sa.Column("findings", Json(), nullable=False),
        sa.Column("checked_at", Instant(), nullable=True),
        sa.Column("asked_at", Instant(), nullable=True, comment="somebody waits for a check since"),
        sa.PrimaryKeyConstraint("domain", name=op.f("pk_domain_check")),
    )
    op.create_table(
        "sending_step",
        sa.Column("key", sa.String(length=24), nullable=False),
        sa.Column("done_at", Instant(), nullable=False),
        sa.Column("operator_id", ID, nullable=False),
        sa.PrimaryKeyConstraint("key", name=op.f("pk_sending_step")),
    )


def downgrade() -> None:
    op.drop_table("sending_step")
    op.drop_table("domain_check")
