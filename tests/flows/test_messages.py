"""A message or a registration arrives without the list: mailed to the form's owner, and nobody else is written to."""

from datetime import timedelta
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import func, select, update

from signup.consent.consent_event import ConsentEvent
from signup.consent.mailing_list import find_list
from signup.contacts.contact import Contact
from signup.enquiries import enquiry
from signup.enquiries.enquiry import MAILED_AN_HOUR, Enquiry
from signup.forms.form import Form, find_form
from signup.forms.live_form import forget_live_forms
from signup.forms.preset import PRESETS, definition_from
from signup.ground.db import db, transaction
from signup.ground.dialect import now
from signup.ground.tokens import TokenPurpose, keys
from signup.mailer.message import Message
from signup.signups.signup import Signup
from tests.cast import (
    ADA,
    BLOG,
    BOB,
    DAN,
    EVE,
    Mailbox,
    code_in,
    confirm_all,
    drain,
    forget_limits,
    link_in,
    make_list,
    sign_up,
    state_of,
    suppress,
    text_of,
)

OWNER = "letter@example.org"  # the list's sender
TEXT = "Good day,\n\nmay I reprint “Seven questions”?\n  – Eve"
PAGE = {"Content-Type": "application/x-www-form-urlencoded"}


@pytest.fixture
def form_id(app: Flask) -> str:
    return made(app)


def made(app: Flask, name: str = "contact", **more: Any) -> str:
    """A form as its preset goes out, allowed on the blog."""
    mailing_list = make_list()
    form = Form(name="Contact us", list_id=mailing_list.id)
    with transaction():
        said = definition_from(PRESETS[name], "people", mailing_list)
        form.publish(said.model_copy(update={"allowed_origins": (BLOG,)} | more))
    forget_live_forms()
    return form.public_id


def write(client: FlaskClient, form_id: str, address: str = EVE, **more: Any) -> Any:
    return client.post(f"/f/{form_id}", data={"email": address, "message": TEXT, "lang": "en"} | more)


def count(app: Flask, table: Any) -> int:
    return db.session.scalar(select(func.count()).select_from(table)) or 0


def enquiries(app: Flask) -> list[Enquiry]:
    return list(db.session.scalars(select(Enquiry).order_by(Enquiry.id)))


def test_a_message_arrives_without_the_list(app: Flask, client: FlaskClient, mailbox: Mailbox, form_id: str) -> None:
    answer = write(client, form_id)
    assert answer.status_code == 303
    assert EVE not in answer.location
    page = client.get(answer.location).text
    assert "your message has been sent" in page
    assert 'name="code"' not in page
    drain(app)
    (mail,) = mailbox.mails()
    assert mail["Delivered-To"] == OWNER
    assert mail["Reply-To"] == EVE
    assert mail["Subject"] == f"Contact us: {EVE}"
    assert mail["Auto-Submitted"] == "auto-generated"
    assert TEXT in text_of(mail).replace("\r\n", "\n")
    assert "was not ticked" in text_of(mail)
    for table in (Contact, Signup, ConsentEvent):
        assert count(app, table) == 0
    (kept,) = enquiries(app)
    assert (kept.address, kept.answers, kept.held_by, kept.signup_id) == (EVE, {"message": TEXT}, "", None)


def test_whoever_ticks_the_box_confirms_the_list_alone(
    app: Flask, client: FlaskClient, mailbox: Mailbox, form_id: str
) -> None:
    answer = write(client, form_id, consent="yes")
    page = client.get(answer.location).text
    assert "your message has been sent" in page
    assert "You also ticked the box" in page
    assert 'name="code"' in page
    drain(app)
    assert "was ticked too" in text_of(mailbox.last(OWNER))
    asked = text_of(mailbox.last(EVE))
    assert TEXT not in asked
    assert "Someone sent a message with this address" in asked
    assert "The message has arrived." in asked
    assert code_in(mailbox.last(EVE))
    assert state_of(EVE) == "pending"
    assert client.post(link_in(mailbox.last(EVE))).status_code == 303
    assert state_of(EVE) == "confirmed"
    person = db.session.scalars(select(Contact)).one()
    uid = person.uid
    assert person.answers == {}, "what one writes is no value of a contact"
    assert [one.answers["message"] for one in enquiry.of_contact(person.id)] == [TEXT]
    drain(app)
    preferences = link_in(mailbox.last(EVE), "preferences")
    assert "Your message" not in client.get(preferences).text
    copy = client.post(f"/copy/{keys().sign(TokenPurpose.COPY, uid)}").json
    assert copy
    assert [one["said"]["Your message"] for one in copy["messages"]] == [TEXT]


def test_a_message_under_somebody_elses_address_never_stands_on_their_contact(
    app: Flask, client: FlaskClient, mailbox: Mailbox, form_id: str
) -> None:
    sign_up(client, form_id, ADA, fields={"message": "Hello"})
    confirm_all(app, client, mailbox, ADA)
    forget(app)
    write(client, form_id, ADA, message="I hate you all.", consent="yes")
    write(client, form_id, ADA, message="And you.")
    ada = db.session.scalars(select(Contact)).one()
    assert [one.answers["message"] for one in enquiry.of_contact(ada.id)] == ["Hello"]


def forget(app: Flask) -> None:
    forget_limits()


@pytest.mark.parametrize("consent", ["yes", ""])
def test_the_answer_is_the_same_for_every_address(
    app: Flask, client: FlaskClient, mailbox: Mailbox, form_id: str, consent: str, noise: None
) -> None:
    sign_up(client, form_id, ADA, fields={"message": "Hello"})
    confirm_all(app, client, mailbox, ADA)
    sign_up(client, form_id, BOB, fields={"message": "Hello"})
    suppress(DAN)
    before = len(enquiries(app))
    answers = []
    for address in (ADA, BOB, DAN, EVE, EVE, EVE):  # three times: the address may have no further mail by then
        given = {"email": address, "consent": bool(consent), "fields": {"message": TEXT}}
        answer = client.post(f"/f/{form_id}", json=given, headers={"Accept": "application/json", "Origin": BLOG})
        told = answer.json or {}
        answers.append((answer.status_code, tuple(sorted(told)), told["status"]))
    assert len(set(answers)) == 1, answers
    assert answers[0][2] == ("pending" if consent else "sent")
    kept = enquiries(app)[before:]
    assert len(kept) == 6
    assert not any(one.held_by for one in kept), "a message arrives whatever becomes of the sign-up"


def test_who_did_not_tick_the_box_is_never_written_to(
    app: Flask, client: FlaskClient, mailbox: Mailbox, form_id: str
) -> None:
    for _n in range(5):
        write(client, form_id, BOB)
    drain(app)
    assert mailbox.mails(BOB) == []
    assert len(mailbox.mails(OWNER)) == 5


def test_a_registration_asks_for_no_list_either(app: Flask, client: FlaskClient, mailbox: Mailbox) -> None:
    form_id = made(app, "event")
    page = client.get(f"/f/{form_id}").text
    assert "I would also like to receive" in page
    assert 'id="consent" name="consent" value="yes" required' not in page
    answer = write(client, form_id, last_name="Evans", persons="3")
    assert "you are registered" in client.get(answer.location).text
    drain(app)
    text = text_of(mailbox.last(OWNER))
    assert "Evans" in text
    assert "How many people are coming?\n3" in text.replace("\r\n", "\n")


def test_the_message_itself_is_needed_and_may_be_long_but_not_endless(client: FlaskClient, form_id: str) -> None:
    assert "Fill in this field." in write(client, form_id, message=" ").text
    assert write(client, form_id, message="x" * 5_000).status_code == 303
    long = write(client, form_id, message="x" * 5_001)
    assert (long.status_code, "Use 5,000 characters or fewer" in long.text) == (422, True)
    assert write(client, form_id, message="a\0b").status_code == 422
    assert write(client, form_id, "eve@").status_code == 422


@pytest.mark.parametrize(
    ("sent", "kept"),
    [
        ("one\r\ntwo\r\n\r\nthree", "one\ntwo\n\nthree"),
        ("  one  \n two\t\n", "one\n two"),
        ("😀\u2028line", "😀\nline"),
        ("{{ token }} {% if x %} =1+1 <script>", "{{ token }} {% if x %} =1+1 <script>"),
        ("Bcc: all@example.org\n\n.\nQUIT", "Bcc: all@example.org\n\n.\nQUIT"),
    ],
)
def test_a_message_keeps_its_lines_and_is_nothing_but_text(
    app: Flask, client: FlaskClient, mailbox: Mailbox, form_id: str, sent: str, kept: str
) -> None:
    assert write(client, form_id, message=sent).status_code == 303
    drain(app)
    assert enquiries(app)[0].answers["message"] == kept
    (mail,) = mailbox.mails()
    assert kept in text_of(mail).replace("\r\n", "\n")
    assert set(mail.keys()) >= {"Reply-To", "Message-ID"}
    assert "Bcc" not in mail


def test_a_reply_address_that_not_every_relay_takes_stays_in_the_text(
    app: Flask, client: FlaskClient, mailbox: Mailbox, form_id: str
) -> None:
    write(client, form_id, "élodie@bücher.example")
    drain(app)
    (mail,) = mailbox.mails()
    assert "Reply-To" not in mail
    assert "élodie@" in text_of(mail)


def test_the_mail_goes_where_the_form_says(app: Flask, client: FlaskClient, mailbox: Mailbox, form_id: str) -> None:
    with transaction():
        find_form(form_id).messages_to = "desk@example.org"
        forget_live_forms()
    write(client, form_id)
    drain(app)
    assert [mail["Delivered-To"] for mail in mailbox.mails()] == ["desk@example.org"]


def test_the_owner_is_not_flooded_and_nothing_is_lost(
    app: Flask, client: FlaskClient, mailbox: Mailbox, form_id: str
) -> None:
    for n in range(MAILED_AN_HOUR + 2):
        address = {"REMOTE_ADDR": f"198.51.{n}.7"}
        data = {"email": EVE, "message": f"number {n}"}
        assert client.post(f"/f/{form_id}", data=data, environ_base=address).status_code == 303
    kept = enquiries(app)
    assert [one.held_by for one in kept[-3:]] == ["", "messages", "messages"]
    assert count(app, Message) == MAILED_AN_HOUR
    with transaction():
        db.session.execute(update(Enquiry).values(created_at=now(-timedelta(hours=2))))
    write(client, form_id)
    assert enquiries(app)[-1].held_by == ""


def test_one_visitor_is_told_when_it_is_too_much(client: FlaskClient, form_id: str) -> None:
    places = {"REMOTE_ADDR": "203.0.113.9"}
    answers = [
        client.post(f"/f/{form_id}", data={"email": EVE, "message": TEXT}, environ_base=places).status_code
        for _n in range(11)
    ]
    assert answers[:5] == [303] * 5
    assert answers[-1] == 429


def test_what_a_program_fills_in_is_held_back_and_not_lost(
    app: Flask, client: FlaskClient, mailbox: Mailbox, form_id: str
) -> None:
    answer = write(client, form_id, leave_empty="x", consent="yes")
    assert answer.status_code == 303
    drain(app)
    assert mailbox.mails() == []
    assert [one.held_by for one in enquiries(app)] == ["honeypot"]
    assert count(app, Signup) == 0


def test_messages_are_deleted_when_their_time_is_over(app: Flask, client: FlaskClient, form_id: str) -> None:
    write(client, form_id)
    write(client, form_id, message="a younger one")
    with transaction():
        first = select(func.min(Enquiry.id)).scalar_subquery()
        old = update(Enquiry).where(Enquiry.id == first).values(created_at=now(-timedelta(days=181)))
        db.session.execute(old)
    enquiry.forget_enquiries()
    assert [one.answers["message"] for one in enquiries(app)] == ["a younger one"]


def test_the_code_confirms_beside_a_message_too(
    app: Flask, client: FlaskClient, mailbox: Mailbox, form_id: str
) -> None:
    given = {"email": EVE, "consent": True, "fields": {"message": TEXT}}
    told = client.post(f"/f/{form_id}", json=given, headers={"Accept": "application/json", "Origin": BLOG}).json
    drain(app)
    assert told
    body = {"signup": told["signup"], "code": code_in(mailbox.last(EVE))}
    done = client.post(f"/f/{form_id}/code", json=body, headers={"Accept": "application/json", "Origin": BLOG})
    assert done.status_code == 200


def test_a_scripts_form_is_told_what_to_draw(client: FlaskClient, form_id: str) -> None:
    told = client.get(f"/f/{form_id}/embed", headers={"Origin": BLOG}).json
    assert told
    message = next(one for one in told["fields"] if one["key"] == "message")
    assert (message["area"], message["input"]["maxlength"], message["input"]["required"]) == (True, 5000, True)
    assert told["consents"][0]["input"]["required"] is False
    assert "has been sent" in told["words"]["sent"]


@pytest.mark.parametrize("name", ["loyalty", "event", "contact", "white-paper", "newsletter"])
def test_each_input_opens_the_keypad_that_fits(app: Flask, client: FlaskClient, name: str) -> None:
    form_id = made(app, name)
    page = client.get(f"/f/{form_id}").text
    wanted = {
        "phone": 'id="phone" name="phone" type="tel" inputmode="tel" autocomplete="tel" maxlength="40"',
        "persons": 'id="persons" name="persons" type="number" step="any" inputmode="decimal"',
        "message": '<textarea id="message" name="message" rows="5" maxlength="5000" required',
        "last_name": 'autocomplete="family-name"',
        "first_name": 'autocomplete="given-name"',
    }
    asked = {field.key for field in find_form(form_id).version.definition.first_fields}
    for key, html in wanted.items():
        assert (html in page) == (key in asked), key


def test_the_list_of_the_form_is_its_own(app: Flask, form_id: str) -> None:
    assert find_form(form_id).list_id == find_list("the-letter").id
