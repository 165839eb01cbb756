"""The till: devices in shops, their staff, who is at them, and what came from them exactly once."""

import sqlalchemy as sa
from alembic import op

from signup.ground import dialect

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None

KEY = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    op.create_table(
        "staff",
        sa.Column("id", KEY, nullable=False),
        sa.Column("uid", sa.Uuid(), nullable=False),
        sa.Column("name", sa.String(length=60), nullable=False, comment="as the PIN pad shows it"),
        sa.Column("shop", sa.String(length=60), nullable=False, comment="empty: at every till"),
        sa.Column("pin_hash", sa.String(length=255), nullable=False),
        sa.Column("retired_at", dialect.Instant(), nullable=True),
        sa.Column("created_at", dialect.Instant(), server_default=dialect.now(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_staff")),
        sa.UniqueConstraint("uid", name=op.f("uq_staff_uid")),
    )
    op.create_table(
        "till",
        sa.Column("id", KEY, nullable=False),
        sa.Column("uid", sa.Uuid(), nullable=False),
        sa.Column("name", sa.String(length=50), nullable=False),
        sa.Column("shop", sa.String(length=60), nullable=False),
        sa.Column("form_id", KEY, nullable=False),
        sa.Column(
            "edition_ids",
            dialect.Json(),
            nullable=False,
            comment="public ids of forms that ask the same in another language",
        ),
        sa.Column("hints", dialect.Json(), nullable=False, comment="what staff read beside a field, by its key"),
        sa.Column("token_hash", sa.String(length=64), nullable=False),
        sa.Column("revoked_at", dialect.Instant(), nullable=True),
        sa.Column("seen_at", dialect.Instant(), nullable=True),
        sa.Column("created_at", dialect.Instant(), server_default=dialect.now(), nullable=False),
        sa.ForeignKeyConstraint(["form_id"], ["form.id"], name=op.f("fk_till_form_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_till")),
        sa.UniqueConstraint("name", name=op.f("uq_till_name")),
        sa.UniqueConstraint("token_hash", name=op.f("uq_till_token_hash")),
        sa.UniqueConstraint("uid", name=op.f("uq_till_uid")),
    )
    op.create_table(
        "till_session",
        sa.Column("uid", sa.Uuid(), nullable=False),
        sa.Column("till_id", KEY, nullable=False),
        sa.Column("staff_id", KEY, nullable=False),
        sa.Column("begun_at", dialect.Instant(), server_default=dialect.now(), nullable=False),
        sa.Column("seen_at", dialect.Instant(), server_default=dialect.now(), nullable=False),
        sa.ForeignKeyConstraint(["staff_id"], ["staff.id"], name=op.f("fk_till_session_staff_id")),
        sa.ForeignKeyConstraint(["till_id"], ["till.id"], name=op.f("fk_till_session_till_id")),
        sa.PrimaryKeyConstraint("uid", name=op.f("pk_till_session")),
    )
    op.create_index("ix_till_session_begun_at", "till_session", ["begun_at"], unique=False)
    op.create_table(
        "kiosk_entry",
        sa.Column("uid", sa.Uuid(), nullable=False, comment="made by the till: the same entry twice is one"),
        sa.Column("till_id", KEY, nullable=False),
        sa.Column("staff_id", KEY, nullable=False),
        sa.Column("form_id", KEY, nullable=False),
        sa.Column("outcome", sa.String(length=8), nullable=False),
        sa.Column("signup_id", KEY, nullable=True, comment="no foreign key: the count outlives the sign-up"),
        sa.Column("optional", KEY, nullable=False, comment="optional fields asked"),
        sa.Column("filled", KEY, nullable=False, comment="of them answered"),
        sa.Column("taken_at", dialect.Instant(), nullable=True, comment="by the till's clock: a claim"),
        sa.Column("received_at", dialect.Instant(), server_default=dialect.now(), nullable=False),
        sa.Column("bounced", sa.Boolean(), nullable=False, comment="noted when its sign-up is purged"),
        sa.CheckConstraint("outcome IN ('stored', 'held')", name=op.f("ck_kiosk_entry_outcome")),
        sa.ForeignKeyConstraint(["form_id"], ["form.id"], name=op.f("fk_kiosk_entry_form_id")),
        sa.ForeignKeyConstraint(["staff_id"], ["staff.id"], name=op.f("fk_kiosk_entry_staff_id")),
        sa.ForeignKeyConstraint(["till_id"], ["till.id"], name=op.f("fk_kiosk_entry_till_id")),
        sa.PrimaryKeyConstraint("uid", name=op.f("pk_kiosk_entry")),
    )
    op.create_index("ix_kiosk_entry_received_at", "kiosk_entry", ["received_at"], unique=False)
    op.create_index("ix_kiosk_entry_signup_id", "kiosk_entry", ["signup_id"], unique=False)


def downgrade() -> None:
    op.drop_index("ix_kiosk_entry_signup_id", table_name="kiosk_entry")
    op.drop_index("ix_kiosk_entry_received_at", table_name="kiosk_entry")
    op.drop_table("kiosk_entry")
    op.drop_index("ix_till_session_begun_at", table_name="till_session")
    op.drop_table("till_session")
    op.drop_table("till")
    op.drop_table("staff")
