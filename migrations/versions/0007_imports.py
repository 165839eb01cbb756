"""Imports: runs, their rows word for word, and the right to import."""

import sqlalchemy as sa
from alembic import op

from signup.ground import dialect

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None

KEY = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    op.create_table(
        "import_run",
        sa.Column("id", KEY, nullable=False),
        sa.Column("uid", sa.Uuid(), nullable=False),
        sa.Column("list_id", KEY, nullable=False),
        sa.Column("actor", sa.String(length=254), nullable=False, comment="the operator's address, or 'console'"),
        sa.Column("operator_id", KEY, nullable=True),
        sa.Column("file_name", sa.String(length=200), nullable=False),
        sa.Column("size", KEY, nullable=False, comment="bytes"),
        sa.Column("sha256", sa.String(length=64), nullable=False),
        sa.Column("reading", dialect.Json(), nullable=False, comment="format, encoding, delimiter, quote, heading"),
        sa.Column("headings", dialect.Json(), nullable=False),
        sa.Column("headings_hash", sa.String(length=64), nullable=False, comment="finds the mapping chosen last time"),
        sa.Column("mapping", dialect.Json(), nullable=False, comment="for each column what it is; empty: nothing"),
        sa.Column("origin", sa.String(length=10), nullable=False),
        sa.Column("overwrite", sa.Boolean(), nullable=False, comment="the file's values win over other ones here"),
        sa.Column("task", sa.String(length=10), nullable=False),
        sa.Column("state", sa.String(length=10), nullable=False, comment="waiting, running, done, failed, cancelled"),
        sa.Column("problem", sa.String(length=300), nullable=False, comment="why it failed"),
        sa.Column("total", KEY, nullable=False, comment="rows expected; of a file not yet read through, a guess"),
        sa.Column("rows", KEY, nullable=False, comment="rows done of the task at hand"),
        sa.Column("line", KEY, nullable=False, comment="the last line done: where a next worker goes on"),
        sa.Column("checked", dialect.Json(), nullable=True, comment="counts of the dry run, by outcome and reason"),
        sa.Column("imported", dialect.Json(), nullable=True),
        sa.Column("undone", dialect.Json(), nullable=True),
        sa.Column("attempt", KEY, nullable=False),
        sa.Column("owner", sa.String(length=40), nullable=True),
        sa.Column("lease_until", dialect.Instant(), nullable=True),
        sa.Column("created_at", dialect.Instant(), server_default=dialect.now(), nullable=False),
        sa.Column("started_at", dialect.Instant(), nullable=True, comment="of the task at hand"),
        sa.Column("finished_at", dialect.Instant(), nullable=True),
        sa.ForeignKeyConstraint(["list_id"], ["mailing_list.id"], name=op.f("fk_import_run_list_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_import_run")),
        sa.UniqueConstraint("uid", name=op.f("uq_import_run_uid")),
    )
    op.create_index("ix_import_run_headings_hash", "import_run", ["headings_hash"], unique=False)
    op.create_table(
        "import_row",
        sa.Column("run_id", KEY, nullable=False),
        sa.Column("line", KEY, autoincrement=False, nullable=False),
        sa.Column("raw", dialect.Json(), nullable=False, comment="the cells, word for word"),
        sa.Column("outcome", sa.String(length=10), nullable=False),
        sa.Column("reason", sa.String(length=60), nullable=False),
        sa.Column("contact_id", KEY, nullable=True, comment="no foreign key: the row outlives the contact"),
        sa.Column("event_id", sa.Uuid(), nullable=True, comment="the consent event it became"),
        sa.Column("change", dialect.Json(), nullable=True, comment="values before and after"),
        sa.Column("undo", sa.String(length=10), nullable=True, comment="undone, or kept: changed since"),
        sa.ForeignKeyConstraint(["run_id"], ["import_run.id"], name=op.f("fk_import_row_run_id")),
        sa.PrimaryKeyConstraint("run_id", "line", name=op.f("pk_import_row")),
    )
    op.create_index("ix_import_row_contact_id", "import_row", ["contact_id"], unique=False)
    op.add_column(
        "operator",
        sa.Column("may_import", sa.Boolean(), server_default=sa.false(), nullable=False, comment="as may_export"),
    )


def downgrade() -> None:
    op.drop_column("operator", "may_import")
    op.drop_index("ix_import_row_contact_id", table_name="import_row")
    op.drop_table("import_row")
    op.drop_index("ix_import_run_headings_hash", table_name="import_run")
    op.drop_table("import_run")
