"""What came back: bounces and complaints."""

import sqlalchemy as sa
from alembic import op

from signup.ground.dialect import Instant, now

revision = "0065"
down_revision = "0064"
branch_labels = None
depends_on = None

ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    op.create_table(
        "returned_mail",
        sa.Column("id", ID, nullable=False),
        sa.Column(
            "key", sa.String(length=64), nullable=False, comment="of the notice: reading it again changes nothing"
        ),
        sa.Column("message_id", ID, nullable=False, comment="no foreign key: the notice may outlive the message"),
        sa.Column("contact_id", ID, nullable=True),
        sa.Column("list_id", ID, nullable=True),
        sa.Column("campaign_id", ID, nullable=True),
        sa.Column("bounce_class", sa.String(length=10), nullable=False),
        sa.Column("reason", sa.String(length=24), nullable=False),
        sa.Column("status", sa.String(length=11), nullable=False),
        sa.Column("source", sa.String(length=12), nullable=False, comment="smtp, mail, or the provider that told"),
        sa.Column("has_ended", sa.Boolean(), nullable=False, comment="the address is mailed no longer because of it"),
        sa.Column("received_at", Instant(), server_default=now(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_returned_mail")),
        sa.UniqueConstraint("key", name=op.f("uq_returned_mail_key")),
    )
    op.create_index("ix_returned_mail_contact_id_id", "returned_mail", ["contact_id", "id"])
    op.create_index("ix_returned_mail_message_id", "returned_mail", ["message_id"])
    op.create_index("ix_returned_mail_received_at", "returned_mail", ["received_at"])
    op.create_index("ix_returned_mail_campaign_id", "returned_mail", ["campaign_id"])


def downgrade() -> None:
    op.drop_table("returned_mail")
