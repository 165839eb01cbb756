"""Automations: letters that go to one person when their day has come."""

import sqlalchemy as sa
from alembic import op

from signup.ground.dialect import Instant, now

revision = "0070"
down_revision = "0067"
branch_labels = None
depends_on = None

ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
KINDS = ("follow-up", "birthday", "anniversary", "renewal")


def upgrade() -> None:
    op.create_table(
        "automation",
        sa.Column("id", ID, nullable=False),
        sa.Column("uid", sa.Uuid(), nullable=False),
        sa.Column("list_id", ID, nullable=False),
        sa.Column("kind", sa.String(length=12), nullable=False),
        sa.Column("turned_on_at", Instant(), nullable=True, comment="empty: off; nobody whose day was before gets it"),
        sa.Column("delay_days", ID, nullable=False),
        sa.Column("field", sa.String(length=60), nullable=False, comment="of a birthday: the key of a date field"),
        sa.Column("subject", sa.String(length=200), nullable=False),
        sa.Column("preheader", sa.String(length=200), nullable=False),
        sa.Column("body", sa.Text(), nullable=False, comment="Markdown"),
        sa.Column("layout", sa.String(length=20), nullable=False),
        sa.Column("edited_at", Instant(), server_default=now(), nullable=False),
        sa.CheckConstraint(f"kind IN ({', '.join(repr(kind) for kind in KINDS)})", name="kind"),
        sa.ForeignKeyConstraint(["list_id"], ["mailing_list.id"], name=op.f("fk_automation_list_id_mailing_list")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_automation")),
        sa.UniqueConstraint("uid", name=op.f("uq_automation_uid")),
        sa.UniqueConstraint("list_id", "kind", name=op.f("uq_automation_list_id_kind")),
    )


def downgrade() -> None:
    op.drop_table("automation")
