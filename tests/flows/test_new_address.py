"""Somebody changes their address: confirmed from the new mailbox, told to the old one, and never somebody else's."""

from datetime import timedelta

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select, update

from signup.contacts.address_change import AddressChange
from signup.contacts.contact import Contact, hash_of
from signup.ground.db import db, transaction
from signup.ground.dialect import now
from signup.privacy import erase
from signup.privacy.erase import ErasureOrder
from tests.cast import Mailbox, drain, events_of, link_in, state_of, suppress, text_of
from tests.imports.import_cast import assert_counts_are_exact

pytestmark = pytest.mark.usefixtures("noise")
NEW = "ada.new@example.net"


def ask(app: Flask, client: FlaskClient, mailbox: Mailbox, address: str, new: str) -> str:
    """Ask on the preferences page; returns the answer's text."""
    mail = next(one for one in reversed(mailbox.mails(address)) if "/preferences/" in text_of(one))
    answer = client.post(f"{link_in(mail, 'preferences')}/address", data={"address": new})
    drain(app)
    return answer.text


def test_the_new_mailbox_confirms_and_the_old_one_is_told(
    ada: str, app: Flask, client: FlaskClient, mailbox: Mailbox
) -> None:
    ask(app, client, mailbox, ada, NEW.title())
    link = link_in(mailbox.last(NEW), "new-address")
    for method in ("GET", "HEAD", "OPTIONS"):
        assert client.open(link, method=method).status_code == 200
    assert state_of(ada) == "confirmed"
    assert client.post(link).status_code == 200
    drain(app)
    assert (state_of(ada), state_of(NEW)) == (None, "confirmed")
    assert events_of(NEW)[-1] == "preference_changed"
    assert "A•••@example.net" in text_of(mailbox.last(ada))
    assert NEW not in text_of(mailbox.last(ada))
    assert db.session.scalars(select(Contact.address_hash).where(Contact.address_key == NEW)).one() == hash_of(NEW)
    assert client.post(link).status_code == 410, "a second press changes nothing"
    assert_counts_are_exact()


def test_the_answer_is_the_same_for_an_address_that_is_taken_and_nobody_gets_it(
    ada: str, cleo: str, app: Flask, client: FlaskClient, mailbox: Mailbox
) -> None:
    answers = {ask(app, client, mailbox, ada, new) for new in (NEW, cleo, ada)}
    assert len(answers) == 1
    assert client.post(link_in(mailbox.last(cleo), "new-address")).status_code == 409
    assert (state_of(ada), state_of(cleo)) == ("confirmed", "unsubscribed")


def test_a_suppressed_mailbox_gets_no_such_mail(ada: str, app: Flask, client: FlaskClient, mailbox: Mailbox) -> None:
    suppress(NEW)
    ask(app, client, mailbox, ada, NEW)
    assert mailbox.mails(NEW) == []


def test_the_link_is_for_a_day_and_its_row_goes(ada: str, app: Flask, client: FlaskClient, mailbox: Mailbox) -> None:
    ask(app, client, mailbox, ada, NEW)
    with transaction():
        db.session.execute(update(AddressChange).values(created_at=now(-timedelta(hours=25))))
    assert client.post(link_in(mailbox.last(NEW), "new-address")).status_code == 410
    next(chore for chore in app.extensions["signup.chores"] if chore.name == "address-changes").work()
    assert db.session.scalars(select(AddressChange.id)).all() == []


def test_three_links_a_day_and_what_is_no_address_is_said(
    ada: str, app: Flask, client: FlaskClient, mailbox: Mailbox
) -> None:
    before = len(mailbox.mails())
    for n in range(5):
        ask(app, client, mailbox, ada, f"new{n}@example.net")
    assert len(mailbox.mails()) - before == 3
    assert "not an email address" in ask(app, client, mailbox, ada, "ada@")


def test_who_moved_is_erased_with_the_old_address_too(
    ada: str, app: Flask, client: FlaskClient, mailbox: Mailbox
) -> None:
    ask(app, client, mailbox, ada, NEW)
    client.post(link_in(mailbox.last(NEW), "new-address"))
    drain(app)
    with transaction():
        erase.erase(NEW, ErasureOrder("operator"))
    assert mailbox.mails(ada) == mailbox.mails(NEW) == [], "the catcher's folder holds neither"
