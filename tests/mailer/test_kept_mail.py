"""A mail that belongs to a consent can be shown years later, word for word, and proved by its hash."""

import hashlib
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from uuid import UUID

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select, update

from signup.consent import snapshot
from signup.consent.consent_event import ConsentEvent, ConsentType
from signup.contacts.contact import Contact
from signup.ground.db import db, transaction
from signup.ground.driver_sql import to_json
from signup.mailer import compose, kept_mail
from signup.mailer.compose import Draft
from signup.mailer.message import Message
from signup.mailer.message_kind import MessageKind
from signup.privacy import purge_unconfirmed
from signup.signups import remind
from signup.signups.signup import Signup
from tests.cast import (
    ADA,
    BOB,
    EVE,
    Mailbox,
    code_in,
    drain,
    forget_limits,
    get_copy,
    link_in,
    make_form,
    sign_up,
)

OLD, NEW = "an-old-key-that-is-long-enough-for-this", "a-new-key-that-is-long-enough-for-this-too"
PINNED = {
    "confirm": "5921a8d104f1e96feb177a7e09b1b5ff0d080368776837f7f5a85644e5436157",
    "reminder": "3afd0a060f7af06264ba85344baa3015b4c14f00775105c98c6cc85c081a3431",
    "welcome": "80f84a534cd60f4901ad20cc4fe9b7246417a54defe4b1da0fb5765e578ae949",
    "already": "af4e89776dd8a58af9d2274d383460a286cb3aafd4bac8410df2d85a508a68c1",
}
"""SHA-256 of mails that this release builds from a stored template. What was sent is proved by such a hash: if a change
of the program, of Python or of Jinja breaks one, mails of before must keep being built as before.
"""

VALUES = {
    "magnet": "Le café “noir” & <more>",
    "download": "example",
    "partners": [{"name": "Étoile", "privacy_url": "https://etoile.example/vie-privee"}],
}


def events(address: str) -> list[ConsentEvent]:
    """The events of the mails that the relay took for this person, the oldest first."""
    db.session.rollback()
    query = select(ConsentEvent).join(Contact, Contact.id == ConsentEvent.contact_id)
    query = query.where(Contact.address_key == address, ConsentEvent.type == ConsentType.MAIL_ACCEPTED)
    return list(db.session.scalars(query.order_by(ConsentEvent.id)))


def received(mailbox: Mailbox, address: str) -> list[bytes]:
    """The bytes that the relay was given, without the lines that it put before them."""
    found = []
    for path in sorted(mailbox.folder.glob("*.eml")):
        content = path.read_bytes().replace(b"\r\n", b"\n").replace(b"\n", b"\r\n")
        if f"To: <{address}>".encode() in content:
            found.append(content[content.index(b"From: ") :])
    return found


def forget_messages() -> None:
    """As if a day had passed: the outbox has forgotten what its mails said."""
    with transaction():
        db.session.execute(update(Message).values(data=None))


def test_the_words_of_a_confirmation_are_shown_from_the_proof_alone_and_their_hash_is_that_of_what_was_sent(
    app: Flask, client: FlaskClient, mailbox: Mailbox, noise: None, ada: str
) -> None:
    (event,) = events(ADA)
    forget_messages()
    kept = kept_mail.read(event)
    assert (kept.kind, kept.is_exact) == ("confirm", True)
    sent = received(mailbox, ADA)[0]
    rebuilt = kept_mail.exact(event)
    assert rebuilt is not None
    assert rebuilt.content == sent
    assert hashlib.sha256(sent).hexdigest() == event.mail_hash
    assert kept.words is not None
    assert kept.words.subject == "Please confirm: The Letter"
    assert code_in(mailbox.mails(ADA)[0]) in kept.words.text
    assert f"/confirm/{kept_mail.MASK}" in kept.words.text
    assert f"/confirm/{kept_mail.MASK}" in kept.words.html


def test_a_proof_holds_no_link_that_works(
    app: Flask, client: FlaskClient, mailbox: Mailbox, ada: str, form_id: str
) -> None:
    forget_limits()
    sign_up(client, form_id, ADA)
    drain(app)
    confirm, already = events(ADA)
    mail = mailbox.last(ADA)
    for link, event in (
        ("confirm", confirm),
        *((link, already) for link in ("unsubscribe", "preferences", "download")),
    ):
        whole = link_in(mailbox.mails(ADA)[0] if link == "confirm" else mail, link)
        signature = whole.rpartition(".")[2]
        assert signature not in to_json(event.answers)
        kept = kept_mail.read(event)
        assert kept.is_exact
        assert kept.words is not None
        assert whole not in kept.words.text + kept.words.html
        assert f"/{link}/{kept_mail.MASK}" in kept.words.html


def test_a_reminder_and_the_mail_to_who_is_on_the_list_already_are_kept_a_welcome_after_a_confirmation_is_not(
    app: Flask, client: FlaskClient, mailbox: Mailbox, ada: str, bob: str, form_id: str
) -> None:
    forget_limits()
    sign_up(client, form_id, ADA)
    with transaction():
        db.session.execute(update(Signup).values(remind_at=Signup.created_at))
        db.session.execute(update(Message).values(sent_at=datetime(2026, 1, 1, tzinfo=UTC)))
    remind.remind()
    drain(app)
    assert [kept_mail.read(event).kind for event in events(ADA)] == ["confirm", "already"]
    kinds = [kept_mail.read(event).kind for event in events(BOB)]
    assert kinds in (["confirm", "reminder"], ["confirm"]), "one in ten gets no reminder"
    assert all(kept_mail.read(event).is_exact for event in (*events(ADA), *events(BOB)))


def test_the_welcome_is_kept_where_there_was_no_confirmation_email(
    app: Flask, client: FlaskClient, mailbox: Mailbox
) -> None:
    form = make_form(opt_in="single", single_reason="a voucher at the counter")
    sign_up(client, form.public_id, EVE)
    drain(app)
    (event,) = events(EVE)
    kept = kept_mail.read(event)
    assert (kept.kind, kept.is_exact) == ("welcome", True)


def test_after_a_change_of_keys_the_mail_is_still_proved_and_without_the_old_key_its_words_are_still_there(
    make_app: Callable[..., Flask], mailbox: Mailbox
) -> None:
    app = make_app(secret_keys=OLD)
    form_id = make_form().public_id
    sign_up(app.test_client(), form_id, ADA)
    drain(app)
    make_app(secret_keys=f"{NEW} {OLD}")
    (event,) = events(ADA)
    assert kept_mail.read(event).is_exact
    make_app(secret_keys=NEW)
    (event,) = events(ADA)
    kept = kept_mail.read(event)
    assert not kept.is_exact
    assert kept.words is not None
    assert "Someone entered this address" in kept.words.text


def test_the_words_go_with_the_person(app: Flask, client: FlaskClient, bob: str) -> None:
    with transaction():
        db.session.execute(update(Signup).values(expires_at=datetime(2026, 1, 1, tzinfo=UTC)))
    (contact_id,) = {event.contact_id for event in events(BOB)}
    purge_unconfirmed.expire()
    mine = (ConsentEvent.contact_id == contact_id, ConsentEvent.type == ConsentType.MAIL_ACCEPTED)
    (event,) = db.session.scalars(select(ConsentEvent).where(*mine))
    assert (event.address, event.answers, event.salt) == (None, None, None)
    kept = kept_mail.read(event)
    assert (kept.words, kept.is_exact) == (None, False)
    assert kept.hash == event.mail_hash


def test_the_copy_of_their_data_has_the_words_and_no_working_link(
    app: Flask, client: FlaskClient, mailbox: Mailbox, ada: str
) -> None:
    copy = get_copy(app, client, mailbox, ADA).get_json()
    (mail,) = [one for one in copy["consent"] if "email" in one]
    assert mail["subject"] == "Please confirm: The Letter"
    assert kept_mail.MASK in mail["email"]
    assert not any("answers" in one for one in copy["consent"] if one["what"] == "mail_accepted")


@pytest.mark.one_engine
@pytest.mark.parametrize("kind", PINNED)
def test_a_stored_mail_is_built_with_the_same_bytes_by_every_release(app: Flask, kind: str) -> None:
    content = (Path(__file__).parent / "kept_mails" / f"{kind}.json").read_text()
    with transaction():
        template = snapshot.keep(snapshot.SnapshotKind.MAIL, content)
    draft = Draft(
        UUID(int=7),
        kind,
        "éva@bücher.example",
        template,
        MessageKind(kind).rules.sample | VALUES,
        datetime(2026, 11, 30, 12, 0, 5, 678_000, tzinfo=UTC),
    )
    assert compose.render(draft).hash == PINNED[kind]
