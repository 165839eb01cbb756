"""What a key may read of people, and whether it only tries things."""

import sqlalchemy as sa
from alembic import op

revision = "0090"
down_revision = "0065"
branch_labels = None
depends_on = None

BOTH = {
    "is_masked": "it reads masked addresses and no answers",
    "is_test": "what it signs up are tests, which count nowhere",
}


def upgrade() -> None:
    with op.batch_alter_table("api_key") as table:
        for name, comment in BOTH.items():
            table.add_column(sa.Column(name, sa.Boolean(), server_default=sa.false(), nullable=False, comment=comment))


def downgrade() -> None:
    with op.batch_alter_table("api_key") as table:
        for name in BOTH:
            table.drop_column(name)
