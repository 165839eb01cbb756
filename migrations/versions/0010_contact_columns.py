"""The columns of the contacts page that an operator chose."""

import sqlalchemy as sa
from alembic import op

from signup.ground import dialect

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column(
        "operator",
        sa.Column(
            "contact_columns",
            dialect.Json(),
            nullable=True,
            comment="what the contacts page shows them; empty: as usual",
        ),
    )


def downgrade() -> None:
    op.drop_column("operator", "contact_columns")
