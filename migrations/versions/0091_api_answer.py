"""Answers of the API that are given again."""

import sqlalchemy as sa
from alembic import op

from signup.ground.dialect import Instant, now

revision = "0091"
down_revision = "0090"
branch_labels = None
depends_on = None

ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    op.create_table(
        "api_answer",
        sa.Column("key_id", ID, nullable=False),
        sa.Column("name_hash", sa.LargeBinary(length=32), nullable=False, comment="of the header"),
        sa.Column("request_hash", sa.LargeBinary(length=32), nullable=False, comment="of method, path and body"),
        sa.Column("status", ID, nullable=True),
        sa.Column("body", sa.LargeBinary(), nullable=True, comment="encrypted"),
        sa.Column("at", Instant(), server_default=now(), nullable=False),
        sa.ForeignKeyConstraint(["key_id"], ["api_key.id"], name=op.f("fk_api_answer_key_id")),
        sa.PrimaryKeyConstraint("key_id", "name_hash", name=op.f("pk_api_answer")),
    )
    op.create_index("ix_api_answer_at", "api_answer", ["at"])


def downgrade() -> None:
    op.drop_table("api_answer")
