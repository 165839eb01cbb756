import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select, text
from sqlalchemy.exc import DBAPIError

from signup.contacts.contact import Contact
from signup.contacts.value_change import ChangeKind, ChangeOrigin, ValueChange
from signup.ground.db import db, transaction
from tests.admin.cast import add_contact
from tests.cast import ADA, Mailbox, confirm_all, forget_limits, make_form, make_list, make_noise, sign_up
from tests.imports.import_cast import exported, people, take_back, take_in

pytestmark = pytest.mark.both_engines


def history(address: str = ADA) -> list[tuple[str, object, object, str]]:
    """What a contact's values were and became, the oldest first."""
    db.session.rollback()
    query = select(ValueChange).join(Contact, Contact.id == ValueChange.contact_id)
    rows = db.session.scalars(query.where(Contact.address_key == address).order_by(ValueChange.id))
    return [(row.field, row.old, row.new, row.kind) for row in rows]


def test_a_second_sign_up_keeps_the_first_answers_as_history(app: Flask, client: FlaskClient, mailbox: Mailbox) -> None:
    form_id = make_form(magnet=False).public_id
    other_id = make_form(make_list("second", name="Second"), magnet=False).public_id
    make_noise(app, client, mailbox)
    sign_up(client, form_id, ADA, fields={"first_name": "Ada", "interests": ["design"]})
    confirm_all(app, client, mailbox, ADA)
    assert history() == []  # the sign-up itself tells
    forget_limits()
    sign_up(client, other_id, ADA, fields={"first_name": "Augusta", "interests": ["design"]})
    confirm_all(app, client, mailbox, ADA)
    assert sorted(history()) == [("@name", "Ada", "Augusta", "form"), ("first_name", "Ada", "Augusta", "form")]
    change = db.session.scalars(select(ValueChange)).first()
    assert change is not None
    assert change.source_id is not None
    assert history("nina@example.org") == []


def test_an_import_keeps_what_it_changes_and_its_undo_too(context: Flask) -> None:
    letter = make_form(magnet=False).list
    with transaction():
        ada = add_contact(letter, ADA, "Ada")
        ada.answers = {"first_name": "Ada", "interests": ["design"]}
        ada.confirmed_at = ada.created_at
    before = exported(letter)
    run = take_in(people("ada", "eve", first_name="Augusta"), letter, overwrite=True)
    assert sorted(history()) == [("@name", "Ada", "Augusta", "import"), ("first_name", "Ada", "Augusta", "import")]
    assert {row.line for row in db.session.scalars(select(ValueChange))} == {2}
    assert history("eve@example.org") == []
    take_back(run)
    assert exported(letter) == before
    assert [row[1:] for row in history()[2:]] == [("Augusta", "Ada", "import-undo")] * 2


def test_values_change_with_their_history_and_only_where_they_differ(context: Flask) -> None:
    with transaction():
        ada = add_contact(make_list(), ADA, "Ada Lovelace")
        ada.answers = {"first_name": "Ada", "city": "Bern"}
    with transaction():
        origin = ChangeOrigin(ChangeKind.OPERATOR, actor="opal@example.org")
        changed = ada.change_answers({"city": None, "first_name": "Ada", "shoe": "é☃"}, origin)
        assert changed == ["city", "shoe"]
        assert ada.answers == {"first_name": "Ada", "shoe": "é☃"}
        assert ada.name == "Ada Lovelace"
        ada.change_answers({"first_name": "Augusta"}, origin)
        assert (ada.name, ada.name_key) == ("Augusta", "augusta")
    assert history()[:2] == [("city", "Bern", None, "operator"), ("shoe", None, "é☃", "operator")]
    with pytest.raises(DBAPIError, match="append-only"), transaction():
        db.session.execute(text("UPDATE value_change SET field = 'x'"))
