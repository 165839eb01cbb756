"""Segments and their versions, and the hash that finds a contact on the stop list."""

import sqlalchemy as sa
from alembic import op

from signup.ground import dialect

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None

KEY = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    op.add_column(
        "contact",
        sa.Column(
            "address_hash",
            sa.String(length=32),
            nullable=True,
            comment="keyed hash of the key: whether the stop list holds it",
        ),
    )
    op.create_table(
        "segment",
        sa.Column("id", KEY, nullable=False),
        sa.Column("uid", sa.Uuid(), nullable=False),
        sa.Column("slug", sa.String(length=60), nullable=False, comment="its name on the console and in addresses"),
        sa.Column("name", sa.String(length=120), nullable=False),
        sa.Column("description", sa.String(length=500), nullable=False, comment="what it is for, and why these people"),
        sa.Column(
            "version_id", KEY, nullable=True, comment="the current version; no foreign key, it would be a circle"
        ),
        sa.Column("acted_at", dialect.Instant(), nullable=True, comment="when it was last exported or mailed"),
        sa.Column("archived_at", dialect.Instant(), nullable=True),
        sa.Column("created_at", dialect.Instant(), server_default=dialect.now(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_segment")),
        sa.UniqueConstraint("name", name=op.f("uq_segment_name")),
        sa.UniqueConstraint("slug", name=op.f("uq_segment_slug")),
        sa.UniqueConstraint("uid", name=op.f("uq_segment_uid")),
    )
    op.create_table(
        "segment_version",
        sa.Column("id", KEY, nullable=False),
        sa.Column("segment_id", KEY, nullable=False),
        sa.Column("number", KEY, nullable=False),
        sa.Column("content", dialect.Json(), nullable=False),
        sa.Column("hash", sa.String(length=64), nullable=False),
        sa.Column("operator_id", KEY, nullable=True),
        sa.Column("created_at", dialect.Instant(), server_default=dialect.now(), nullable=False),
        sa.ForeignKeyConstraint(["segment_id"], ["segment.id"], name=op.f("fk_segment_version_segment_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_segment_version")),
        sa.UniqueConstraint("segment_id", "number", name=op.f("uq_segment_version_segment_id_number")),
    )
    if op.get_bind().dialect.name == "postgresql":
        op.execute(
            "CREATE TRIGGER segment_version_guard BEFORE UPDATE OR DELETE ON segment_version"
            " FOR EACH ROW EXECUTE FUNCTION refuse_change()"
        )
    else:
        refuse = "BEGIN SELECT RAISE(ABORT, 'append-only'); END"
        op.execute(f"CREATE TRIGGER segment_version_guard BEFORE UPDATE ON segment_version {refuse}")
        op.execute(f"CREATE TRIGGER segment_version_stays BEFORE DELETE ON segment_version {refuse}")


def downgrade() -> None:
    op.drop_table("segment_version")
    op.drop_table("segment")
    op.drop_column("contact", "address_hash")
