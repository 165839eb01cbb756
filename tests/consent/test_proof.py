"""The proof of one sign-up: who agreed to what, when, how, and what they were told."""

import hashlib
from collections.abc import Sequence
from typing import Any

from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select

from signup.consent.consent_event import SALT_BYTES, ConsentEvent, ConsentType
from signup.consent.snapshot import Snapshot, SnapshotKind, digest
from signup.contacts.contact import Contact
from signup.forms.form import find_form
from signup.ground.db import db
from signup.ground.tokens import keys
from signup.mailer.message import Message
from signup.mailer.message_kind import MessageKind
from signup.signups.signup import Signup
from tests.cast import ADA, BLOG, WORDING, Mailbox, code_in, drain, link_in


def test_the_proof_of_a_sign_up_says_who_agreed_to_what_how_and_what_they_were_told(
    app: Flask, client: FlaskClient, mailbox: Mailbox, noise: None, form_id: str
) -> None:
    answers = {"first_name": "Ada", "interests": ["privacy"]}
    body = {"email": " Ada@Example.org ", "fields": answers, "page": f"{BLOG}/post", "consent": True}
    body |= {"referrer": "https://search.example.net/?q=ada"}
    headers = {"Accept": "application/json", "Origin": BLOG, "User-Agent": "Reader/1"}
    at_home, at_work = ({"REMOTE_ADDR": f"198.51.100.{number}"} for number in (7, 8))
    assert client.post(f"/f/{form_id}", json=body, headers=headers, environ_overrides=at_home).status_code == 202
    drain(app)
    mail = mailbox.last(ADA)
    assert client.post(link_in(mail), headers={"User-Agent": "Phone/2"}, environ_overrides=at_work).status_code == 303
    ada = db.session.scalars(select(Contact).where(Contact.address_key == ADA)).one()
    signup = db.session.scalars(select(Signup).where(Signup.contact_id == ada.id)).one()
    wording, template = digest(WORDING), signup_template(signup.id)
    about = {"contact_id": ada.id, "list_id": signup.list_id, "signup_id": signup.id, "purpose": "list"}
    about |= {"form_version_id": find_form(form_id).version_id, "locale": "en"}
    agreed = about | {"controller": "Example Press", "wording_hash": wording, "answers": answers}
    requested, accepted, confirmed = (told(event) for event in proof_of(ada.id))
    assert requested == agreed | {
        "type": "requested",
        "method": "json",
        "address": "Ada@Example.org",
        "ip": "198.51.100.7",
        "agent": "Reader/1",
        "page": f"{BLOG}/post",
        "referrer": "https://search.example.net/",
    }
    mailed = accepted.pop("answers")
    assert (mailed["kind"], mailed["values"]["code"]) == ("confirm", code_in(mail))
    assert accepted == about | {
        "address": "Ada@example.org",
        "type": "mail_accepted",
        "method": "smtp",
        "controller": "",
        "relay_reply": "250 OK",
        "mail_template_hash": template,
        "mail_message_id": mail["Message-ID"],
        "mail_hash": sent_hash(mailbox),
    }
    assert confirmed == agreed | {
        "type": "confirmed",
        "method": "link",
        "key_id": keys().newest_id,
        "address": "Ada@example.org",
        "ip": "198.51.100.8",
        "agent": "Phone/2",
    }
    kinds = [db.session.get_one(Snapshot, hash_).kind for hash_ in (wording, template)]
    assert kinds == [SnapshotKind.WORDING, SnapshotKind.MAIL]


def test_what_is_personal_in_a_proof_has_a_salt_of_its_own(
    app: Flask, client: FlaskClient, mailbox: Mailbox, ada: str
) -> None:
    contact_id = db.session.scalars(select(Contact.id).where(Contact.address_key == ada)).one()
    salts = [event.salt for event in proof_of(contact_id) if event.address]
    assert len(set(salts)) == len(salts) == 3
    assert all(len(salt or b"") == SALT_BYTES for salt in salts)


def test_the_words_of_the_proof_are_for_good() -> None:
    """Rows of the proof never change: another word for the same thing would part the old ones from the new."""
    said = "requested mail_accepted confirmed preference_changed withdrawn tracking_granted tracking_withdrawn"
    more = "unsubscribed mail_bounced complained disowned expired imported corrected merged erased"
    assert list(ConsentType) == [*said.split(), *more.split()]
    assert list(SnapshotKind) == ["wording", "form", "mail", "shown", "style"]


def proof_of(contact_id: int) -> Sequence[ConsentEvent]:
    query = select(ConsentEvent).where(ConsentEvent.contact_id == contact_id)
    return db.session.scalars(query.order_by(ConsentEvent.id)).all()


def told(event: ConsentEvent) -> dict[str, Any]:
    """All that an event says, but its own name, time and salt."""
    names = [column.name for column in ConsentEvent.__table__.columns if column.name not in {"id", "at", "salt"}]
    return {name: getattr(event, name) for name in names if getattr(event, name) is not None}


def signup_template(signup_id: int) -> str:
    query = select(Message.template_hash).where(Message.signup_id == signup_id, Message.kind == MessageKind.CONFIRM)
    return db.session.scalars(query).one()


def sent_hash(mailbox: Mailbox) -> str:
    """Of the newest mail as it was handed over: what the relay put above its first line is the relay's."""
    content = max(mailbox.folder.glob("*.eml")).read_bytes()
    return hashlib.sha256(content[content.index(b"From:") :]).hexdigest()
