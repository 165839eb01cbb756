"""Migrations and models say the same, on both engines, and the proof cannot be changed."""

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from flask import Flask
from flask_migrate import downgrade, upgrade
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from signup.audience.search_entry import TRIGRAMS
from signup.consent.consent_event import PAYLOAD, ConsentEvent
from signup.consent.snapshot import SnapshotKind, keep
from signup.contacts.contact import Contact
from signup.ground.db import Base, db, transaction

pytestmark = pytest.mark.both_engines

# No tool compares an index of an expression: `tests/admin/test_contact_order.py` asks whether it serves.
BY_EXPRESSION = "ix_contact_shown_name"
NOT_COMPARED = pytest.mark.filterwarnings("ignore:.*expression-based index")


@NOT_COMPARED
def test_the_migrations_build_what_the_models_say(context: Flask) -> None:
    with db.engine.connect() as connection:
        # The index of trigrams is made by a worker, where the server can.
        opts = {"include_name": lambda name, _kind, _parents: name not in {TRIGRAMS, BY_EXPRESSION}}
        opts |= {"include_object": lambda _object, name, *_rest: name != BY_EXPRESSION}
        assert compare_metadata(MigrationContext.configure(connection, opts=opts), Base.metadata) == []


@NOT_COMPARED
def test_the_migrations_go_down_and_up_again(context: Flask) -> None:
    downgrade(revision="base")
    upgrade()
    test_the_migrations_build_what_the_models_say(context)


@pytest.mark.parametrize(
    "change",
    [
        "UPDATE consent_event SET type = 'confirmed'",
        "UPDATE consent_event SET ip = '192.0.2.1'",
        "UPDATE consent_event SET at = '2020-01-01 00:00:00.000'",
        "DELETE FROM consent_event",
        "UPDATE snapshot SET content = 'other'",
        "DELETE FROM snapshot",
    ],
)
def test_the_database_refuses_to_change_the_proof(context: Flask, change: str) -> None:
    with transaction():
        keep(SnapshotKind.WORDING, "I agree.")
        db.session.add(
            ConsentEvent(type="requested", contact_id=1, list_id=1, address="ada@example.org", ip="192.0.2.9")
        )
    with pytest.raises(DBAPIError, match="append-only"), transaction():
        db.session.execute(text(change))


def test_a_persons_payload_can_be_blanked_and_nothing_else(context: Flask) -> None:
    with transaction():
        db.session.add(
            ConsentEvent(type="requested", contact_id=1, list_id=1, address="ada@example.org", ip="192.0.2.9")
        )
    with transaction():
        blank = ", ".join(f"{name} = NULL" for name in PAYLOAD)
        db.session.execute(text(f"UPDATE consent_event SET {blank}"))
    row = db.session.execute(text("SELECT type, address, ip, salt FROM consent_event")).one()
    assert tuple(row) == ("requested", None, None, None)


def test_a_contacts_id_is_given_out_once_for_proof_may_name_it(context: Flask) -> None:
    ids = []
    for n in range(2):
        with transaction():
            contact = Contact(address=f"p{n}@example.org", address_key=f"p{n}@example.org")
            db.session.add(contact)
            db.session.flush()
            ids.append(contact.id)
            db.session.delete(contact)
    assert ids[1] > ids[0]
