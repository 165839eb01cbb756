"""Quality, category and grade of each contact, and the round that works them out."""

import sqlalchemy as sa
from alembic import op

from signup.ground import dialect

revision = "0016"
down_revision = "0015"
branch_labels = None
depends_on = None

KEY = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    op.create_table(
        "quality",
        sa.Column("contact_id", KEY, autoincrement=False, nullable=False),
        sa.Column("score", KEY, nullable=False),
        sa.Column("reach", KEY, nullable=False),
        sa.Column("complete", KEY, nullable=False),
        sa.Column("fresh", KEY, nullable=False),
        sa.Column("consistent", KEY, nullable=False),
        sa.Column("proven", KEY, nullable=False),
        sa.Column("category", sa.String(length=16), nullable=False),
        sa.Column("grade", sa.String(length=8), server_default="", nullable=False),
        sa.Column("is_graded_by_hand", sa.Boolean(), server_default=sa.false(), nullable=False),
        sa.Column("at", dialect.Instant(), server_default=dialect.now(), nullable=False),
        sa.ForeignKeyConstraint(["contact_id"], ["contact.id"], name=op.f("fk_quality_contact_id"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("contact_id", name=op.f("pk_quality")),
    )
    op.create_index("ix_quality_category", "quality", ["category", "contact_id"])
    op.create_index("ix_quality_grade", "quality", ["grade", "contact_id"])
    op.create_index("ix_quality_score", "quality", ["score", "contact_id"])
    op.create_table(
        "grade_rule",
        sa.Column("grade", sa.String(length=8), nullable=False),
        sa.Column("place", KEY, nullable=False, comment="the first that fits wins"),
        sa.Column("segment_id", KEY, nullable=True),
        sa.ForeignKeyConstraint(["segment_id"], ["segment.id"], name=op.f("fk_grade_rule_segment_id")),
        sa.PrimaryKeyConstraint("grade", name=op.f("pk_grade_rule")),
    )
    op.create_table(
        "grade_change",
        sa.Column("id", KEY, nullable=False),
        sa.Column("contact_id", KEY, nullable=False),
        sa.Column("grade", sa.String(length=8), nullable=False, comment="empty: none any more"),
        sa.Column("by", sa.String(length=4), nullable=False, comment="rule or hand"),
        sa.Column("operator_id", KEY, nullable=True),
        sa.Column("reason", sa.String(length=200), server_default="", nullable=False),
        sa.Column("at", dialect.Instant(), server_default=dialect.now(), nullable=False),
        sa.ForeignKeyConstraint(
            ["contact_id"], ["contact.id"], name=op.f("fk_grade_change_contact_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_grade_change")),
    )
    op.create_index("ix_grade_change_contact_id", "grade_change", ["contact_id", "id"])
    op.create_table(
        "round",
        sa.Column("id", KEY, autoincrement=False, nullable=False),
        sa.Column("cursor", KEY, nullable=False, comment="the last contact done"),
        sa.Column("took_ms", KEY, nullable=False, comment="of the round at hand, or the last one"),
        sa.Column("ended_at", dialect.Instant(), nullable=True, comment="empty: a round is under way"),
        sa.Column("report", dialect.Json(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_round")),
    )


def downgrade() -> None:
    op.drop_table("round")
    op.drop_table("grade_change")
    op.drop_table("grade_rule")
    op.drop_table("quality")
