"""Operators and their doings: Opal administers, Edith edits, Vic looks."""

import re
from collections.abc import Iterable
from typing import Any

from click.testing import CliRunner
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select
from werkzeug.test import TestResponse

from signup.access import audit, session
from signup.access.audit import AuditEntry
from signup.access.grant import grant
from signup.access.operator import Operator, Role, add_operator
from signup.admin.frame import door
from signup.cli.main import main
from signup.consent.mailing_list import MailingList
from signup.consent.subscription import Subscription
from signup.contacts.contact import Contact
from signup.counts import tally
from signup.counts.tally import Measure
from signup.ground.db import db, transaction

PASSWORD = "correct horse battery"
OPAL, EDITH, VIC = "opal@example.org", "edith@example.org", "vic@example.org"
ROLE_OF = {OPAL: Role.ADMINISTRATOR, EDITH: Role.EDITOR, VIC: Role.VIEWER}


def hire(app: Flask, *addresses: str, lists: Iterable[int] | None = None) -> None:
    """Make these operators, each with the same password; without `lists` they work with every list."""
    with transaction():
        for address in addresses:
            _hire(address, lists)


def _hire(address: str, lists: Iterable[int] | None) -> Operator:
    hired = add_operator(address, address.partition("@")[0].title(), ROLE_OF[address], PASSWORD)
    hired.every_list = lists is None
    grant(hired.id, lists or ())
    return hired


def csrf_of(client: FlaskClient, path: str = "/admin/sign-in") -> str:
    found = re.search(r'name="csrf_token" value="([^"]+)"', client.get(path, follow_redirects=True).text)
    assert found, path
    return found.group(1)


def sign_in(client: FlaskClient, address: str = OPAL, password: str = PASSWORD) -> TestResponse:
    """Through the page, as people do."""
    data = {"address": address, "password": password, "csrf_token": csrf_of(client)}
    return client.post("/admin/sign-in", data=data)


def second_step(client: FlaskClient, asked: TestResponse, **given: str) -> TestResponse:
    """Answer the page that asks for a code or a key."""
    halfway, token = (re.search(rf'name="{name}" value="([^"]+)"', asked.text) for name in ("halfway", "csrf_token"))
    assert halfway, asked.text
    assert token
    return client.post("/admin/sign-in/second", data={"halfway": halfway[1], "csrf_token": token[1]} | given)


def signed_in(app: Flask, address: str = OPAL, lists: Iterable[int] | None = None) -> FlaskClient:
    """A browser with this operator, who is hired for it. What the page would write is written without it."""
    with app.test_request_context(), transaction():
        operator = _hire(address, lists)
        audit.note(operator, "sign-in")
        name, secret = door.cookie_name(), session.begin(operator.id, "127.0.0.1", "test")
    client = app.test_client()
    client.set_cookie(name, secret)
    return client


def post(client: FlaskClient, path: str, data: dict[str, Any] | None = None, **more: Any) -> TestResponse:
    """Send a page's form with a good token."""
    return client.post(path, data={"csrf_token": _token(client), **(data or {})}, **more)


def _token(client: FlaskClient) -> str:
    """A token is as good as the cookie it came with: one page serves for many forms."""
    if (cookie := client.get_cookie("admin-csrf")) and cookie.value in _TOKENS:
        return _TOKENS[cookie.value]
    token = csrf_of(client, "/admin/prove")
    if cookie := client.get_cookie("admin-csrf"):
        _TOKENS[cookie.value] = token
    return token


_TOKENS: dict[str, str] = {}


def add_contact(mailing_list: MailingList, address: str, name: str = "", state: str = "confirmed") -> Contact:
    """A contact on a list, with its counts. Needs an open transaction."""
    contact = Contact(address=address, address_key=address.lower(), name=name, name_key=name.lower(), standing=state)
    db.session.add(contact)
    db.session.flush()
    db.session.add(Subscription(contact_id=contact.id, list_id=mailing_list.id, state=state))
    tally.count(
        [
            *tally.moved(Measure.STANDING, None, state),
            *tally.moved(Measure.IN_STATE, None, state, list_id=mailing_list.id),
        ]
    )
    return contact


def actions(app: Flask) -> list[str]:
    """What the audit trail says, in order."""
    return list(db.session.scalars(select(AuditEntry.action).order_by(AuditEntry.id)))


def console(app: Flask, *words: str) -> str:
    """What the command prints; it must succeed."""
    done = CliRunner().invoke(main, words, obj=lambda: app)
    assert done.exit_code == 0, done.output
    return done.stdout
