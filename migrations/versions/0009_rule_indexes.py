"""Indexes for rules: answers by what they contain (PostgreSQL), and events by kind and time."""

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None


def upgrade() -> None:
    # SQLite cannot index what a document contains: there the index is of no rows.
    op.create_index(
        "ix_contact_answers",
        "contact",
        ["answers"],
        postgresql_using="gin",
        postgresql_ops={"answers": "jsonb_path_ops"},
        sqlite_where=sa.text("false"),
    )
    op.create_index("ix_event_kind_at_contact_id", "event", ["kind", "at", "contact_id"])


def downgrade() -> None:
    op.drop_index("ix_event_kind_at_contact_id", table_name="event")
    op.drop_index("ix_contact_answers", table_name="contact")
