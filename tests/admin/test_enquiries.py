"""What visitors wrote, in the admin: read by who may, mailed after all, deleted, and never on another list's page."""

from uuid import UUID

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select, update

from signup.enquiries.enquiry import Enquiry
from signup.forms.form import Form, find_form
from signup.forms.live_form import forget_live_forms
from signup.ground.db import db, transaction
from tests.admin.cast import EDITH, VIC, actions, post, signed_in
from tests.admin.test_form_consent import opened
from tests.cast import ADA, EVE, Mailbox, confirm_all, drain, make_list, sign_up, text_of
from tests.flows.test_messages import TEXT, made, write

PAGE = "/admin/forms/messages"


def held(app: Flask) -> UUID:
    with transaction():
        return db.session.execute(update(Enquiry).values(held_by="messages").returning(Enquiry.uid)).scalar_one()


def kept(app: Flask) -> list[Enquiry]:
    return list(db.session.scalars(select(Enquiry).order_by(Enquiry.id)))


def test_a_message_is_read_with_its_lines_and_marked(app: Flask, client: FlaskClient) -> None:
    form_id = made(app)
    opal = signed_in(app)
    assert "No messages yet" in opal.get(PAGE).text
    write(client, form_id, message="one\ntwo <b>three</b>")
    page = opal.get(PAGE).text
    assert "one\ntwo &lt;b&gt;three&lt;/b&gt;" in page
    assert EVE in page
    assert "(1)" in opal.get("/admin/forms").text
    assert post(opal, f"{PAGE}/{kept(app)[0].uid}", {"do": "read"}).status_code == 303
    assert kept(app)[0].read_at
    assert "(1)" not in opal.get("/admin/forms").text
    assert post(opal, f"{PAGE}/{kept(app)[0].uid}", {"do": "unread"}).status_code == 303
    assert kept(app)[0].read_at is None


def test_looking_at_messages_changes_none(app: Flask, client: FlaskClient) -> None:
    form_id = made(app)
    write(client, form_id)
    opal = signed_in(app)
    for method in ("get", "head", "options"):
        getattr(opal, method)(PAGE)
    assert kept(app)[0].read_at is None


def test_a_message_that_was_held_back_is_mailed_once(app: Flask, client: FlaskClient, mailbox: Mailbox) -> None:
    form_id = made(app)
    write(client, form_id, leave_empty="x")
    uid = kept(app)[0].uid
    edith = signed_in(app, EDITH)
    assert "Held back: not emailed" in edith.get(PAGE).text
    for _n in range(2):
        assert post(edith, f"{PAGE}/{uid}", {"do": "mail"}).status_code == 303
    drain(app)
    (mail,) = mailbox.mails()
    assert TEXT in text_of(mail).replace("\r\n", "\n")
    assert "Held back" not in edith.get(PAGE).text


def test_a_message_is_deleted_and_only_that_one(app: Flask, client: FlaskClient) -> None:
    form_id = made(app)
    write(client, form_id)
    write(client, form_id, message="another")
    opal = signed_in(app)
    assert post(opal, f"{PAGE}/{kept(app)[0].uid}", {"do": "delete"}).status_code == 303
    assert [one.answers["message"] for one in kept(app)] == ["another"]
    assert actions(app)[-1] == "message-deleted"


def test_a_viewer_and_an_editor_of_another_list_read_none(app: Flask, client: FlaskClient) -> None:
    form_id = made(app)
    write(client, form_id)
    other = make_list("other", name="Other").id
    vic, edith = signed_in(app, VIC), signed_in(app, EDITH, lists=[other])
    assert vic.get(PAGE).status_code == 403
    assert EVE not in edith.get(PAGE).text
    uid = kept(app)[0].uid
    assert post(edith, f"{PAGE}/{uid}", {"do": "delete"}).status_code == 404
    assert post(vic, f"{PAGE}/{uid}", {"do": "delete"}).status_code == 403
    assert len(kept(app)) == 1


def test_a_contact_shows_what_they_wrote_once_they_confirmed(app: Flask, client: FlaskClient, mailbox: Mailbox) -> None:
    form_id = made(app)
    sign_up(client, form_id, ADA, fields={"message": TEXT})
    confirm_all(app, client, mailbox, ADA)
    opal = signed_in(app)
    from signup.contacts.contact import Contact  # noqa: PLC0415

    uid = db.session.scalars(select(Contact.uid)).one()
    assert "may I reprint" in opal.get(f"/admin/contacts/{uid}").text
    assert "may I reprint" not in signed_in(app, VIC).get(f"/admin/contacts/{uid}").text


def test_the_editor_takes_the_address_that_messages_go_to(app: Flask) -> None:
    make_list()
    opal = signed_in(app)
    values = opened(opal, "/admin/forms/new?preset=contact")
    wrong = post(opal, "/admin/forms/new", values | {"messages_to": "desk@"})
    assert (wrong.status_code, "Enter a full email address" in wrong.text) == (422, True)
    assert post(opal, "/admin/forms/new", values | {"messages_to": "desk@example.org"}).status_code == 303
    form = db.session.scalars(select(Form)).one()
    assert (form.messages_to, form.version.definition.kind) == ("desk@example.org", "contact")
    path = f"/admin/forms/{form.public_id}"
    assert 'value="desk@example.org"' in opal.get(path).text
    assert post(opal, path, opened(opal, path) | {"messages_to": ""}).status_code == 303
    form = find_form(form.public_id)
    assert (form.messages_to, form.version.number) == ("", 1)
    forget_live_forms()


@pytest.mark.parametrize("language", ["fr", "de", "it", "nl"])
def test_the_owners_mail_speaks_the_lists_language(
    app: Flask, client: FlaskClient, mailbox: Mailbox, language: str
) -> None:
    form_id = made(app)
    with transaction():
        find_form(form_id).list.language = language
        forget_live_forms()
    write(client, form_id)
    drain(app)
    assert "sent this with the form" not in text_of(mailbox.last("letter@example.org"))
