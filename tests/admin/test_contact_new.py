"""Adding one person by hand: nobody gets onto a list by it but by their own click, or by a record that is graded."""

import re

from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select

from signup.consent.mailing_list import find_list
from signup.contacts.contact import Contact
from signup.contacts.note import ContactNote
from signup.files.import_run import ImportRun
from signup.ground.db import db
from tests.admin.cast import EDITH, OPAL, VIC, actions, post, signed_in
from tests.cast import WORDING, Mailbox, drain, events_of, link_in, make_form, make_list, state_of

NEW = "new@example.org"
ASK = {"email": NEW, "first_name": "Zoé", "asked": "y"}


def add(client: FlaskClient, form_id: str, **more: str) -> tuple[int, str]:
    answer = post(client, "/admin/contacts/new", ASK | {"form": form_id} | more)
    return answer.status_code, answer.text if answer.status_code != 303 else answer.location


def test_somebody_who_asked_by_phone_confirms_by_email_and_sees_the_words(
    app: Flask, client: FlaskClient, mailbox: Mailbox, form_id: str
) -> None:
    opal = signed_in(app, OPAL)
    status, page = add(opal, form_id, note="By phone 🙂")
    assert status == 303
    assert state_of(NEW) == "pending"
    assert "By phone 🙂" in opal.get(page).text
    drain(app)
    link = link_in(mailbox.last(NEW))
    assert WORDING in client.get(link).text
    assert client.post(link).status_code == 303
    assert state_of(NEW) == "confirmed"
    assert db.session.scalars(select(Contact.name).where(Contact.address_key == NEW)).one() == "Zoé"
    proof = opal.get(f"{page}/proof").text
    assert "The person asked an operator to be put on the list" in proof
    assert "filled in the form" not in proof
    assert events_of(NEW)[0] == "requested"
    assert actions(app)[1] == "contact-asked"
    assert "on the list already" in add(opal, form_id)[1]


def test_who_is_not_asked_and_how_often(app: Flask, mailbox: Mailbox, form_id: str, cleo: str, dan: str) -> None:
    opal = signed_in(app, OPAL)
    assert add(opal, form_id)[0] == 303
    status, page = add(opal, form_id)
    assert (status, "No email was sent" in page) == (429, True)
    assert "suppression list" in add(opal, form_id, email=dan)[1]
    assert add(opal, form_id, email=cleo)[0] in {303, 429}  # who left may have asked again; the governor counts alike
    assert state_of(cleo) == "unsubscribed"
    for wrong in ({"email": "a@b"}, {"asked": ""}, {"form": "nonsense"}, {"email": "a@example.org, b@example.org"}):
        assert add(opal, form_id, **wrong)[0] == 422
    drain(app)
    assert len(mailbox.mails(NEW)) == 1
    assert len(mailbox.mails(dan)) == 0


def test_no_form_that_asks_nobody_is_offered(app: Flask) -> None:
    single = make_form(magnet=False, opt_in="single", single_reason="At the counter").public_id
    opal = signed_in(app, OPAL)
    assert "Publish one first" in opal.get("/admin/contacts/new").text
    assert add(opal, single)[0] == 422
    assert db.session.scalar(select(Contact.id)) is None


def test_an_editor_asks_for_their_lists_alone_and_a_viewer_for_none(app: Flask, form_id: str) -> None:
    other = make_form(make_list("other", name="Other"), magnet=False).public_id
    ours = find_list("the-letter").id
    edith, vic = signed_in(app, EDITH, lists=[ours]), signed_in(app, VIC)
    assert "Other" not in edith.get("/admin/contacts/new").text
    assert add(edith, other)[0] == 422
    assert add(edith, form_id, note="Not kept") == (303, "/admin/contacts")
    assert db.session.scalar(select(ContactNote.id)) is None
    assert vic.get("/admin/contacts/new").status_code == 403
    assert add(vic, form_id)[0] == 403
    assert post(edith, "/admin/contacts/new/proof", {"proof-email": NEW}).status_code == 403


def test_a_written_proof_is_an_import_of_one_row_that_confirms_nobody_by_itself(app: Flask, form_id: str) -> None:
    opal = signed_in(app, OPAL)
    row = {"proof-email": NEW, "proof-last_name": '=Zoé "Z", 1', "proof-mailing_list": "the-letter"}
    answer = post(opal, "/admin/contacts/new/proof", row | {"proof-origin": "claim", "proof-opt_in": "2026-05-03"})
    assert re.fullmatch(r"/admin/contacts/imports/[0-9a-f-]+/read", answer.location)
    assert NEW in opal.get(answer.location).text
    run = db.session.scalars(select(ImportRun)).one()
    assert (run.origin, run.state) == ("claim", "done")
    assert db.session.scalar(select(Contact.id)) is None
    assert post(opal, "/admin/contacts/new/proof", row | {"proof-origin": "own"}).status_code == 422
    assert post(opal, "/admin/contacts/new/proof", row | {"proof-email": "x"}).status_code == 422


def test_ticked_people_are_asked_each_and_those_who_left_are_not(
    app: Flask, client: FlaskClient, mailbox: Mailbox, ada: str, cleo: str, bob: str
) -> None:
    other = make_form(make_list("other", name="Other"), magnet=False).public_id
    opal = signed_in(app, OPAL)
    uids = [str(uid) for uid in db.session.scalars(select(Contact.uid).order_by(Contact.id))]
    path, ticked = "/admin/contacts/ask", {"uid": uids, "form": other}
    page = post(opal, path, ticked).text
    assert "2 people would be asked" in page
    assert "1 has left" in page
    assert post(opal, path, ticked | {"do": "ask"}).status_code == 422
    assert "Tick up to 100" in post(opal, path, {"all": "1", "form": other, "do": "ask", "asked": "y"}).text
    assert state_of(ada, "other") is None
    answer = post(opal, path, ticked | {"do": "ask", "asked": "y"}, follow_redirects=True)
    assert "2 people were asked by email" in answer.text
    assert [state_of(one, "other") for one in (ada, bob, cleo)] == ["pending", "pending", None]
    assert "3 are or were" not in post(opal, path, ticked).text
    drain(app)
    assert client.post(link_in(mailbox.last(ada))).status_code == 303
    assert state_of(ada, "other") == "confirmed"
    assert actions(app)[-1] == "contacts-asked"
    assert post(signed_in(app, EDITH, lists=[find_list("other").id]), path, ticked).status_code == 403
