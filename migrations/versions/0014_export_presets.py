"""Exports by presets: their marks, how many files and who was left out."""

import sqlalchemy as sa
from alembic import op

revision = "0014"
down_revision = "0013"
branch_labels = None
depends_on = None

KEY = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
NAMED = "a general format, or a preset's name"


def upgrade() -> None:
    with op.batch_alter_table("export_run") as batch:
        batch.alter_column("format", type_=sa.String(length=24), existing_type=sa.String(length=10), comment=NAMED)
        batch.add_column(
            sa.Column(
                "mark",
                sa.String(length=10),
                nullable=True,
                comment="stands in the file and its name: whose export it was",
            )
        )
        batch.add_column(
            sa.Column(
                "is_masked",
                sa.Boolean(),
                server_default=sa.false(),
                nullable=False,
                comment="for somebody who may not see whole contacts",
            )
        )
        batch.add_column(
            sa.Column(
                "with_proof", sa.Boolean(), server_default=sa.false(), nullable=False, comment="as Terms.with_proof"
            )
        )
        batch.add_column(
            sa.Column("files", KEY, server_default="1", nullable=False, comment="in it; several are a ZIP")
        )
        batch.add_column(
            sa.Column(
                "left_out",
                KEY,
                server_default="0",
                nullable=False,
                comment="people that the preset's program cannot take",
            )
        )
        batch.create_unique_constraint(batch.f("uq_export_run_mark"), ["mark"])


def downgrade() -> None:
    op.execute("DELETE FROM export_run WHERE length(format) > 10")  # the format of a preset is unknown before
    with op.batch_alter_table("export_run") as batch:
        batch.drop_constraint("uq_export_run_mark", type_="unique")
        for name in ("left_out", "files", "with_proof", "is_masked", "mark"):
            batch.drop_column(name)
        batch.alter_column("format", type_=sa.String(length=10), existing_type=sa.String(length=24), comment=None)
