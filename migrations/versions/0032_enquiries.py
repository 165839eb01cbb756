"""Messages and registrations that visitors send by a form, and who gets them."""

import sqlalchemy as sa
from alembic import op

from signup.ground.dialect import Instant, Json, now

revision = "0032"
down_revision = "0030"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column(
        "form",
        sa.Column(
            "messages_to",
            sa.String(length=254),
            server_default="",
            nullable=False,
            comment="who gets what visitors write; empty: the list's sender",
        ),
    )
    op.create_table(
        "enquiry",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("uid", sa.Uuid(), nullable=False),
        sa.Column("form_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("form_version_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("list_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("signup_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("address", sa.String(length=254), nullable=False, comment="as typed; nobody confirmed it"),
        sa.Column("language", sa.String(length=5), nullable=False),
        sa.Column("answers", Json(), nullable=False),
        sa.Column("source", Json(), nullable=False, comment="page, referrer, utm, placement"),
        sa.Column(
            "held_by",
            sa.String(length=24),
            server_default="",
            nullable=False,
            comment="the rule that kept its mail back; empty: mailed",
        ),
        sa.Column("created_at", Instant(), server_default=now(), nullable=False),
        sa.Column("read_at", Instant(), nullable=True),
        sa.ForeignKeyConstraint(["form_id"], ["form.id"], name=op.f("fk_enquiry_form_id_form")),
        sa.ForeignKeyConstraint(
            ["form_version_id"], ["form_version.id"], name=op.f("fk_enquiry_form_version_id_form_version")
        ),
        sa.ForeignKeyConstraint(["list_id"], ["mailing_list.id"], name=op.f("fk_enquiry_list_id_mailing_list")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_enquiry")),
        sa.UniqueConstraint("uid", name=op.f("uq_enquiry_uid")),
    )
    op.create_index("ix_enquiry_form_id_created_at", "enquiry", ["form_id", "created_at"])
    op.create_index("ix_enquiry_signup_id", "enquiry", ["signup_id"])


def downgrade() -> None:
    op.drop_table("enquiry")
    op.drop_column("form", "messages_to")
