"""How far data are shortened and emptied when their time is over."""

import sqlalchemy as sa
from alembic import op

from signup.ground.dialect import Instant

revision = "0044"
down_revision = "0040"
branch_labels = None
depends_on = None

KEY = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    op.create_table(
        "retention_cursor",
        sa.Column("name", sa.String(length=20), nullable=False, comment="of the table"),
        sa.Column("last", sa.String(length=40), nullable=False, comment="its id"),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_retention_cursor")),
    )
    line = sa.Column("emptied_line", KEY, nullable=True, comment="how far its rows are emptied; it cannot be undone")
    op.add_column("import_run", line)
    op.add_column("import_run", sa.Column("emptied_at", Instant(), nullable=True, comment="when all were"))


def downgrade() -> None:
    op.drop_column("import_run", "emptied_at")
    op.drop_column("import_run", "emptied_line")
    op.drop_table("retention_cursor")
