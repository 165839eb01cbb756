"""Campaigns, their links, and which campaign a message belongs to."""

import sqlalchemy as sa
from alembic import op

from signup.ground.dialect import Instant, Json, now

revision = "0063"
down_revision = "0058"
branch_labels = None
depends_on = None

ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
STATES = ("draft", "scheduled", "building", "sending", "paused", "sent", "cancelled")


def upgrade() -> None:
    op.create_table(
        "campaign",
        sa.Column("id", ID, nullable=False),
        sa.Column("uid", sa.Uuid(), nullable=False),
        sa.Column("list_id", ID, nullable=False),
        sa.Column("segment_id", ID, nullable=True, comment="empty: the whole list"),
        sa.Column("rule", Json(), nullable=True, comment="the segment's rule as it was when the campaign began"),
        sa.Column("name", sa.String(length=120), nullable=False),
        sa.Column(
            "hypothesis", sa.String(length=500), nullable=False, comment="what is expected, and what would show it"
        ),
        sa.Column("subject", sa.String(length=200), nullable=False),
        sa.Column("preheader", sa.String(length=200), nullable=False),
        sa.Column("body", sa.Text(), nullable=False, comment="Markdown"),
        sa.Column("layout", sa.String(length=20), nullable=False, comment="letter or news"),
        sa.Column("state", sa.String(length=10), nullable=False),
        sa.Column("starts_at", Instant(), nullable=True),
        sa.Column(
            "per_hour", ID, nullable=True, comment="mails an hour at most; empty: as fast as the relay takes them"
        ),
        sa.Column("template_hash", sa.String(length=64), nullable=True),
        sa.Column("total", ID, nullable=False, comment="messages written to the outbox"),
        sa.Column("at_id", ID, nullable=False, comment="the last subscription built: where a next worker goes on"),
        sa.Column("last_id", ID, nullable=False, comment="the newest subscription when it began: later ones wait"),
        sa.Column("attempt", ID, nullable=False, comment="fences late writes of an earlier builder"),
        sa.Column("owner", sa.String(length=40), nullable=True),
        sa.Column("lease_until", Instant(), nullable=True),
        sa.Column(
            "paused_because", sa.String(length=200), nullable=False, comment="of the stop rule; empty: by a person"
        ),
        sa.Column("operator_id", ID, nullable=True),
        sa.Column("created_at", Instant(), server_default=now(), nullable=False),
        sa.Column("edited_at", Instant(), server_default=now(), nullable=False),
        sa.Column("started_at", Instant(), nullable=True),
        sa.Column("finished_at", Instant(), nullable=True),
        sa.CheckConstraint(f"state IN ({', '.join(repr(state) for state in STATES)})", name="state"),
        sa.ForeignKeyConstraint(["list_id"], ["mailing_list.id"], name=op.f("fk_campaign_list_id_mailing_list")),
        sa.ForeignKeyConstraint(["segment_id"], ["segment.id"], name=op.f("fk_campaign_segment_id_segment")),
        sa.ForeignKeyConstraint(["template_hash"], ["snapshot.hash"], name=op.f("fk_campaign_template_hash_snapshot")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_campaign")),
        sa.UniqueConstraint("uid", name=op.f("uq_campaign_uid")),
    )
    op.create_index("ix_campaign_state", "campaign", ["state"])
    op.create_index("ix_campaign_list_id_id", "campaign", ["list_id", "id"])
    op.create_table(
        "campaign_link",
        sa.Column("id", ID, nullable=False),
        sa.Column("campaign_id", ID, nullable=False),
        sa.Column("number", ID, nullable=False, comment="its place in the letter, from 1"),
        sa.Column("url", sa.String(length=2000), nullable=False),
        sa.Column("label", sa.String(length=200), nullable=False, comment="its words in the letter"),
        sa.ForeignKeyConstraint(
            ["campaign_id"], ["campaign.id"], name=op.f("fk_campaign_link_campaign_id_campaign"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_campaign_link")),
    )
    op.create_index("ix_campaign_link_campaign_id_number", "campaign_link", ["campaign_id", "number"], unique=True)
    op.add_column("message", sa.Column("campaign_id", ID, nullable=True))
    op.create_index(
        "ix_message_campaign_id_state",
        "message",
        ["campaign_id", "state"],
        postgresql_where=sa.text("campaign_id IS NOT NULL"),
        sqlite_where=sa.text("campaign_id IS NOT NULL"),
    )


def downgrade() -> None:
    op.drop_index("ix_message_campaign_id_state", table_name="message")
    op.drop_column("message", "campaign_id")
    op.drop_table("campaign_link")
    op.drop_table("campaign")
