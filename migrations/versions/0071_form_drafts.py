"""Drafts of forms: what operators typed and did not publish yet."""

import sqlalchemy as sa
from alembic import op

from signup.ground.dialect import Instant, Json, now

revision = "0071"
down_revision = "0082"
branch_labels = None
depends_on = None

ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
UID = "a new one with each save: what a page saw, so that none writes over another"


def upgrade() -> None:
    op.create_table(
        "form_draft",
        sa.Column("form_id", ID, nullable=False),
        sa.Column("uid", sa.Uuid(), nullable=False, comment=UID),
        sa.Column("based_on", ID, nullable=True, comment="the number of the version that it began from"),
        sa.Column("content", Json(), nullable=False, comment="each input's value, as it was typed"),
        sa.Column("operator_id", ID, nullable=True, comment="who saved it last"),
        sa.Column("saved_at", Instant(), server_default=now(), nullable=False),
        sa.ForeignKeyConstraint(["form_id"], ["form.id"], name=op.f("fk_form_draft_form_id_form"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("form_id", name=op.f("pk_form_draft")),
    )


def downgrade() -> None:
    op.drop_table("form_draft")
