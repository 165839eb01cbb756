"""What checks found, companies and who works there, households."""

import sqlalchemy as sa
from alembic import op

from signup.ground import dialect

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None

KEY = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    op.create_table(
        "finding",
        sa.Column("contact_id", KEY, nullable=False),
        sa.Column("key", sa.String(length=40), nullable=False, comment="of the answer"),
        sa.Column(
            "value", sa.String(length=120), nullable=False, comment="normalised; the answer keeps what was typed"
        ),
        sa.Column("verdict", sa.String(length=10), nullable=False),
        sa.Column("region", sa.String(length=6), nullable=False),
        sa.Column("version", sa.String(length=120), nullable=False, comment="of the table that decided"),
        sa.Column("seen", sa.String(length=16), nullable=False, comment="digest of what was looked at"),
        sa.Column("at", dialect.Instant(), server_default=dialect.now(), nullable=False),
        sa.ForeignKeyConstraint(["contact_id"], ["contact.id"], name=op.f("fk_finding_contact_id"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("contact_id", "key", name=op.f("pk_finding")),
    )
    op.create_index("ix_finding_region", "finding", ["region", "contact_id"])
    op.create_index("ix_finding_verdict", "finding", ["verdict", "contact_id"])
    op.create_table(
        "company",
        sa.Column("id", KEY, nullable=False),
        sa.Column("uid", sa.Uuid(), nullable=False),
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.Column(
            "name_key",
            sa.String(length=200).with_variant(sa.String(length=200, collation="C"), "postgresql"),
            nullable=False,
            comment="name without case and accents",
        ),
        sa.Column("country", sa.String(length=2), nullable=False, comment="ISO 3166-1"),
        sa.Column("number", sa.String(length=40), nullable=False, comment="checked, as BE0428759497; else as typed"),
        sa.Column("domain", sa.String(length=253), nullable=False),
        sa.Column("legal_form", sa.String(length=80), nullable=False, comment="ISO 20275; else as typed"),
        sa.Column(
            "nace", sa.String(length=80), nullable=False, comment="with its revision, as 2.1:56.11; else as typed"
        ),
        sa.Column("street", sa.String(length=200), nullable=False),
        sa.Column("postal_code", sa.String(length=20), nullable=False),
        sa.Column("locality", sa.String(length=100), nullable=False),
        sa.Column("region", sa.String(length=6), nullable=False, comment="told from the postal code, as CH-VD"),
        sa.Column("headcount", KEY, nullable=True, comment="as given"),
        sa.Column("size", sa.String(length=8), nullable=False, comment="band of headcount"),
        sa.Column("founded", KEY, nullable=True, comment="year"),
        sa.Column("is_kept", sa.Boolean(), nullable=False, comment="an operator made or changed it"),
        sa.Column("persons", KEY, nullable=False),
        sa.Column("usable", sa.Boolean(), nullable=False, comment="somebody there has a name and can be reached"),
        sa.Column("created_at", dialect.Instant(), server_default=dialect.now(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_company")),
        sa.UniqueConstraint("uid", name=op.f("uq_company_uid")),
    )
    op.create_index("ix_company_name_key", "company", ["name_key", "id"])
    op.create_index("ix_company_usable_id", "company", ["usable", "id"])
    op.create_table(
        "company_key",
        sa.Column("key", sa.String(length=300), nullable=False, comment="n:number, d:domain, p:name|place"),
        sa.Column("company_id", KEY, nullable=False),
        sa.ForeignKeyConstraint(
            ["company_id"], ["company.id"], name=op.f("fk_company_key_company_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("key", name=op.f("pk_company_key")),
    )
    op.create_index("ix_company_key_company_id", "company_key", ["company_id"])
    op.create_table(
        "position",
        sa.Column("contact_id", KEY, nullable=False),
        sa.Column("company_id", KEY, nullable=False),
        sa.Column("function", sa.String(length=20), nullable=False, comment="of the catalogue; empty: not known"),
        sa.Column("title", sa.String(length=120), nullable=False, comment="as typed"),
        sa.Column("is_kept", sa.Boolean(), nullable=False, comment="an operator put them there"),
        sa.Column("seen", sa.String(length=16), nullable=False, comment="digest of the answers it was told from"),
        sa.Column(
            "ended_at",
            dialect.Instant(),
            nullable=True,
            comment="an operator took them off: no answer brings them back",
        ),
        sa.Column("created_at", dialect.Instant(), server_default=dialect.now(), nullable=False),
        sa.ForeignKeyConstraint(
            ["company_id"], ["company.id"], name=op.f("fk_position_company_id"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["contact_id"], ["contact.id"], name=op.f("fk_position_contact_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("contact_id", "company_id", name=op.f("pk_position")),
    )
    op.create_index("ix_position_company_id", "position", ["company_id", "contact_id"])
    op.create_table(
        "household",
        sa.Column("id", KEY, nullable=False),
        sa.Column("uid", sa.Uuid(), nullable=False),
        sa.Column("key", sa.String(length=300), nullable=False, comment="the address without case and accents"),
        sa.Column("street", sa.String(length=200), nullable=False),
        sa.Column("postal_code", sa.String(length=20), nullable=False),
        sa.Column("locality", sa.String(length=100), nullable=False),
        sa.Column("created_at", dialect.Instant(), server_default=dialect.now(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_household")),
        sa.UniqueConstraint("uid", name=op.f("uq_household_uid")),
        sa.UniqueConstraint("key", name=op.f("uq_household_key")),
    )
    op.create_table(
        "household_member",
        sa.Column("contact_id", KEY, autoincrement=False, nullable=False),
        sa.Column("household_id", KEY, nullable=False),
        sa.ForeignKeyConstraint(
            ["household_id"], ["household.id"], name=op.f("fk_household_member_household_id"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["contact_id"], ["contact.id"], name=op.f("fk_household_member_contact_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("contact_id", name=op.f("pk_household_member")),
    )
    op.create_index("ix_household_member_household_id", "household_member", ["household_id"])


def downgrade() -> None:
    op.drop_table("household_member")
    op.drop_table("household")
    op.drop_table("position")
    op.drop_table("company_key")
    op.drop_table("company")
    op.drop_table("finding")
