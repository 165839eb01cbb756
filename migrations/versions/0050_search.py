"""A search index over contacts, and triggers that say whose entry is out of date."""

import sqlalchemy as sa
from alembic import op

revision = "0050"
down_revision = "0046"
branch_labels = None
depends_on = None

KEY = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
NOTE = "INSERT INTO search_change (contact_id) VALUES (NEW.{})"
SEARCHED = ("address", "address_key", "name", "answers")


def upgrade() -> None:
    op.create_table(
        "search_entry",
        sa.Column("contact_id", KEY, autoincrement=False, nullable=False),
        sa.Column("text", sa.Text(), nullable=False, comment="words without case and accents, two blanks before each"),
        sa.ForeignKeyConstraint(
            ["contact_id"], ["contact.id"], name=op.f("fk_search_entry_contact_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("contact_id", name=op.f("pk_search_entry")),
    )
    op.create_table(
        "search_change",
        sa.Column("id", KEY, nullable=False),
        sa.Column("contact_id", KEY, nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_search_change")),
    )
    op.execute("INSERT INTO search_change (contact_id) SELECT id FROM contact ORDER BY id")
    if op.get_bind().dialect.name == "postgresql":
        _triggers_postgresql()
    else:
        _triggers_sqlite()


def downgrade() -> None:
    if op.get_bind().dialect.name == "postgresql":
        op.execute("DROP FUNCTION search_contacts_new() CASCADE")
        op.execute("DROP FUNCTION search_contact_changed() CASCADE")
        op.execute("DROP FUNCTION search_card_changed() CASCADE")
    else:
        for name in ("contact_new", "contact_changed", "card_new", "card_changed"):
            op.execute(f"DROP TRIGGER search_{name}")
    op.drop_table("search_change")
    op.drop_table("search_entry")


def _triggers_postgresql() -> None:
    for name, contact in (("contact", "id"), ("card", "contact_id")):
        op.execute(
            f"CREATE FUNCTION search_{name}_changed() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN"
            f" {NOTE.format(contact)}; RETURN NULL; END $$"
        )
    # Once for a statement: an import inserts thousands, and for the one of a sign-up it costs the same.
    op.execute(
        "CREATE FUNCTION search_contacts_new() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN"
        " INSERT INTO search_change (contact_id) SELECT id FROM fresh; RETURN NULL; END $$"
    )
    op.execute(
        "CREATE TRIGGER search_contact_new AFTER INSERT ON contact REFERENCING NEW TABLE AS fresh"
        " FOR EACH STATEMENT EXECUTE FUNCTION search_contacts_new()"
    )
    before, after = (", ".join(f"{row}.{name}" for name in SEARCHED) for row in ("OLD", "NEW"))
    for name, event, changed in (
        ("contact_changed", f"UPDATE OF {', '.join(SEARCHED)} ON contact", f"({before}) IS DISTINCT FROM ({after})"),
        ("card_new", "INSERT ON subscription", "NEW.given <> '{}'"),
        ("card_changed", "UPDATE OF given ON subscription", "OLD.given <> NEW.given"),
    ):
        function = f"search_{name.partition('_')[0]}_changed()"
        op.execute(
            f"CREATE TRIGGER search_{name} AFTER {event} FOR EACH ROW WHEN ({changed}) EXECUTE FUNCTION {function}"
        )


def _triggers_sqlite() -> None:
    differs = " OR ".join(f"OLD.{name} <> NEW.{name}" for name in SEARCHED)
    for name, event, contact, when in (
        ("contact_new", "INSERT ON contact", "id", ""),
        ("contact_changed", f"UPDATE OF {', '.join(SEARCHED)} ON contact", "id", f"WHEN {differs}"),
        ("card_new", "INSERT ON subscription", "contact_id", "WHEN NEW.given <> '{}'"),
        ("card_changed", "UPDATE OF given ON subscription", "contact_id", "WHEN OLD.given <> NEW.given"),
    ):
        op.execute(f"CREATE TRIGGER search_{name} AFTER {event} {when} BEGIN {NOTE.format(contact)}; END")
