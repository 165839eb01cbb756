"""How mails fare with each provider: figures that SQL confirms, of the reader's lists alone, and what is set up."""

from datetime import timedelta
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import func, select, update

from signup.bounces import apply
from signup.bounces.bounce_class import CLASS_OF, Reason, Returned
from signup.bounces.health.provider_group import GROUPS
from signup.bounces.health.provider_health import FEW, Advice, ProviderHealth, health, scrubbed
from signup.consent.subscription import Subscription
from signup.contacts.contact import Contact
from signup.deliverability import domain_check
from signup.deliverability.domain_check import DomainCheck
from signup.deliverability.sending_step import SendingStep
from signup.ground.db import db, transaction
from signup.ground.dialect import now
from signup.mailer.message import Message
from tests.admin.cast import EDITH, post, signed_in
from tests.campaigns.campaign_cast import make_campaign, people, send
from tests.cast import Mailbox, make_list

pytestmark = pytest.mark.both_engines
PAGE = "/admin/outbox/health"


@pytest.fixture
def mails(app: Flask, mailbox: Mailbox) -> list[Message]:
    """One mail to each of eight people, at four providers; and what became of them."""
    letter = make_list()
    people(letter, 8)
    send(app, make_campaign(letter))
    found = list(db.session.scalars(select(Message).where(Message.campaign_id.is_not(None)).order_by(Message.id)))
    domains = ("gmail.com", "GoogleMail.com", "hotmail.fr", "aol.com", "web.de", "gmx.ch", "example.org", "example.org")
    with transaction():
        for at, (message, domain) in enumerate(zip(found, domains, strict=True)):
            of = Message.id == message.id
            db.session.execute(update(Message).where(of).values(recipient=f"p{at}@{domain}"))
            mine = Contact.id == message.contact_id
            db.session.execute(update(Contact).where(mine).values(address=f"p{at}@{domain}"))
        slow = "451 4.7.0 Too many from <p1@googlemail.com>, see a1b2c3d4e5f6g7h8.17"
        db.session.execute(update(Message).where(Message.id == found[1].id).values(state="retry", reply=slow))
        old = update(Message).where(Message.id == found[7].id)
        db.session.execute(old.values(created_at=now(-timedelta(days=20)), sent_at=now(-timedelta(days=20))))
        left = update(Subscription).where(Subscription.contact_id == found[5].contact_id)
        db.session.execute(left.values(state="unsubscribed", state_at=now()))
    db.session.expire_all()
    for at, reason in ((0, Reason.COMPLAINT), (2, Reason.USER_UNKNOWN), (3, Reason.FULL), (4, Reason.BLOCKED)):
        with transaction():
            told = Returned(found[at].recipient, CLASS_OF[reason], reason)
            apply.record(db.session.get_one(Message, found[at].id), told, f"notice {at}", apply.MAIL)
    return found


def figures(days: int = 7, only: Any = lambda _column: db.true()) -> dict[str, tuple[int, ...]]:
    found = health(days, only)
    db.session.rollback()
    names = ("delivered", "deferred", "hard", "soft", "ours", "complaints", "unsubscribed")
    return {one.name: tuple(getattr(one, name) for name in names) for one in found}


def test_each_mail_counts_with_its_provider(mails: list[Message]) -> None:
    assert figures() == {
        "gmail": (1, 1, 0, 0, 0, 1, 0),
        "outlook": (1, 0, 1, 0, 0, 0, 0),
        "yahoo": (1, 0, 0, 1, 0, 0, 0),
        "gmx": (2, 0, 0, 0, 1, 0, 1),
        "other": (1, 0, 0, 0, 0, 0, 0),
    }
    assert figures(30)["other"][0] == 2
    assert figures(only=lambda column: column == -1) == dict.fromkeys(GROUPS, (0,) * 7)


def test_the_page_shows_them_and_no_address(app: Flask, opal: FlaskClient, mails: list[Message]) -> None:
    page = opal.get(PAGE).text
    assert "451 4.7.0 Too many from" in page
    assert "googlemail.com" not in page
    assert "a1b2c3d4" not in page
    assert "They refuse our emails" in page
    assert opal.get(f"{PAGE}?days=30").status_code == opal.get(f"{PAGE}?days=abc").status_code == 200


def test_an_operator_of_another_list_sees_no_figure_and_no_domain(
    app: Flask, opal: FlaskClient, mails: list[Message]
) -> None:
    other = make_list("other", name="Other")
    edith = signed_in(app, EDITH, lists=[other.id])
    page = edith.get(PAGE).text
    assert "Too many from" not in page
    assert "Sending domains" not in page
    assert post(edith, f"{PAGE}/check", {"domain": "example.org"}).status_code == 403
    assert post(edith, f"{PAGE}/steps", {"step": "google-postmaster"}).status_code == 403


def test_what_to_do_follows_from_the_shares() -> None:
    def advice(**more: int) -> Advice:
        found = ProviderHealth("gmail", delivered=1_000)
        for name, n in more.items():
            setattr(found, name, n)
        return found.advice

    assert [advice(complaints=n) for n in (0, 1, 3)] == [Advice.NONE, Advice.COMPLAINTS, Advice.STOP]
    assert (advice(hard=60), advice(ours=1), advice(deferred=2)) == (Advice.HARD, Advice.BLOCKED, Advice.DEFERRED)
    assert ProviderHealth("gmail", delivered=FEW - 1, complaints=9).advice == Advice.NONE


def test_an_answer_loses_its_addresses_and_what_names_one_mail() -> None:
    assert scrubbed("450 <ada+x@example.org>: ada@example.org busy, id 4Xk29s8dk2ls92") == "450 …: … busy, id …"


def test_check_now_is_done_by_a_worker_and_kept(app: Flask, opal: FlaskClient, mails: list[Message]) -> None:
    assert "Not checked yet" in opal.get(PAGE).text
    assert post(opal, f"{PAGE}/check", {"domain": "example.org"}).status_code == 303
    assert "Being checked" in opal.get(PAGE).text
    domain_check.check_domains()
    page = opal.get(PAGE).text
    assert "Being checked" not in page
    assert "DNS_SERVER is off" in page
    assert [one.code for one in db.session.get_one(DomainCheck, "example.org").found] == ["dns-off"]
    db.session.rollback()
    assert post(opal, f"{PAGE}/check", {"domain": "stranger.example"}).status_code == 404


def test_the_set_up_keeps_what_was_ticked(opal: FlaskClient, mails: list[Message]) -> None:
    for ticked in (["google-postmaster", "role-addresses"], ["google-postmaster"], ["google-postmaster", "nonsense"]):
        assert post(opal, f"{PAGE}/steps", {"step": ticked}).status_code == 303
    db.session.rollback()
    assert list(db.session.scalars(select(SendingStep.key))) == ["google-postmaster"]
    assert db.session.scalar(select(func.count()).select_from(SendingStep)) == 1
    assert 'value="google-postmaster" checked' in opal.get(PAGE).text
