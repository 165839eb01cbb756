"""Who was erased, what may not be erased yet, and new addresses that wait for their confirmation."""

import sqlalchemy as sa
from alembic import op

from signup.ground.dialect import Instant, now

revision = "0042"
down_revision = "0038"
branch_labels = None
depends_on = None

ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    op.create_table(
        "erasure",
        sa.Column("address_hash", sa.String(length=32), nullable=False),
        sa.Column("at", Instant(), server_default=now(), nullable=False),
        sa.PrimaryKeyConstraint("address_hash", name=op.f("pk_erasure")),
    )
    op.create_table(
        "legal_hold",
        sa.Column("id", ID, nullable=False),
        sa.Column("contact_id", ID, nullable=False),
        sa.Column("reason", sa.String(length=300), nullable=False),
        sa.Column("until", Instant(), nullable=False),
        sa.Column("actor", sa.String(length=254), nullable=False, comment="the operator's address, or 'console'"),
        sa.Column("set_at", Instant(), server_default=now(), nullable=False),
        sa.Column("lifted_at", Instant(), nullable=True),
        sa.ForeignKeyConstraint(
            ["contact_id"], ["contact.id"], name=op.f("fk_legal_hold_contact_id_contact"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_legal_hold")),
    )
    op.create_index("ix_legal_hold_contact_id", "legal_hold", ["contact_id"])
    op.create_table(
        "address_change",
        sa.Column("id", ID, nullable=False),
        sa.Column("uid", sa.Uuid(), nullable=False),
        sa.Column("contact_id", ID, nullable=False),
        sa.Column(
            "address",
            sa.String(length=254),
            nullable=False,
            comment="as it would be mailed; nobody confirmed it",
        ),
        sa.Column("created_at", Instant(), server_default=now(), nullable=False),
        sa.ForeignKeyConstraint(
            ["contact_id"], ["contact.id"], name=op.f("fk_address_change_contact_id_contact"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_address_change")),
        sa.UniqueConstraint("uid", name=op.f("uq_address_change_uid")),
    )
    op.create_index("ix_address_change_contact_id", "address_change", ["contact_id"])


def downgrade() -> None:
    op.drop_table("address_change")
    op.drop_table("legal_hold")
    op.drop_table("erasure")
