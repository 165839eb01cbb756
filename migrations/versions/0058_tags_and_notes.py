"""Tags on contacts, and notes about them."""

import sqlalchemy as sa
from alembic import op

from signup.ground.dialect import Instant, now

revision = "0058"
down_revision = "0057"
branch_labels = None
depends_on = None

ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    op.create_table(
        "tag",
        sa.Column("id", ID, nullable=False),
        sa.Column("name", sa.String(length=40), nullable=False),
        sa.Column("name_key", sa.String(length=120), nullable=False, comment="name without regard to case"),
        sa.Column("created_at", Instant(), server_default=now(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_tag")),
        sa.UniqueConstraint("name_key", name=op.f("uq_tag_name_key")),
    )
    op.create_table(
        "contact_tag",
        sa.Column("id", ID, nullable=False),
        sa.Column("contact_id", ID, nullable=False),
        sa.Column("tag_id", ID, nullable=False),
        sa.Column("at", Instant(), server_default=now(), nullable=False),
        sa.ForeignKeyConstraint(
            ["contact_id"], ["contact.id"], name=op.f("fk_contact_tag_contact_id_contact"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(["tag_id"], ["tag.id"], name=op.f("fk_contact_tag_tag_id_tag"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_contact_tag")),
        sa.UniqueConstraint("contact_id", "tag_id", name=op.f("uq_contact_tag_contact_id_tag_id")),
    )
    op.create_index("ix_contact_tag_tag_id_contact_id", "contact_tag", ["tag_id", "contact_id"])
    op.create_table(
        "contact_note",
        sa.Column("id", ID, nullable=False),
        sa.Column("uid", sa.Uuid(), nullable=False),
        sa.Column("contact_id", ID, nullable=False),
        sa.Column("operator_id", ID, nullable=False),
        sa.Column(
            "author", sa.String(length=254), nullable=False, comment="the operator's name or address, as it was then"
        ),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("created_at", Instant(), server_default=now(), nullable=False),
        sa.Column("edited_at", Instant(), nullable=True),
        sa.ForeignKeyConstraint(
            ["contact_id"], ["contact.id"], name=op.f("fk_contact_note_contact_id_contact"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_contact_note")),
        sa.UniqueConstraint("uid", name=op.f("uq_contact_note_uid")),
    )
    op.create_index("ix_contact_note_contact_id_id", "contact_note", ["contact_id", "id"])


def downgrade() -> None:
    op.drop_table("contact_note")
    op.drop_table("contact_tag")
    op.drop_table("tag")
