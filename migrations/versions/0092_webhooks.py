"""Webhooks, and every attempt to tell them."""

import sqlalchemy as sa
from alembic import op

from signup.ground.dialect import Instant, Json, now

revision = "0092"
down_revision = "0091"
branch_labels = None
depends_on = None

ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
OPEN = sa.text("state IN ('waiting', 'sending')")


def upgrade() -> None:
    op.create_table(
        "webhook",
        sa.Column("id", ID, nullable=False),
        sa.Column("uid", sa.Uuid(), nullable=False),
        sa.Column("url", sa.String(length=500), nullable=False),
        sa.Column("events", Json(), nullable=False, comment="names; empty: every event"),
        sa.Column("list_ids", Json(), nullable=False, comment="of these lists only; empty: of all"),
        sa.Column("form", sa.String(length=16), nullable=False, comment="of this form only, by its public id"),
        sa.Column("is_full", sa.Boolean(), nullable=False, comment="with the contact as it is, and not its id alone"),
        sa.Column("secret", sa.String(length=200), nullable=False, comment="encrypted"),
        sa.Column(
            "old_secret", sa.String(length=200), nullable=True, comment="encrypted; signs too until its time is over"
        ),
        sa.Column("old_until", Instant(), nullable=True),
        sa.Column(
            "position", ID, nullable=False, comment="the place in the ledger up to which its deliveries are written"
        ),
        sa.Column("paused", sa.String(length=10), nullable=True, comment="why it is not sent anything"),
        sa.Column("failing_since", Instant(), nullable=True, comment="of its first failure after the last success"),
        sa.Column("failures", ID, nullable=False, comment="in a row"),
        sa.Column("not_before", Instant(), nullable=True, comment="it is left in peace until then"),
        sa.Column("operator_id", ID, nullable=True, comment="who made it, and is told when it is paused"),
        sa.Column("key_id", ID, nullable=True, comment="the API key that made it"),
        sa.Column("created_at", Instant(), server_default=now(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_webhook")),
        sa.UniqueConstraint("uid", name=op.f("uq_webhook_uid")),
    )
    op.create_table(
        "webhook_delivery",
        sa.Column("id", ID, nullable=False),
        sa.Column("uid", sa.Uuid(), nullable=False, comment="the header webhook-id"),
        sa.Column("webhook_id", ID, nullable=False),
        sa.Column("event_id", sa.Uuid(), nullable=False),
        sa.Column("replay", ID, nullable=False, comment="0: told for the first time"),
        sa.Column("name", sa.String(length=40), nullable=False),
        sa.Column("subject", sa.String(length=32), nullable=False, comment="whose events stay in order"),
        sa.Column("contact_id", ID, nullable=True, comment="no foreign key: the log outlives the contact"),
        sa.Column("body", Json(), nullable=False, comment="the event, with ids alone"),
        sa.Column("state", sa.String(length=10), nullable=False),
        sa.Column("attempt", ID, nullable=False, comment="claims, those of dead workers too: fences every update"),
        sa.Column("failures", ID, nullable=False, comment="answers that were no success: when to try again"),
        sa.Column("not_before", Instant(), nullable=True),
        sa.Column("owner", sa.String(length=40), nullable=True),
        sa.Column("lease_until", Instant(), nullable=True),
        sa.Column("status", ID, nullable=True, comment="of the last answer"),
        sa.Column("answer", sa.String(length=500), nullable=False, comment="its beginning, or why there was none"),
        sa.Column("milliseconds", ID, nullable=True, comment="that the last attempt took"),
        sa.Column("created_at", Instant(), server_default=now(), nullable=False),
        sa.Column("tried_at", Instant(), nullable=True),
        sa.Column("delivered_at", Instant(), nullable=True),
        sa.CheckConstraint(
            "state IN ('waiting', 'sending', 'delivered', 'failed')", name=op.f("ck_webhook_delivery_state")
        ),
        sa.ForeignKeyConstraint(
            ["webhook_id"], ["webhook.id"], name=op.f("fk_webhook_delivery_webhook_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_webhook_delivery")),
        sa.UniqueConstraint("uid", name=op.f("uq_webhook_delivery_uid")),
        sa.UniqueConstraint(
            "webhook_id", "event_id", "replay", name=op.f("uq_webhook_delivery_webhook_id_event_id_replay")
        ),
    )
    op.create_index("ix_webhook_delivery_webhook_id_id", "webhook_delivery", ["webhook_id", "id"])
    op.create_index(
        "ix_webhook_delivery_open",
        "webhook_delivery",
        ["webhook_id", "subject", "id"],
        postgresql_where=OPEN,
        sqlite_where=OPEN,
    )
    op.create_index("ix_webhook_delivery_created_at", "webhook_delivery", ["created_at"])


def downgrade() -> None:
    op.drop_table("webhook_delivery")
    op.drop_table("webhook")
