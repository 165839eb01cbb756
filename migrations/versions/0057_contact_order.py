"""Indexes for the orders of the contacts page: by name, and on a list by sign-up."""

import sqlalchemy as sa
from alembic import op

revision = "0057"
down_revision = "0053"
branch_labels = None
depends_on = None

SHOWN_NAME = sa.text("(CASE WHEN name_key <> '' THEN name_key ELSE address_key END)")


def upgrade() -> None:
    op.create_index("ix_contact_shown_name", "contact", [SHOWN_NAME, "id"])
    op.create_index("ix_subscription_list_id_created_at", "subscription", ["list_id", "created_at"])


def downgrade() -> None:
    op.drop_index("ix_subscription_list_id_created_at", table_name="subscription")
    op.drop_index("ix_contact_shown_name", table_name="contact")
