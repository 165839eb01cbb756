"""Partners: controllers of their own with their own box, words in versions, and who agreed to which."""

import sqlalchemy as sa
from alembic import op

from signup.ground import dialect

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

KEY = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    op.create_table(
        "partner",
        sa.Column("id", KEY, nullable=False),
        sa.Column("slug", sa.String(length=60), nullable=False, comment="its name on the console and in file names"),
        sa.Column(
            "version_id", KEY, nullable=True, comment="the current version; no foreign key, it would be a circle"
        ),
        sa.Column("retired_at", dialect.Instant(), nullable=True),
        sa.Column("created_at", dialect.Instant(), server_default=dialect.now(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_partner")),
        sa.UniqueConstraint("slug", name=op.f("uq_partner_slug")),
    )
    op.create_table(
        "partner_version",
        sa.Column("id", KEY, nullable=False),
        sa.Column("partner_id", KEY, nullable=False),
        sa.Column("number", KEY, nullable=False),
        sa.Column(
            "name",
            sa.String(length=200),
            nullable=False,
            comment="the controller: who answers for what the partner sends",
        ),
        sa.Column("privacy_url", sa.String(length=500), nullable=False),
        sa.Column("wordings", dialect.Json(), nullable=False, comment="the words beside the box, by language"),
        sa.Column("operator_id", KEY, nullable=True),
        sa.Column("created_at", dialect.Instant(), server_default=dialect.now(), nullable=False),
        sa.ForeignKeyConstraint(["partner_id"], ["partner.id"], name=op.f("fk_partner_version_partner_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_partner_version")),
        sa.UniqueConstraint("partner_id", "number", name=op.f("uq_partner_version_partner_id_number")),
    )
    op.create_table(
        "partner_consent",
        sa.Column("id", KEY, nullable=False),
        sa.Column("partner_id", KEY, nullable=False),
        sa.Column("version_id", KEY, nullable=False),
        sa.Column("contact_id", KEY, nullable=False),
        sa.Column("list_id", KEY, nullable=False),
        sa.Column("signup_id", KEY, nullable=False),
        sa.Column("locale", sa.String(length=5), nullable=False),
        sa.Column("wording_hash", sa.String(length=64), nullable=False),
        sa.Column("state", sa.String(length=10), nullable=False),
        sa.Column("single_opt_in", sa.Boolean(), nullable=False, comment="confirmed without a confirmation mail"),
        sa.Column("requested_at", dialect.Instant(), server_default=dialect.now(), nullable=False),
        sa.Column("confirmed_at", dialect.Instant(), nullable=True),
        sa.Column("withdrawn_at", dialect.Instant(), nullable=True),
        sa.CheckConstraint("state IN ('requested', 'confirmed', 'withdrawn')", name=op.f("ck_partner_consent_state")),
        sa.ForeignKeyConstraint(["contact_id"], ["contact.id"], name=op.f("fk_partner_consent_contact_id")),
        sa.ForeignKeyConstraint(["list_id"], ["mailing_list.id"], name=op.f("fk_partner_consent_list_id")),
        sa.ForeignKeyConstraint(["partner_id"], ["partner.id"], name=op.f("fk_partner_consent_partner_id")),
        sa.ForeignKeyConstraint(["signup_id"], ["signup.id"], name=op.f("fk_partner_consent_signup_id")),
        sa.ForeignKeyConstraint(["version_id"], ["partner_version.id"], name=op.f("fk_partner_consent_version_id")),
        sa.ForeignKeyConstraint(["wording_hash"], ["snapshot.hash"], name=op.f("fk_partner_consent_wording_hash")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_partner_consent")),
        sa.UniqueConstraint("signup_id", "partner_id", name=op.f("uq_partner_consent_signup_id_partner_id")),
    )
    op.create_index(
        "ix_partner_consent_contact_id_partner_id", "partner_consent", ["contact_id", "partner_id"], unique=False
    )
    op.create_index(
        "ix_partner_consent_partner_id_list_id_state",
        "partner_consent",
        ["partner_id", "list_id", "state"],
        unique=False,
    )
    _create_guards()


def downgrade() -> None:
    op.drop_index("ix_partner_consent_partner_id_list_id_state", table_name="partner_consent")
    op.drop_index("ix_partner_consent_contact_id_partner_id", table_name="partner_consent")
    op.drop_table("partner_consent")
    op.drop_table("partner_version")  # and its guards with it
    op.drop_table("partner")


def _create_guards() -> None:
    """The words of a partner are part of the proof: never changed, never deleted."""
    if op.get_bind().dialect.name == "postgresql":
        op.execute(
            "CREATE TRIGGER partner_version_guard BEFORE UPDATE OR DELETE ON partner_version"
            " FOR EACH ROW EXECUTE FUNCTION refuse_change()"
        )
        return
    refuse = "BEGIN SELECT RAISE(ABORT, 'append-only'); END"
    op.execute(f"CREATE TRIGGER partner_version_guard BEFORE UPDATE ON partner_version {refuse}")
    op.execute(f"CREATE TRIGGER partner_version_stays BEFORE DELETE ON partner_version {refuse}")
