"""What the fixtures promise: a context that no request shares, and the cast in the states that the tests name."""

import pytest
from flask import Flask, g
from flask.testing import FlaskClient

from signup.contacts.contact import Contact
from signup.ground.db import connections_in_use, db
from tests.cast import ADA, Mailbox, drain, events_of, sign_up, state_of


def test_a_request_finds_neither_what_the_test_put_into_g_nor_its_session(
    app: Flask, client: FlaskClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    g.of_test = True
    db.session.add(Contact(address=ADA, address_key=ADA))  # never committed
    found: list[object] = []

    def look() -> str:
        found.extend([g.get("of_test"), list(db.session.new)])
        return ""

    monkeypatch.setitem(app.view_functions, "operations.healthz", look)
    assert client.get("/healthz").status_code == 200
    assert found == [None, []]
    assert g.of_test


def test_the_test_reads_what_a_request_or_the_worker_has_written(app: Flask, client: FlaskClient, form_id: str) -> None:
    assert events_of(ADA) == []  # begins a transaction, which would go on seeing this
    sign_up(client, form_id, ADA)
    assert db.session.query(Contact.address_key).all() == [(ADA,)]
    assert connections_in_use() == 1
    drain(app)
    assert connections_in_use() == 0
    assert events_of(ADA)[-1] == "mail_accepted"


def test_the_cast_stands_as_its_names_say(ada: str, bob: str, cleo: str, dan: str, eve: str, noise: None) -> None:
    states = [state_of(address) for address in (ada, bob, cleo, dan, eve)]
    assert states == ["confirmed", "pending", "unsubscribed", None, None]
    assert state_of("nina@example.org", "noise") == "confirmed"


def test_dan_gets_no_email(app: Flask, client: FlaskClient, form_id: str, dan: str, mailbox: Mailbox) -> None:
    sign_up(client, form_id, dan)
    drain(app)
    assert mailbox.mails(dan) == []


def test_opal_is_signed_in(opal: FlaskClient) -> None:
    assert opal.get("/admin/").status_code == 200
