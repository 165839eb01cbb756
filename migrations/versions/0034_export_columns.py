"""Sets of columns that an export may have, saved under a name; and the language that a file's headings are in."""

import sqlalchemy as sa
from alembic import op

from signup.ground.dialect import Instant, Json, now

revision = "0034"
down_revision = "0032"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "export_columns",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer, "sqlite"), nullable=False),
        sa.Column("list_id", sa.BigInteger().with_variant(sa.Integer, "sqlite"), nullable=False),
        sa.Column("name", sa.String(length=60), nullable=False),
        sa.Column("columns", Json(), nullable=False),
        sa.Column("created_at", Instant(), server_default=now(), nullable=False),
        sa.ForeignKeyConstraint(["list_id"], ["mailing_list.id"], name=op.f("fk_export_columns_list_id_mailing_list")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_export_columns")),
        sa.UniqueConstraint("list_id", "name", name=op.f("uq_export_columns_list_id_name")),
    )
    op.add_column("export_run", sa.Column("language", sa.String(length=5), server_default="en", nullable=False))


def downgrade() -> None:
    op.drop_column("export_run", "language")
    op.drop_table("export_columns")
