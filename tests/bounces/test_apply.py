"""A dead address is mailed no longer, a full one only after a while; a made-up bounce ends nothing."""

from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import func, select, update

from signup.bounces.intake.hand_on import hand_on
from signup.bounces.intake.read_mails import read_path
from signup.bounces.read_refusals import read_refusals
from signup.bounces.returned_mail import ReturnedMail
from signup.consent.suppression import reason_for
from signup.contacts.contact import hash_of
from signup.ground.db import db, transaction
from signup.ground.dialect import now
from signup.mailer.message import Message
from signup.mailer.return_address import verp
from tests.cast import ADA, BOB, EVE, Mailbox, confirm_all, drain, events_of, sign_up, state_of

pytestmark = pytest.mark.both_engines
UNKNOWN = "550 5.1.1 User unknown"


@pytest.fixture
def ada(app: Flask, client: FlaskClient, form_id: str, mailbox: Mailbox) -> Message:
    """Ada's last mail, once she is on the list; Bob is there as well."""
    for address in (ADA, BOB):
        assert sign_up(client, form_id, address).status_code == 202
    confirm_all(app, client, mailbox, ADA, BOB)
    return last_mail(ADA)


def last_mail(address: str) -> Message:
    db.session.rollback()
    found = db.session.scalars(select(Message).where(Message.recipient == address).order_by(Message.id.desc())).first()
    assert found
    return found


def bounce(to: str, recipient: str, said: str = UNKNOWN, original: str = "", number: int = 1) -> bytes:
    original = f"\n--- Below this line is a copy of the message.\n\n{original}" if original else ""
    return (
        f"From: MAILER-DAEMON@mx.example.net\nTo: {to}\nSubject: failure notice\n"
        f"Message-ID: <{number}@mx.example.net>\n\n"
        f"<{recipient}>:\n{said}\n{original}"
    ).encode()


def headers_of(message: Message) -> str:
    return (
        f"From: letter@example.org\nTo: {message.recipient}\nSubject: Hello\n"
        f"Message-ID: <{message.uid.hex}@example.org>\n"
    )


def path_of(message: Message) -> str:
    return verp.return_path(message.uid, "bounces.example.org")


def count() -> int:
    db.session.rollback()
    return db.session.scalar(select(func.count()).select_from(ReturnedMail)) or 0


def test_a_mail_to_a_dead_address_ends_its_subscriptions_with_proof(ada: Message) -> None:
    assert hand_on(bounce(path_of(ada), ADA))
    assert (state_of(ADA), state_of(BOB)) == ("bounced", "confirmed")
    assert events_of(ADA)[-1] == "mail_bounced"
    assert (reason_for(hash_of(ADA)), reason_for(hash_of(BOB))) == ("hard bounce", None)


def test_reading_a_bounce_twice_counts_once(ada: Message, tmp_path: Path) -> None:
    for folder in ("new", "cur"):
        (tmp_path / "box" / folder).mkdir(parents=True)
        (tmp_path / "box" / folder / "1").write_bytes(bounce(path_of(ada), ADA))
    assert read_path(tmp_path / "box") == (2, 1)
    assert count() == 1
    assert events_of(ADA).count("mail_bounced") == 1


@pytest.mark.parametrize(
    "forged",
    [
        lambda _ada: bounce("letter@example.org", ADA),
        lambda _ada: bounce("b-" + "a" * 42 + "@bounces.example.org", ADA),
        lambda _ada: bounce(
            "letter@example.org", ADA, original=f"Message-ID: <{'0' * 32}@example.org>\nFrom: a@b.de\nTo: {ADA}"
        ),
        lambda ada: bounce("letter@example.org", EVE, original=headers_of(ada).replace(ADA, EVE)),
        lambda ada: bounce(path_of(ada)[:-30] + "a" * 8 + path_of(ada)[-22:], ADA),
    ],
    ids=["plain", "made-up path", "made-up id", "another recipient", "changed path"],
)
def test_a_forged_bounce_ends_nothing(ada: Message, forged: Callable[[Message], bytes]) -> None:
    assert not hand_on(forged(ada))
    assert (state_of(ADA), count()) == ("confirmed", 0)


def test_a_known_message_id_with_its_recipient_is_believed(ada: Message) -> None:
    assert hand_on(bounce("letter@example.org", ADA, original=headers_of(ada)))
    assert state_of(ADA) == "bounced"


@pytest.mark.parametrize("said", ["552 mailbox full", "550 5.7.1 blocked using Spamhaus", "550 5.1.2 host not found"])
def test_one_mail_that_came_back_for_a_passing_reason_ends_nothing(ada: Message, said: str) -> None:
    assert hand_on(bounce(path_of(ada), ADA, said))
    assert (state_of(ADA), count()) == ("confirmed", 1)


def test_an_automatic_reply_to_the_return_path_ends_nothing(ada: Message) -> None:
    reply = (
        f"From: {ADA}\nTo: {path_of(ada)}\nSubject: Out of office\nAuto-Submitted: auto-replied\n\nUser unknown here\n"
    )
    assert not hand_on(reply.encode())
    assert state_of(ADA) == "confirmed"


def test_a_complaint_ends_for_good_even_what_was_left(ada: Message) -> None:
    report = (
        f"From: fbl@example.net\nTo: {path_of(ada)}\nContent-Type: multipart/report; boundary=x\n\n--x\n"
        f"Content-Type: message/feedback-report\n\nFeedback-Type: abuse\nOriginal-Rcpt-To: <{ADA}>\n\n--x--\n"
    )
    assert hand_on(report.encode())
    assert (state_of(ADA), reason_for(hash_of(ADA))) == ("complained", "complaint")
    assert events_of(ADA)[-1] == "complained"


def test_a_full_mailbox_is_mailed_no_longer_after_five_mails_in_two_weeks(ada: Message) -> None:
    mails = [copy(ada, n) for n in range(5)]
    for n, one in enumerate(mails):
        assert state_of(ADA) == "confirmed"
        assert hand_on(bounce(path_of(one), ADA, "552 mailbox full", number=n))
    assert state_of(ADA) == "bounced"


def test_five_full_mailboxes_within_days_end_nothing(ada: Message) -> None:
    for n in range(6):
        assert hand_on(bounce(path_of(copy(ada, n, timedelta())), ADA, "552 mailbox full", number=n))
    assert state_of(ADA) == "confirmed"


def copy(of: Message, number: int, age: timedelta = timedelta(days=15)) -> Message:
    """Another mail to the same person."""
    left = {"id", "uid", "dedupe_key", "created_at"}
    values = {c.key: getattr(of, c.key) for c in Message.__table__.columns if c.key not in left}
    made = Message(**values, dedupe_key=f"copy:{number}", created_at=now(-age))
    with transaction():
        db.session.add(made)
        db.session.flush()
        made_id = made.id
    found = db.session.get(Message, made_id)
    assert found
    return found


def test_three_unknown_hosts_within_three_days_end_it(ada: Message) -> None:
    for n in range(3):
        assert state_of(ADA) == "confirmed"
        assert hand_on(bounce(path_of(copy(ada, n)), ADA, "550 5.1.2 host not found", number=n))
    assert state_of(ADA) == "bounced"


def test_a_confirmation_mail_that_the_relay_refuses_counts_too(
    app: Flask, client: FlaskClient, form_id: str, mailbox: Mailbox
) -> None:
    mailbox.answer = UNKNOWN
    assert sign_up(client, form_id, EVE).status_code == 202
    drain(app)
    read_refusals()
    read_refusals()
    assert (state_of(EVE), count()) == ("bounced", 1)


def test_a_bounce_of_an_address_that_somebody_has_no_longer_leaves_their_new_one_alone(ada: Message) -> None:
    with transaction():
        old = {"recipient": "old@example.org", "recipient_hash": hash_of("old@example.org")}
        db.session.execute(update(Message).where(Message.id == ada.id).values(**old))
    assert hand_on(bounce(path_of(ada), "old@example.org"))
    assert (state_of(ADA), reason_for(hash_of("old@example.org"))) == ("confirmed", "hard bounce")
