"""What a person decided about an import, the rows they corrected, and the country of a list's people."""

import sqlalchemy as sa
from alembic import op

from signup.ground.dialect import Json

revision = "0030"
down_revision = "0028"
branch_labels = None
depends_on = None

CHOICES = "what else was decided about the file: `import_choices`"
FOUND = "what the dry run asks or tells, beside its counts"
COUNTRY = "of its people who name none; empty: not known"


def upgrade() -> None:
    op.add_column("import_run", sa.Column("choices", Json(), server_default="{}", nullable=False, comment=CHOICES))
    op.add_column("import_run", sa.Column("found", Json(), nullable=True, comment=FOUND))
    country = sa.Column("country", sa.String(length=2), server_default="", nullable=False, comment=COUNTRY)
    op.add_column("mailing_list", country)
    op.create_table(
        "import_mend",
        sa.Column("run_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("line", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=False, nullable=False),
        sa.Column("cells", Json(), nullable=False),
        sa.ForeignKeyConstraint(["run_id"], ["import_run.id"], name=op.f("fk_import_mend_run_id")),
        sa.PrimaryKeyConstraint("run_id", "line", name=op.f("pk_import_mend")),
    )


def downgrade() -> None:
    op.drop_table("import_mend")
    op.drop_column("mailing_list", "country")
    op.drop_column("import_run", "found")
    op.drop_column("import_run", "choices")
