"""The cast and their doings: Ada confirmed, Bob pending, Cleo unsubscribed, Dan suppressed, Eve a stranger."""

import email
import email.policy
import re
from email.message import EmailMessage
from pathlib import Path
from typing import Any

from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import delete, select
from werkzeug.test import TestResponse

from signup.addresses.address import parse
from signup.consent.consent_event import ConsentEvent
from signup.consent.mailing_list import MailingList
from signup.consent.subscription import Subscription
from signup.consent.suppression import Suppression
from signup.contacts.contact import Contact
from signup.demo.catcher import start_catcher
from signup.forms.form import Definition, Form
from signup.forms.live_form import forget_live_forms
from signup.forms.question import Option, Question
from signup.forms.texts import FieldTexts, FormTexts
from signup.ground.db import db, transaction
from signup.ground.private_files import make_folder
from signup.ground.tokens import keys
from signup.incentives import incentive
from signup.limits.database_store import LimitCounter
from signup.mailer import deliver
from signup.signups import resend

ADA, BOB, CLEO, DAN, EVE, OPAL = (f"{name}@example.org" for name in ("ada", "bob", "cleo", "dan", "eve", "opal"))
WORDING = "I would like to receive The Letter by e-mail. I can leave at any time."
BLOG = "https://blog.example.org"
FRENCH = FormTexts(
    title="La Lettre",
    wording="Je souhaite recevoir The Letter par e-mail. Je peux me désinscrire à tout moment.",
    fields={
        "first_name": FieldTexts(label="Prénom"),
        "interests": FieldTexts(label="Intérêts", options={"design": "Formes", "privacy": "Vie privée"}),
    },
)
"""Everything that the form of `definition` needs to be offered in French."""
PDF = b"%PDF-1.4 a small white paper"


class Mailbox:
    """A real SMTP server on the loopback. `answer` makes it refuse or defer."""

    def __init__(self, folder: Path, port: int) -> None:
        self.url = f"smtp://127.0.0.1:{port}?starttls=no"
        self._controller = start_catcher(folder, port, reply_for=lambda _envelope: self.answer)
        self.begin(folder)

    def begin(self, folder: Path) -> None:
        """Keep mails in an empty folder from now on, and take every one."""
        self.folder, self.answer = folder, "250 OK"
        self._read: dict[Path, EmailMessage] = {}
        make_folder(folder)
        self._controller.handler.mail_dir = folder

    def stop(self) -> None:
        self._controller.stop()

    def mails(self, recipient: str | None = None) -> list[EmailMessage]:
        """All mails in the order they came, of one recipient or all. Each is read once: that takes some time."""
        found = [self._mail(path) for path in sorted(self.folder.glob("*.eml"))]
        return [mail for mail in found if recipient is None or recipient.lower() in mail["Delivered-To"].lower()]

    def _mail(self, path: Path) -> EmailMessage:
        if path not in self._read:
            mail = email.message_from_bytes(path.read_bytes(), policy=email.policy.default)
            assert isinstance(mail, EmailMessage)
            self._read[path] = mail
        return self._read[path]

    def last(self, recipient: str) -> EmailMessage:
        return self.mails(recipient)[-1]


def text_of(mail: EmailMessage) -> str:
    body = mail.get_body(("plain",))
    assert body is not None
    content: str = body.get_content()
    return content


def link_in(mail: EmailMessage, kind: str = "confirm") -> str:
    """The path of the first link of a kind in a mail."""
    found = re.search(rf"https?://[^/\s]+(/{kind}/\S+)", text_of(mail))
    assert found, text_of(mail)
    return found.group(1)


def code_in(mail: EmailMessage) -> str:
    found = re.search(r"^\s+(\d{6})\s*$", text_of(mail), re.MULTILINE)
    assert found, text_of(mail)
    return found.group(1)


def make_list(slug: str = "the-letter", **more: Any) -> MailingList:
    """A list, committed."""
    values = {
        "name": "The Letter",
        "sender_name": "The Letter",
        "sender_address": "letter@example.org",
        "controller": "Example Press",
        "privacy_url": "https://example.org/privacy",
    }
    made = MailingList(slug=slug, **(values | more))
    with transaction():
        db.session.add(made)
    return made


def make_form(mailing_list: MailingList | None = None, *, magnet: bool = True, **more: Any) -> Form:
    """A form with first name and interests on a list, committed; allowed on the blog."""
    mailing_list = mailing_list or make_list()
    with transaction():
        if magnet:
            paper = incentive.store("White paper", "paper.pdf", PDF, "application/pdf")
            db.session.add(paper)
            db.session.flush()
            more.setdefault("lead_magnet_id", paper.id)
        form = Form(name=f"{mailing_list.name} form", list_id=mailing_list.id)
        form.publish(definition(**more))
    forget_live_forms()
    return form


def definition(**more: Any) -> Definition:
    options = tuple(Option(value=value, label=value.title()) for value in ("design", "privacy"))
    fields = (
        Question(key="first_name", type="text", label="First name"),
        Question(key="interests", type="multi", label="Interests", options=options),
    )
    return Definition(
        **({"title": "Get The Letter", "wording": WORDING, "fields": fields, "allowed_origins": (BLOG,)} | more)
    )


def sign_up(client: FlaskClient, form_id: str, address: str, **more: Any) -> TestResponse:
    """Send the form as JSON, as a page on the blog would."""
    body = {"email": address, "fields": {}, "page": f"{BLOG}/post", "consent": True} | more
    return client.post(f"/f/{form_id}", json=body, headers={"Accept": "application/json", "Origin": BLOG})


def drain(app: Flask) -> None:
    """Let the worker send what is asked for and due."""
    with app.app_context():  # also of an application that no fixture made
        resend.answer()
        deliver.drain()
        deliver.hang_up()


def hidden_inputs(page: str) -> dict[str, str]:
    """Name and value of each hidden input of a page, as its browser sends them."""
    return dict(re.findall(r'<input type="hidden" name="([\w-]+)" value="([^"]*)"', page))


def confirm_all(app: Flask, client: FlaskClient, mailbox: Mailbox, *addresses: str) -> None:
    """Send the mails and press the button in each of these people's."""
    drain(app)
    for address in addresses:
        assert client.post(link_in(mailbox.last(address))).status_code == 303
    drain(app)


def get_copy(app: Flask, client: FlaskClient, mailbox: Mailbox, address: str) -> TestResponse:
    """Everything known about somebody who is on a list, as they get it themselves."""
    preferences = next(
        link_in(mail, "preferences") for mail in mailbox.mails(address) if "/preferences/" in text_of(mail)
    )
    assert client.post(f"{preferences}/copy").status_code == 200
    drain(app)
    return client.post(link_in(mailbox.last(address), "copy"))


def make_noise(app: Flask, client: FlaskClient, mailbox: Mailbox) -> None:
    """Other contacts on another list, so that a query without its filter fails."""
    form_id = make_form(make_list("noise", name="Noise")).public_id
    for name in ("nina", "noel"):
        assert sign_up(client, form_id, f"{name}@example.org").status_code == 202
    confirm_all(app, client, mailbox, "nina@example.org")


def forget_limits() -> None:
    """As if a week had passed for the governor."""
    with transaction():
        db.session.execute(delete(LimitCounter))


def suppress(address: str) -> None:
    with transaction():
        db.session.add(Suppression(address_hash=keys().hash(parse(address).key), reason="test"))


def subscription_of(address: str, slug: str = "the-letter") -> Subscription | None:
    """Read anew."""
    db.session.rollback()
    query = select(Subscription).join(Contact).join(MailingList)
    found: Subscription | None = db.session.scalar(
        query.where(Contact.address_key == address.lower(), MailingList.slug == slug).execution_options(
            populate_existing=True
        )
    )
    return found


def state_of(address: str, slug: str = "the-letter") -> str | None:
    found = subscription_of(address, slug)
    return found.state if found else None


def events_of(address: str) -> list[str]:
    """The types of a contact's consent events, in order."""
    db.session.rollback()
    query = select(ConsentEvent.type).join(Contact, Contact.id == ConsentEvent.contact_id)
    return list(db.session.scalars(query.where(Contact.address_key == address).order_by(ConsentEvent.id)))
