"""Groups of fields that a role does not see."""

import sqlalchemy as sa
from alembic import op

revision = "0021"
down_revision = "0020"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "hidden_group",
        sa.Column("role", sa.String(length=16), nullable=False),
        sa.Column("field_group", sa.String(length=12), nullable=False),
        sa.CheckConstraint("role IN ('editor', 'viewer')", name=op.f("ck_hidden_group_role")),
        sa.PrimaryKeyConstraint("role", "field_group", name=op.f("pk_hidden_group")),
    )


def downgrade() -> None:
    op.drop_table("hidden_group")
