"""Whoever wants to be gone is: by a link mailed to them, and a press of a button; no scanner deletes anybody."""

from datetime import timedelta

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select

from signup.consent.consent_event import ConsentEvent
from signup.consent.suppression import Suppression
from signup.contacts.contact import Contact, hash_of
from signup.contacts.legal_hold import set_hold
from signup.ground.clock import utcnow
from signup.ground.db import db, transaction
from signup.ground.tokens import ERASE_TTL
from signup.visitor.own_data import erase_myself
from tests.cast import Mailbox, drain, link_in, state_of
from tests.imports.import_cast import assert_counts_are_exact

pytestmark = pytest.mark.usefixtures("noise")


def link_to_erase(app: Flask, client: FlaskClient, mailbox: Mailbox, address: str) -> str:
    """As somebody gets it by their preferences page."""
    assert client.post(f"{link_in(mailbox.last(address), 'preferences')}/erase").status_code == 200
    drain(app)
    return link_in(mailbox.last(address), "erase")


def test_a_link_and_a_button_delete_everything_and_the_page_says_what_stays(
    ada: str, bob: str, app: Flask, client: FlaskClient, mailbox: Mailbox
) -> None:
    link = link_to_erase(app, client, mailbox, ada)
    for method in ("GET", "HEAD", "OPTIONS"):
        looked = client.open(link, method=method)
        assert looked.status_code == 200
        assert ada not in looked.text
    assert state_of(ada) == "confirmed"
    done = client.post(link)
    assert "Your data has been deleted" in done.text
    assert state_of(ada) is None
    assert state_of(bob) == "pending"
    assert client.post(link).text == client.get(link).text, "a second press says the same"
    erased = select(ConsentEvent.method).where(ConsentEvent.type == "erased")
    assert db.session.scalars(erased).all() == ["link"]
    assert db.session.get(Suppression, hash_of(ada)) is None
    assert_counts_are_exact()


def test_who_never_wants_mail_again_says_so_there(ada: str, app: Flask, client: FlaskClient, mailbox: Mailbox) -> None:
    client.post(link_to_erase(app, client, mailbox, ada), data={"objected": "y"})
    assert db.session.get(Suppression, hash_of(ada))


def test_the_link_is_for_a_day_and_for_this_alone(
    ada: str, app: Flask, client: FlaskClient, mailbox: Mailbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    preferences = link_in(mailbox.last(ada), "preferences")
    for method in ("GET", "HEAD", "OPTIONS", "PUT"):
        assert client.open(f"{preferences}/erase", method=method).status_code == 405
    link = link_to_erase(app, client, mailbox, ada)
    assert client.post(preferences.replace("preferences", "erase")).status_code == 400
    later = utcnow() + ERASE_TTL + timedelta(seconds=5)
    monkeypatch.setattr(erase_myself, "utcnow", lambda: later)
    assert [client.get(link).status_code, client.post(link).status_code] == [410, 410]
    assert state_of(ada) == "confirmed"


def test_who_is_held_learns_why_and_until_when(ada: str, app: Flask, client: FlaskClient, mailbox: Mailbox) -> None:
    link = link_to_erase(app, client, mailbox, ada)
    ada_id = db.session.scalars(select(Contact.id).where(Contact.address_key == ada)).one()
    with transaction():
        set_hold(ada_id, "Invoices are kept for ten years", utcnow() + timedelta(days=3), "opal@example.org")
    refused = client.post(link)
    assert refused.status_code == 409
    assert "Invoices are kept for ten years" in refused.text
    assert state_of(ada) == "confirmed"


def test_old_links_lead_nowhere_and_say_so(ada: str, app: Flask, client: FlaskClient, mailbox: Mailbox) -> None:
    mail = mailbox.last(ada)
    client.post(link_to_erase(app, client, mailbox, ada))
    for kind in ("preferences", "unsubscribe"):
        assert client.get(link_in(mail, kind)).status_code == 404
