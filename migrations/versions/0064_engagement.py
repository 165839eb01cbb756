"""Reactions to letters."""

import sqlalchemy as sa
from alembic import op

from signup.ground.dialect import Instant

revision = "0064"
down_revision = "0066"
branch_labels = None
depends_on = None

ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")

COUNTS = {
    "asked_about_opens": "of these, to people who agreed that openings are recorded",
    "asked_about_clicks": "as well, of clicks",
}


def upgrade() -> None:
    op.create_table(
        "engagement_event",
        sa.Column("id", ID, nullable=False),
        sa.Column("key", sa.String(length=64), nullable=False),
        sa.Column("campaign_id", ID, nullable=False),
        sa.Column("list_id", ID, nullable=True),
        sa.Column("kind", sa.String(length=8), nullable=False),
        sa.Column("link_number", ID, nullable=False, comment="of a click"),
        sa.Column("verdict", sa.String(length=8), nullable=False),
        sa.Column("message_id", ID, nullable=True, comment="empty: its person had not agreed"),
        sa.Column("contact_id", ID, nullable=True),
        sa.Column("agent", sa.String(length=200), nullable=False, comment="of who had agreed"),
        sa.Column("at", Instant(), nullable=False),
        sa.CheckConstraint("kind IN ('open', 'click')", name="kind"),
        sa.CheckConstraint("verdict IN ('person', 'proxy', 'machine')", name="verdict"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_engagement_event")),
        sa.UniqueConstraint("key", name=op.f("uq_engagement_event_key")),
    )
    op.create_index("ix_engagement_event_contact_id_at", "engagement_event", ["contact_id", "at"])
    op.create_index(
        "ix_engagement_event_campaign_id_kind",
        "engagement_event",
        ["campaign_id", "kind", "verdict", "link_number", "message_id"],
    )
    op.create_index("ix_engagement_event_message_id_at", "engagement_event", ["message_id", "at"])
    op.create_index("ix_engagement_event_at", "engagement_event", ["at"])
    for name, comment in COUNTS.items():
        op.add_column("campaign", sa.Column(name, ID, server_default="0", nullable=False, comment=comment))


def downgrade() -> None:
    for name in COUNTS:
        op.drop_column("campaign", name)
    op.drop_table("engagement_event")
