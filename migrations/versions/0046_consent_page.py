"""Checks of the ledger and what they found; who agreed that opens and clicks are recorded."""

import sqlalchemy as sa
from alembic import op

from signup.ground.dialect import Instant, Json, now

revision = "0046"
down_revision = "0044"
branch_labels = None
depends_on = None

KEY = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    op.create_table(
        "ledger_check",
        sa.Column("id", KEY, nullable=False),
        sa.Column("operator_id", KEY, nullable=True, comment="who asked for it; empty: the daily one"),
        sa.Column(
            "is_open",
            sa.Boolean(),
            nullable=True,
            comment="true until it ends, then empty: so there is one at a time",
        ),
        sa.Column("state", sa.String(length=10), nullable=False, comment="waiting, running, done, failed"),
        sa.Column("size", KEY, nullable=False, comment="entries of the ledger"),
        sa.Column("checked", KEY, nullable=False, comment="entries checked so far"),
        sa.Column("problems", KEY, nullable=False),
        sa.Column("found", Json(), nullable=False, comment="the first problems, in words"),
        sa.Column("attempt", KEY, nullable=False),
        sa.Column("owner", sa.String(length=40), nullable=True),
        sa.Column("lease_until", Instant(), nullable=True),
        sa.Column("created_at", Instant(), server_default=now(), nullable=False),
        sa.Column("finished_at", Instant(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_ledger_check")),
        sa.UniqueConstraint("is_open", name=op.f("uq_ledger_check_is_open")),
    )
    op.create_table(
        "tracking_consent",
        sa.Column("id", KEY, nullable=False),
        sa.Column("purpose", sa.String(length=40), nullable=False),
        sa.Column("contact_id", KEY, nullable=False),
        sa.Column("list_id", KEY, nullable=False),
        sa.Column("signup_id", KEY, nullable=True, comment="which ticked it; empty: said on the preference page"),
        sa.Column("locale", sa.String(length=5), nullable=False),
        sa.Column("wording_hash", sa.String(length=64), nullable=False),
        sa.Column("state", sa.String(length=10), nullable=False),
        sa.Column("requested_at", Instant(), server_default=now(), nullable=False),
        sa.Column("granted_at", Instant(), nullable=True),
        sa.Column("withdrawn_at", Instant(), nullable=True),
        sa.CheckConstraint("state IN ('requested', 'granted', 'withdrawn')", name=op.f("ck_tracking_consent_state")),
        sa.ForeignKeyConstraint(["contact_id"], ["contact.id"], name=op.f("fk_tracking_consent_contact_id")),
        sa.ForeignKeyConstraint(["list_id"], ["mailing_list.id"], name=op.f("fk_tracking_consent_list_id")),
        sa.ForeignKeyConstraint(["signup_id"], ["signup.id"], name=op.f("fk_tracking_consent_signup_id")),
        sa.ForeignKeyConstraint(["wording_hash"], ["snapshot.hash"], name=op.f("fk_tracking_consent_wording_hash")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_tracking_consent")),
        sa.UniqueConstraint("signup_id", "purpose", name=op.f("uq_tracking_consent_signup_id_purpose")),
    )
    op.create_index(
        "ix_tracking_consent_contact_id_list_id_purpose",
        "tracking_consent",
        ["contact_id", "list_id", "purpose"],
        unique=False,
    )


def downgrade() -> None:
    op.drop_index("ix_tracking_consent_contact_id_list_id_purpose", table_name="tracking_consent")
    op.drop_table("tracking_consent")
    op.drop_table("ledger_check")
