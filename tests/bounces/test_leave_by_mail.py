"""Unsubscribing by the address in List-Unsubscribe: exactly that subscription, as often as it comes, by nobody else."""

import re
from collections.abc import Callable
from pathlib import Path
from uuid import uuid4

import pytest
from click.testing import CliRunner
from flask import Flask
from sqlalchemy import select

from signup.bounces.intake.hand_on import hand_on
from signup.bounces.intake.read_mails import read_maildir
from signup.cli.main import main
from signup.consent.consent_event import ConsentEvent
from signup.consent.mailing_list import MailingList
from signup.consent.subscription import Subscription
from signup.contacts.contact import Contact
from signup.ground.db import db
from signup.mailer.return_address import leave_address
from tests.campaigns.campaign_cast import make_campaign, people, send
from tests.cast import Mailbox, make_list

pytestmark = pytest.mark.both_engines
DOMAIN = "bounces.example.org"


@pytest.fixture
def reading(make_app: Callable[..., Flask], mailbox: Mailbox, tmp_path: Path) -> Flask:
    """A service that mail reaches, with two people on two lists."""
    app = make_app(bounce_domain=DOMAIN, bounce_maildir=str(tmp_path / "returned"))
    for folder in ("new", "cur", "tmp"):
        (tmp_path / "returned" / folder).mkdir(parents=True)
    people(make_list(), 2)
    people(make_list("other", name="Other"), 1, "confirmed", nature="demo")
    return app


def subscription(address: str = "conf1@example.org") -> Subscription:
    db.session.rollback()
    return db.session.scalars(select(Subscription).join(Contact).where(Contact.address == address)).one()


def states() -> dict[str, str]:
    db.session.rollback()
    return {one.contact.address: one.state for one in db.session.scalars(select(Subscription))}


def mail_to(address: str, header: str = "To", body: str = "") -> bytes:
    """As a mail program writes it."""
    return f"From: Ada <ada.other@example.net>\n{header}: {address}\nSubject: unsubscribe\n\n{body}\n".encode()


def test_the_address_is_in_the_mail_beside_the_link_and_ends_that_subscription(
    reading: Flask, mailbox: Mailbox, tmp_path: Path
) -> None:
    send(reading, make_campaign(db.session.scalars(select(MailingList).where(MailingList.slug == "the-letter")).one()))
    header = mailbox.last("conf1@example.org")["List-Unsubscribe"]
    ways = re.fullmatch(r"<(https?://[^>]+)>,\s+<mailto:([^>?]+)\?subject=unsubscribe>", header)
    assert ways, header
    assert all(len(way) <= 120 for way in header.replace("<", "").replace(">", "").split(","))
    assert len(ways[2].partition("@")[0]) <= 64
    (tmp_path / "returned" / "new" / "1.M1.host").write_bytes(mail_to(ways[2]))
    read_maildir()
    assert states() == {
        "conf1@example.org": "unsubscribed",
        "conf2@example.org": "confirmed",
        "confdemo1@example.org": "confirmed",
    }
    event = db.session.scalars(select(ConsentEvent).where(ConsentEvent.type == "unsubscribed")).one()
    assert (event.method, event.address) == ("mail", "conf1@example.org")


@pytest.mark.parametrize("header", ["To", "Delivered-To", "X-Original-To", "Envelope-To"])
def test_it_is_read_wherever_a_mail_server_writes_it_and_twice_is_as_once(reading: Flask, header: str) -> None:
    address = leave_address.leave_address(subscription().uid, DOMAIN).upper()
    assert hand_on(mail_to(f"List <{address}>", header))
    assert not hand_on(mail_to(address, header))
    assert states()["conf1@example.org"] == "unsubscribed"
    events = select(ConsentEvent).where(ConsentEvent.type == "unsubscribed")
    assert len(db.session.scalars(events).all()) == 1


def test_an_address_that_was_made_up_or_changed_ends_nothing(reading: Flask) -> None:
    uid = subscription().uid
    true = leave_address.leave_address(uid, DOMAIN)
    local = true.partition("@")[0]
    changed = [
        f"{local[:at]}{'a' if local[at] != 'a' else 'b'}{local[at + 1 :]}@{DOMAIN}"
        for at in range(len("leave+"), len(local))
    ]
    other = leave_address.leave_address(uuid4(), DOMAIN)
    forged = [f"{local[:-1]}@{DOMAIN}", f"leave+{uid.hex}@{DOMAIN}", f"leave+@{DOMAIN}", "leave+", other, "leave+é" * 9]
    forged.append(true.replace("leave+", "b-"))
    for address in [*changed, *forged]:
        assert not hand_on(mail_to(address)), address
    assert not hand_on(mail_to("somebody@example.org", body=true))  # a mail that quotes it
    assert not hand_on(b"Subject: " + true.encode() + b"\n\n")
    assert set(states().values()) == {"confirmed"}


def test_a_subscription_that_was_erased_since_is_no_trouble(reading: Flask) -> None:
    assert hand_on(mail_to(leave_address.leave_address(uuid4(), DOMAIN))) is False


def test_the_console_reads_it_too(reading: Flask) -> None:
    given = mail_to(leave_address.leave_address(subscription().uid, DOMAIN))
    done = CliRunner().invoke(main, ["bounce", "read", "-"], input=given, obj=lambda: reading)
    assert done.exit_code == 0, done.output
    assert states()["conf1@example.org"] == "unsubscribed"


def test_without_a_domain_for_mail_there_is_the_link_alone(app: Flask, mailbox: Mailbox) -> None:
    of = make_list()
    people(of, 1)
    send(app, make_campaign(of))
    assert "mailto:" not in mailbox.last("conf1@example.org")["List-Unsubscribe"]
