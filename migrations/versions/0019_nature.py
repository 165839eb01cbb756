"""What a contact is from birth: a real person, a test, or part of the demonstration."""

import sqlalchemy as sa
from alembic import op

revision = "0019"
down_revision = "0018"
branch_labels = None
depends_on = None

HAS_PROOF = "EXISTS (SELECT 1 FROM consent_event WHERE contact_id = NEW.id)"
IS_UNREAL = "EXISTS (SELECT 1 FROM contact WHERE contact.id = OLD.contact_id AND contact.nature <> 'real')"
CHANGES = "OLD.nature <> NEW.nature OR OLD.id <> NEW.id OR (OLD.nature = 'test' AND OLD.address_key <> NEW.address_key)"
WORDS = "a contact keeps the nature it was born with"


def upgrade() -> None:
    nature = sa.Column("nature", sa.String(length=4), server_default="real", nullable=False, comment="real, test, demo")
    op.add_column("contact", nature)
    unreal = sa.text("nature <> 'real'")
    op.create_index("ix_contact_unreal", "contact", ["nature", "id"], postgresql_where=unreal, sqlite_where=unreal)
    if op.get_bind().dialect.name == "postgresql":
        _guard_postgresql()
    else:
        _guard_sqlite()


def downgrade() -> None:
    op.drop_index("ix_contact_unreal", "contact")
    if op.get_bind().dialect.name == "postgresql":
        op.execute("DROP TRIGGER consent_event_stays ON consent_event")
        op.execute("DROP FUNCTION keep_nature() CASCADE")
        op.execute("DROP FUNCTION keep_proof() CASCADE")
        op.execute(
            "CREATE TRIGGER consent_event_stays BEFORE DELETE ON consent_event"
            " FOR EACH ROW EXECUTE FUNCTION refuse_change()"
        )
    else:
        for name in ("contact_nature_stays", "contact_is_new", "consent_event_stays"):
            op.execute(f"DROP TRIGGER {name}")
        refuse = "BEGIN SELECT RAISE(ABORT, 'append-only'); END"
        op.execute(f"CREATE TRIGGER consent_event_stays BEFORE DELETE ON consent_event {refuse}")
    op.drop_column("contact", "nature")


def _guard_postgresql() -> None:
    """Nobody becomes a test later, and none is born under the number of somebody who left proof."""
    op.execute(
        "CREATE FUNCTION keep_nature() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN"
        f" IF TG_OP = 'UPDATE' OR {HAS_PROOF} THEN RAISE EXCEPTION '{WORDS}'; END IF; RETURN NEW; END $$"
    )
    op.execute(
        "CREATE TRIGGER contact_nature_stays BEFORE UPDATE OF nature, id, address_key ON contact"
        f" FOR EACH ROW WHEN ({CHANGES}) EXECUTE FUNCTION keep_nature()"
    )
    # Before, not after: a sign-up writes the contact and its first proof in one statement.
    op.execute(
        "CREATE TRIGGER contact_is_new BEFORE INSERT ON contact"
        " FOR EACH ROW WHEN (NEW.nature <> 'real') EXECUTE FUNCTION keep_nature()"
    )
    op.execute("DROP TRIGGER consent_event_stays ON consent_event")
    op.execute(
        "CREATE FUNCTION keep_proof() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN"
        f" IF {IS_UNREAL} THEN RETURN OLD; END IF;"
        " RAISE EXCEPTION '% is append-only', TG_TABLE_NAME; END $$"
    )
    op.execute(
        "CREATE TRIGGER consent_event_stays BEFORE DELETE ON consent_event FOR EACH ROW EXECUTE FUNCTION keep_proof()"
    )


def _guard_sqlite() -> None:
    refuse = f"BEGIN SELECT RAISE(ABORT, '{WORDS}'); END"
    op.execute(
        "CREATE TRIGGER contact_nature_stays BEFORE UPDATE OF nature, id, address_key ON contact"
        f" WHEN {CHANGES} {refuse}"
    )
    # After, not before: only then is the number known.
    op.execute(
        f"CREATE TRIGGER contact_is_new AFTER INSERT ON contact WHEN NEW.nature <> 'real' AND {HAS_PROOF} {refuse}"
    )
    op.execute("DROP TRIGGER consent_event_stays")
    op.execute(
        "CREATE TRIGGER consent_event_stays BEFORE DELETE ON consent_event"
        f" WHEN NOT {IS_UNREAL} BEGIN SELECT RAISE(ABORT, 'append-only'); END"
    )
