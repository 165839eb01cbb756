"""History of values, duplicates and merges, bulk edits, saved views of the contacts page."""

import sqlalchemy as sa
from alembic import op

from signup.ground import dialect

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None

KEY = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def _key(name: str = "id", **more: object) -> sa.Column[int]:
    return sa.Column(name, KEY, **({"nullable": False} | more))


def _contact(table: str, name: str) -> list[sa.Column[int] | sa.ForeignKeyConstraint]:
    constraint = op.f(f"fk_{table}_{name}")
    return [_key(name), sa.ForeignKeyConstraint([name], ["contact.id"], name=constraint, ondelete="CASCADE")]


def upgrade() -> None:
    op.create_table(
        "value_change",
        _key(),
        *_contact("value_change", "contact_id"),
        sa.Column("field", sa.String(length=60), nullable=False, comment="an answer's key, @name or @language"),
        sa.Column("old", dialect.Json(), nullable=True),
        sa.Column("new", dialect.Json(), nullable=True, comment="none: the value was taken away"),
        sa.Column("kind", sa.String(length=12), nullable=False),
        _key("source_id", nullable=True, comment="what it came by, as the kind says"),
        _key("line", nullable=True, comment="of an imported file"),
        sa.Column("actor", sa.String(length=254), server_default="", nullable=False, comment="the operator's address"),
        sa.Column("at", dialect.Instant(), server_default=dialect.now(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_value_change")),
    )
    op.create_index("ix_value_change_contact_id_id", "value_change", ["contact_id", "id"])
    op.create_index("ix_value_change_kind_source_id_id", "value_change", ["kind", "source_id", "id"])
    _merges()
    _bulk_and_views()
    if op.get_bind().dialect.name == "postgresql":
        op.execute(
            "CREATE TRIGGER value_change_guard BEFORE UPDATE ON value_change"
            " FOR EACH ROW EXECUTE FUNCTION refuse_change()"
        )
    else:
        refuse = "BEGIN SELECT RAISE(ABORT, 'append-only'); END"
        op.execute(f"CREATE TRIGGER value_change_guard BEFORE UPDATE ON value_change {refuse}")


def _merges() -> None:
    op.create_table(
        "duplicate",
        _key(),
        *_contact("duplicate", "first_id"),
        *_contact("duplicate", "second_id"),
        _key("score", comment="0 to 100"),
        sa.Column("reasons", dialect.Json(), nullable=False, comment="what agrees: mailbox, name, phone, postcode …"),
        sa.Column("state", sa.String(length=10), nullable=False),
        sa.Column("found_at", dialect.Instant(), server_default=dialect.now(), nullable=False),
        sa.Column("decided_at", dialect.Instant(), nullable=True),
        _key("operator_id", nullable=True),
        sa.CheckConstraint("first_id < second_id", name=op.f("ck_duplicate_order")),
        sa.CheckConstraint("state IN ('open', 'merged', 'apart')", name=op.f("ck_duplicate_state")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_duplicate")),
        sa.UniqueConstraint("first_id", "second_id", name=op.f("uq_duplicate_first_id_second_id")),
    )
    op.create_index("ix_duplicate_state_score_id", "duplicate", ["state", "score", "id"])
    op.create_index("ix_duplicate_second_id", "duplicate", ["second_id"])
    op.create_table(
        "contact_merge",
        _key(),
        sa.Column("uid", sa.Uuid(), nullable=False),
        *_contact("contact_merge", "survivor_id"),
        *_contact("contact_merge", "gone_id"),
        sa.Column("before", dialect.Json(), nullable=False, comment="values and subscriptions of both"),
        sa.Column("after", dialect.Json(), nullable=False, comment="what the merge left of them"),
        sa.Column("moved", dialect.Json(), nullable=False, comment="ids of the rows it took along, by table"),
        sa.Column("actor", sa.String(length=254), nullable=False, comment="the operator's address, or 'console'"),
        _key("operator_id", nullable=True),
        sa.Column("at", dialect.Instant(), server_default=dialect.now(), nullable=False),
        sa.Column("undone_at", dialect.Instant(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_contact_merge")),
        sa.UniqueConstraint("uid", name=op.f("uq_contact_merge_uid")),
    )
    op.create_index("ix_contact_merge_survivor_id", "contact_merge", ["survivor_id"])
    op.create_index("ix_contact_merge_gone_id", "contact_merge", ["gone_id"])
    op.create_table(
        "former_subscription",
        sa.Column("uid", sa.Uuid(), nullable=False),
        _key("subscription_id"),
        _key("merge_id"),
        sa.ForeignKeyConstraint(
            ["merge_id"],
            ["contact_merge.id"],
            name=op.f("fk_former_subscription_merge_id"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["subscription_id"],
            ["subscription.id"],
            name=op.f("fk_former_subscription_subscription_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("uid", name=op.f("pk_former_subscription")),
    )
    op.create_index("ix_former_subscription_subscription_id", "former_subscription", ["subscription_id"])


def _bulk_and_views() -> None:
    op.create_table(
        "bulk_edit",
        _key(),
        sa.Column("uid", sa.Uuid(), nullable=False),
        sa.Column("actor", sa.String(length=254), nullable=False),
        _key("operator_id", nullable=True),
        sa.Column("action", sa.String(length=12), nullable=False),
        sa.Column("field", sa.String(length=60), nullable=False, comment="an answer's key, @name or @language"),
        sa.Column("value", dialect.Json(), nullable=False, comment="under `to`; of an unsubscribe the list's id"),
        sa.Column("selection", dialect.Json(), nullable=False, comment="ids, or the search that found them"),
        _key("last_id", comment="the newest contact when it began: later ones are not meant"),
        sa.Column("task", sa.String(length=6), nullable=False, comment="edit or undo"),
        sa.Column("state", sa.String(length=10), nullable=False, comment="as of an import"),
        _key("total"),
        _key("rows", comment="looked at so far"),
        _key("changed"),
        _key("at_id", comment="the last one done: where a next worker goes on"),
        _key("attempt"),
        sa.Column("owner", sa.String(length=40), nullable=True),
        sa.Column("lease_until", dialect.Instant(), nullable=True),
        sa.Column("created_at", dialect.Instant(), server_default=dialect.now(), nullable=False),
        sa.Column("finished_at", dialect.Instant(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_bulk_edit")),
        sa.UniqueConstraint("uid", name=op.f("uq_bulk_edit_uid")),
    )
    op.create_index("ix_bulk_edit_state", "bulk_edit", ["state"])
    op.create_table(
        "contact_view",
        _key(),
        sa.Column("uid", sa.Uuid(), nullable=False),
        _key("operator_id"),
        sa.Column("name", sa.String(length=60), nullable=False),
        sa.Column("query", dialect.Json(), nullable=False, comment="what the page's address asks for"),
        sa.Column("columns", dialect.Json(), nullable=False),
        sa.Column("shared", sa.Boolean(), nullable=False),
        sa.Column("created_at", dialect.Instant(), server_default=dialect.now(), nullable=False),
        sa.ForeignKeyConstraint(
            ["operator_id"], ["operator.id"], name=op.f("fk_contact_view_operator_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_contact_view")),
        sa.UniqueConstraint("operator_id", "name", name=op.f("uq_contact_view_operator_id_name")),
        sa.UniqueConstraint("uid", name=op.f("uq_contact_view_uid")),
    )


def downgrade() -> None:
    # Who was merged is a contact again, though without what went along: an older release knows no merged ones.
    op.execute("UPDATE contact SET standing = 'pending' WHERE standing = 'merged'")
    for table in ("contact_view", "bulk_edit", "former_subscription", "contact_merge", "duplicate", "value_change"):
        op.drop_table(table)
