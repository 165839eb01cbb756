"""Protection: who is vouched for, how hot it is, what was held back, which mail domains exist."""

import sqlalchemy as sa
from alembic import op

from signup.ground import dialect

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

KEY = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    op.create_table(
        "allowance",
        sa.Column("id", KEY, nullable=False),
        sa.Column("kind", sa.String(length=10), nullable=False),
        sa.Column(
            "value",
            sa.String(length=254),
            nullable=False,
            comment="network, domain, or the keyed hash of a canonical address",
        ),
        sa.Column("label", sa.String(length=254), nullable=False, comment="as operators see it; an address is masked"),
        sa.Column("reason", sa.String(length=200), nullable=False),
        sa.Column("ends_at", dialect.Instant(), nullable=True, comment="empty: until it is taken off"),
        sa.Column("created_by", sa.String(length=254), nullable=False),
        sa.Column("created_at", dialect.Instant(), server_default=dialect.now(), nullable=False),
        sa.CheckConstraint("kind IN ('network', 'domain', 'address')", name=op.f("ck_allowance_kind")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_allowance")),
        sa.UniqueConstraint("kind", "value", name=op.f("uq_allowance_kind_value")),
    )
    op.create_table(
        "heat",
        sa.Column("id", KEY, nullable=False),
        sa.Column("since", dialect.Instant(), nullable=True),
        sa.Column("until", dialect.Instant(), nullable=True, comment="proof of work is asked for up to then"),
        sa.Column(
            "level", KEY, nullable=False, comment="bits above the usual; rises while unsolved challenges pile up"
        ),
        sa.Column(
            "share", KEY, nullable=False, comment="per cent of the last sign-ups that nobody confirmed, when it began"
        ),
        sa.Column("reason", sa.String(length=10), nullable=False, comment="burst, slow or operator"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_heat")),
    )
    op.create_table(
        "held",
        sa.Column("id", KEY, nullable=False),
        sa.Column("at", dialect.Instant(), server_default=dialect.now(), nullable=False),
        sa.Column("form_id", KEY, nullable=False),
        sa.Column("rule", sa.String(length=24), nullable=False),
        sa.Column("n", KEY, nullable=False, comment="minus one: the challenge was solved after all"),
        sa.Column(
            "network", sa.String(length=45), nullable=False, comment="/24 or /48 of the visitor; blanked when folded"
        ),
        sa.Column("domain", sa.String(length=254), nullable=False, comment="of the mailbox; blanked when folded"),
        sa.Column("folded", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_held")),
    )
    op.create_index("ix_held_at", "held", ["at"], unique=False)
    op.create_table(
        "mail_domain",
        sa.Column("domain", sa.String(length=254), nullable=False),
        sa.Column("problem", sa.String(length=120), nullable=False, comment="empty: it takes mail"),
        sa.Column("until", dialect.Instant(), nullable=False, comment="not asked again before"),
        sa.PrimaryKeyConstraint("domain", name=op.f("pk_mail_domain")),
    )
    op.create_index(op.f("ix_mail_domain_until"), "mail_domain", ["until"], unique=False)


def downgrade() -> None:
    op.drop_table("mail_domain")
    op.drop_table("held")
    op.drop_table("heat")
    op.drop_table("allowance")
