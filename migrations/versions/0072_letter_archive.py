"""The public archive of a list, and what a list says of its sender besides: where to answer, and its legal notice."""

import sqlalchemy as sa
from alembic import op

revision = "0072"
down_revision = "0092"
branch_labels = None
depends_on = None


def upgrade() -> None:
    _add("mailing_list", "reply_to", sa.String(length=254), "''", "empty: answers go to the sender")
    _add("mailing_list", "legal_notice", sa.String(length=500), "''", "an address of a page, or its words")
    _add("mailing_list", "archive_is_public", sa.Boolean(), sa.false(), "its sent campaigns are shown to everybody")
    _add("campaign", "unlisted", sa.Boolean(), sa.false(), "left out of the list's public archive")

    _say_of_layout("letter, news or magazine")


def _say_of_layout(comment: str) -> None:
    """SQLite keeps no comments."""
    if op.get_bind().dialect.name == "postgresql":
        op.alter_column("campaign", "layout", comment=comment)


def _add(table: str, name: str, kind: sa.types.TypeEngine, default: str | sa.False_, comment: str) -> None:
    value = sa.text(default) if isinstance(default, str) else default
    op.add_column(table, sa.Column(name, kind, server_default=value, nullable=False, comment=comment))


def downgrade() -> None:
    _say_of_layout("letter or news")
    op.drop_column("campaign", "unlisted")
    for name in ("archive_is_public", "legal_notice", "reply_to"):
        op.drop_column("mailing_list", name)
