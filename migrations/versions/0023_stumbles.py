"""How often in a row an import or a bulk edit was taken up and came no further."""

import sqlalchemy as sa
from alembic import op

revision = "0023"
down_revision = "0022"
branch_labels = None
depends_on = None

TABLES = ("import_run", "bulk_edit")


def upgrade() -> None:
    for table in TABLES:
        comment = "claims in a row that came no further"
        # BIGINT as every number here; SQLite has one kind of whole number.
        kind = sa.BigInteger().with_variant(sa.Integer, "sqlite")
        op.add_column(table, sa.Column("stumbles", kind, server_default="0", nullable=False, comment=comment))


def downgrade() -> None:
    for table in TABLES:
        op.drop_column(table, "stumbles")
