"""What receivers report of the mails in our name."""

import sqlalchemy as sa
from alembic import op

from signup.ground.dialect import Instant, now

revision = "0081"
down_revision = "0072"
branch_labels = None
depends_on = None

ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    op.create_table(
        "dmarc_report",
        sa.Column("id", ID, nullable=False),
        sa.Column("key", sa.String(length=64), nullable=False, comment="of organisation, domain and the report's id"),
        sa.Column("organisation", sa.String(length=80), nullable=False, comment="as it calls itself"),
        sa.Column("domain", sa.String(length=253), nullable=False),
        sa.Column("received_at", Instant(), server_default=now(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_dmarc_report")),
        sa.UniqueConstraint("key", name=op.f("uq_dmarc_report_key")),
    )
    op.create_index("ix_dmarc_report_received_at", "dmarc_report", ["received_at"])
    op.create_table(
        "dmarc_count",
        sa.Column("id", ID, nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("domain", sa.String(length=253), nullable=False),
        sa.Column("organisation", sa.String(length=80), nullable=False),
        sa.Column("source", sa.String(length=45), nullable=False, comment="IP address of the server that sent"),
        sa.Column("dkim", sa.Boolean(), nullable=False, comment="signed by an aligned domain"),
        sa.Column("spf", sa.Boolean(), nullable=False, comment="sent with an aligned return path"),
        sa.Column("outcome", sa.String(length=10), nullable=False, comment="none, quarantine or reject"),
        sa.Column("n", ID, nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_dmarc_count")),
    )
    op.create_index("ix_dmarc_count_day", "dmarc_count", ["day"])
    of = ["domain", "day", "organisation", "source", "dkim", "spf", "outcome"]
    op.create_index("uq_dmarc_count_of", "dmarc_count", of, unique=True)


def downgrade() -> None:
    op.drop_table("dmarc_count")
    op.drop_table("dmarc_report")
