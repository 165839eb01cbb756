"""Forms as they were shown: the page of each version in each language, kept when it is first served."""

import sqlalchemy as sa
from alembic import op

from signup.ground.dialect import Instant, now

revision = "0040"
down_revision = "0042"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "form_rendering",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("form_version_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("language", sa.String(length=5), nullable=False),
        sa.Column("surface", sa.String(length=8), nullable=False),
        sa.Column("hash", sa.String(length=64), nullable=False, comment="of what was shown, without its marks"),
        sa.Column("style_hash", sa.String(length=64), nullable=False, comment="of the style sheet it was shown with"),
        sa.Column("at", Instant(), server_default=now(), nullable=False),
        sa.ForeignKeyConstraint(
            ["form_version_id"], ["form_version.id"], name=op.f("fk_form_rendering_form_version_id")
        ),
        sa.ForeignKeyConstraint(["hash"], ["snapshot.hash"], name=op.f("fk_form_rendering_hash")),
        sa.ForeignKeyConstraint(["style_hash"], ["snapshot.hash"], name=op.f("fk_form_rendering_style_hash")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_form_rendering")),
    )
    op.create_index(
        "ix_form_rendering_form_version_id_language", "form_rendering", ["form_version_id", "language"], unique=False
    )
    _create_guards()


def downgrade() -> None:
    op.drop_index("ix_form_rendering_form_version_id_language", table_name="form_rendering")
    op.drop_table("form_rendering")  # and its guards with it


def _create_guards() -> None:
    """What was shown is part of the proof: never changed, never deleted."""
    if op.get_bind().dialect.name == "postgresql":
        op.execute(
            "CREATE TRIGGER form_rendering_guard BEFORE UPDATE OR DELETE ON form_rendering"
            " FOR EACH ROW EXECUTE FUNCTION refuse_change()"
        )
        return
    refuse = "BEGIN SELECT RAISE(ABORT, 'append-only'); END"
    op.execute(f"CREATE TRIGGER form_rendering_guard BEFORE UPDATE ON form_rendering {refuse}")
    op.execute(f"CREATE TRIGGER form_rendering_stays BEFORE DELETE ON form_rendering {refuse}")
