"""Mails are signed for their sender's domain: an independent library verifies them, and finds what was changed."""

import base64
import re
from collections.abc import Callable
from typing import Any

import dkim  # type: ignore[import-untyped]
import pytest
from click.testing import CliRunner, Result
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select

from signup.cli.main import main
from signup.consent.consent_event import ConsentEvent, ConsentType
from signup.consent.mailing_list import MailingList
from signup.ground.db import db, transaction
from signup.mailer import kept_mail
from signup.mailer.dkim_key import DkimAlgorithm, DkimKey, forget_keys, keys_of, make_key
from tests.campaigns.campaign_cast import make_campaign, people, send
from tests.cast import ADA, Mailbox, confirm_all, make_form, make_list, sign_up

DOMAIN = "example.org"


@pytest.fixture
def dns(app: Flask) -> Callable[..., bytes]:
    """DNS that holds the records of the keys that there are."""
    forget_keys()
    with transaction():
        made = [make_key(DOMAIN, "r1"), make_key(DOMAIN, "e1", DkimAlgorithm.ED25519)]
        records = {f"{one.record_name}.".encode(): one.record.encode() for one in made}
    return lambda name, timeout=5: records[name]  # noqa: ARG005  # as the library calls it


def raw_of(mailbox: Mailbox) -> list[bytes]:
    """What came over the wire, without what our mailbox adds."""
    found = [path.read_bytes() for path in sorted(mailbox.folder.glob("*.eml"))]
    return [one[one.index(b"DKIM-Signature") :] for one in found]


def verified(raw: bytes, dns: Callable[..., bytes], nth: int) -> bool:
    try:
        return bool(dkim.DKIM(raw).verify(idx=nth, dnsfunc=dns))
    except dkim.ValidationError:
        return False


def test_every_mail_of_a_sign_up_verifies_by_both_keys(
    app: Flask, client: FlaskClient, mailbox: Mailbox, dns: Callable[..., bytes]
) -> None:
    sign_up(client, make_form().public_id, ADA)
    confirm_all(app, client, mailbox, ADA)
    mails = raw_of(mailbox)
    assert len(mails) == 2
    assert all(verified(raw, dns, nth) for raw in mails for nth in (0, 1))


def test_a_letter_verifies_with_its_unsubscribe_headers(
    app: Flask, mailbox: Mailbox, dns: Callable[..., bytes]
) -> None:
    made = make_list(sender_name="Büro «Ä»", postal_address="x")
    people(made, 2)
    send(app, make_campaign(made, body=".\n\nTwo  blanks\t and\n\n.dot\n\n" + "long " * 500, subject="Grüße"))
    for raw in raw_of(mailbox):
        assert verified(raw, dns, 0)
        assert verified(raw, dns, 1)
        named = re.search(rb"h=([^;]+);", raw)
        assert named
        assert {b"list-unsubscribe", b"list-unsubscribe-post", b"list-id", b"feedback-id"} <= set(named[1].split(b":"))
        assert named[1].split(b":").count(b"from") == 2


def test_a_letter_verifies_with_all_that_a_list_can_say(make_app: Callable[..., Flask], mailbox: Mailbox) -> None:
    app = make_app(bounce_domain="bounces.example.org")
    forget_keys()
    with transaction():
        made = make_key(DOMAIN, "r1")
        record = made.record.encode()
    people(make_list(archive_is_public=True, reply_to="answers@example.org"), 1)
    send(app, make_campaign(db.session.scalars(select(MailingList)).one()))
    raw = raw_of(mailbox)[0]
    assert verified(raw, lambda name, timeout=5: record, 0)  # noqa: ARG005  # as the library calls it
    assert b"\r\n <mailto:leave+" in raw
    assert b"\r\nReply-To: <answers@example.org>\r\n" in raw
    named = re.search(rb"h=([^;]+);", raw)
    assert named
    assert {b"list-unsubscribe", b"list-archive", b"reply-to"} <= set(named[1].split(b":"))
    assert not verified(raw.replace(b"mailto:leave+", b"mailto:leafe+"), lambda name, timeout=5: record, 0)  # noqa: ARG005


@pytest.mark.parametrize(
    ("part", "other"),
    [
        (b"Subject: ", b"Subject: Re: "),
        (b"List-Unsubscribe-Post: List", b"List-Unsubscribe-Post: list"),
        (b"Hello", b"Hallo"),
        (b"\r\nFrom:", b"\r\nFrom: Eve <eve@example.org>\r\nFrom:"),
    ],
)
def test_a_changed_mail_does_not_verify(
    app: Flask, mailbox: Mailbox, dns: Callable[..., bytes], part: bytes, other: bytes
) -> None:
    made = make_list()
    people(made, 1)
    send(app, make_campaign(made))
    changed = raw_of(mailbox)[0].replace(part, other, 1)
    assert changed != raw_of(mailbox)[0]
    assert not any(verified(changed, dns, nth) for nth in (0, 1))


def test_without_an_rsa_key_nothing_is_signed(app: Flask, mailbox: Mailbox) -> None:
    forget_keys()
    with transaction():
        make_key(DOMAIN, "e1", DkimAlgorithm.ED25519)
    made = make_list()
    people(made, 1)
    send(app, make_campaign(made))
    assert mailbox.mails()[0]["DKIM-Signature"] is None


def test_the_proof_of_a_mail_holds_when_its_key_is_gone(
    app: Flask, client: FlaskClient, mailbox: Mailbox, dns: Callable[..., bytes]
) -> None:
    sign_up(client, make_form().public_id, ADA)
    confirm_all(app, client, mailbox, ADA)
    with transaction():
        for one in keys_of(DOMAIN):
            db.session.delete(one)
    forget_keys()
    event = db.session.scalar(select(ConsentEvent).where(ConsentEvent.type == ConsentType.MAIL_ACCEPTED))
    assert event
    assert kept_mail.read(event).is_exact


def test_the_private_half_is_in_no_row_as_it_is(app: Flask, dns: Callable[..., bytes]) -> None:
    for one in db.session.scalars(select(DkimKey)):
        assert b"\x02\x01\x00" not in base64.b64decode(one.private_key)[:40]


def run(app: Flask, *words: str) -> Result:
    return CliRunner().invoke(main, ["dkim", *words], obj=lambda: app)


def test_the_console_makes_a_key_and_shows_its_record(app: Flask) -> None:
    make_list()
    assert run(app, "new", "the-letter", "--ed25519").exit_code == 1  # never alone
    made = run(app, "new", "the-letter", "--selector", "s1")
    assert made.output.startswith('s1._domainkey.example.org. IN TXT ( "v=DKIM1; k=rsa; p=')
    assert all(len(part) <= 255 for part in re.findall(r'"([^"]*)"', made.output))
    assert run(app, "new", DOMAIN, "--selector", "s1").exit_code == 1
    assert run(app, "show", "the-letter").output == made.output
    assert run(app, "retire", DOMAIN, "s1").exit_code == 0
    assert [one.retired_at is None for one in keys_of(DOMAIN)] == [False]


def test_a_selector_that_is_no_name_is_refused(app: Flask) -> None:
    found: Any = run(app, "new", DOMAIN, "--selector", "a.b")
    assert found.exit_code == 1
