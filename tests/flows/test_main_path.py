"""From a form on a page to a confirmed contact: the path that everything else hangs on."""

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select

from signup.consent.consent_event import ConsentEvent
from signup.consent.snapshot import Snapshot
from signup.contacts.contact import Contact
from signup.ground.db import db
from tests.cast import (
    ADA,
    BLOG,
    PDF,
    WORDING,
    Mailbox,
    code_in,
    confirm_all,
    drain,
    events_of,
    forget_limits,
    link_in,
    sign_up,
    state_of,
)

pytestmark = pytest.mark.both_engines


def test_ada_signs_up_confirms_and_gets_her_white_paper(
    app: Flask, client: FlaskClient, mailbox: Mailbox, noise: None, form_id: str
) -> None:
    answers = {"first_name": "Ada", "interests": ["privacy"]}
    page = f"{BLOG}/post?utm_source=feed&secret=1#top"
    response = sign_up(client, form_id, " Ada@Example.org ", fields=answers, page=page)
    assert (response.status_code, response.json and response.json["status"]) == (202, "pending")
    drain(app)
    mail = mailbox.last(ADA)
    assert mail["Auto-Submitted"] == "auto-generated"
    link = link_in(mail)
    for look in (client.get, client.head):
        assert look(link).status_code == 200
    assert state_of(ADA) == "pending"
    assert client.post(link).status_code == 303
    drain(app)
    download = link_in(mailbox.mails()[-1], "download")
    assert client.get(download, buffered=True).data == PDF
    assert state_of(ADA) == "confirmed"
    assert events_of(ADA) == ["requested", "mail_accepted", "confirmed"]
    ada = db.session.scalars(select(Contact).where(Contact.address_key == ADA)).one()
    assert (ada.name, ada.answers) == ("Ada", answers)
    requested = db.session.scalars(
        select(ConsentEvent).where(ConsentEvent.contact_id == ada.id, ConsentEvent.type == "requested")
    ).one()
    assert (requested.page, requested.address) == (f"{BLOG}/post", "Ada@Example.org")
    assert db.session.get_one(Snapshot, requested.wording_hash).content == WORDING


def test_the_code_of_the_mail_confirms_without_leaving_the_page(
    app: Flask, client: FlaskClient, mailbox: Mailbox, form_id: str
) -> None:
    handle = (sign_up(client, form_id, ADA).json or {})["signup"]
    drain(app)
    code = code_in(mailbox.last(ADA))
    wrong = client.post(
        f"/f/{form_id}/code", json={"signup": handle, "code": "999999" if code != "999999" else "111111"}
    )
    assert wrong.status_code == 422
    right = client.post(f"/f/{form_id}/code", json={"signup": handle, "code": f"{code[:3]} {code[3:]}"})
    assert (right.status_code, (right.json or {})["status"]) == (200, "confirmed")
    assert client.get((right.json or {})["download"], buffered=True).data == PDF
    assert events_of(ADA).count("confirmed") == 1


def test_a_confirmed_person_who_signs_up_again_keeps_her_answers_and_gets_the_paper_again(
    app: Flask, client: FlaskClient, mailbox: Mailbox, form_id: str
) -> None:
    first = sign_up(client, form_id, ADA, fields={"first_name": "Ada"})
    confirm_all(app, client, mailbox, ADA)
    forget_limits()
    again = sign_up(client, form_id, ADA, fields={"first_name": "Mallory"})
    assert (again.status_code, [*again.headers.keys()]) == (first.status_code, [*first.headers.keys()])
    drain(app)
    mail = mailbox.last(ADA)
    assert "already" in mail["Subject"]
    assert client.get(link_in(mail, "download"), buffered=True).data == PDF
    assert state_of(ADA) == "confirmed"
    ada = db.session.scalars(select(Contact).where(Contact.address_key == ADA)).one()
    assert ada.name == "Ada"
