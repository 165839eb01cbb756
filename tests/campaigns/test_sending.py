"""A campaign goes to each confirmed person of its list once, and to nobody else; it pauses, goes on and ends."""

from datetime import timedelta
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select, update

from signup.audience.rule import ConditionGroup, parse
from signup.audience.segment import Segment
from signup.campaigns import build, build_sql, tend
from signup.campaigns.campaign import Campaign, CampaignLink, CampaignState
from signup.campaigns.letter import write_letter
from signup.campaigns.lifecycle import cancel, pause, resume, schedule
from signup.campaigns.recipients import GETS_IT, verdicts
from signup.consent import snapshot
from signup.consent.mailing_list import MailingList
from signup.consent.subscription import Subscription, leave
from signup.consent.tracking import TrackingConsent, TrackingPurpose, TrackingState
from signup.contacts.contact import Contact, Nature
from signup.ground import broker
from signup.ground.db import db, transaction
from signup.ground.dialect import now
from signup.mailer import deliver
from signup.mailer.message import Message, MessageState
from tests.campaigns.campaign_cast import begin, id_of, make_campaign, now_of, people, send, states
from tests.cast import Mailbox, drain, make_list, suppress, text_of

pytestmark = pytest.mark.both_engines


@pytest.fixture
def letter(app: Flask, mailbox: Mailbox) -> MailingList:
    """Five confirmed people, others in every other state, and another list."""
    made = make_list()
    for state, n in (("confirmed", 5), ("pending", 2), ("unsubscribed", 2), ("bounced", 1), ("complained", 1)):
        people(made, n, state)
    people(made, 1, nature=Nature.TEST)
    return made


def test_each_confirmed_person_gets_it_once_and_nobody_else(app: Flask, mailbox: Mailbox, letter: MailingList) -> None:
    suppress("conf5@example.org")
    campaign = make_campaign(letter)
    send(app, campaign)
    assert sorted(mail["Delivered-To"] for mail in mailbox.mails()) == [f"conf{n}@example.org" for n in (1, 2, 3, 4)]
    assert now_of(campaign).state == CampaignState.SENT
    assert now_of(campaign).total == 4
    build.build_due()
    drain(app)
    assert len(mailbox.mails()) == 4


def test_a_person_reads_their_own_values_or_the_fallback(app: Flask, mailbox: Mailbox, letter: MailingList) -> None:
    send(app, make_campaign(letter))
    assert "Hello Conf1" in text_of(mailbox.last("conf1@example.org"))
    assert "Hello there" in text_of(mailbox.last("conf2@example.org"))
    assert "2026-01-31" in text_of(mailbox.last("conf1@example.org"))


def test_what_becomes_of_whom_adds_up_to_the_list(app: Flask, letter: MailingList) -> None:
    suppress("conf5@example.org")
    assert verdicts(make_campaign(letter)) == {
        "bounced": 1,
        "complained": 1,
        GETS_IT: 4,
        "pending": 2,
        "suppressed": 1,
        "test or merged": 1,
        "unsubscribed": 2,
    }


def test_a_segment_means_whom_it_meant_when_the_campaign_began(
    app: Flask, mailbox: Mailbox, letter: MailingList
) -> None:
    segment = Segment(slug="three", name="Three")
    with transaction():
        segment.publish(named("conf3@example.org"))
    campaign = make_campaign(letter, segment_id=segment.id)
    with transaction():
        schedule(id_of(campaign))
    assert build._begin_one()  # between the two steps of one call
    with transaction():
        segment.publish(named("conf4@example.org"))
    build.build_due()
    drain(app)
    assert [mail["Delivered-To"] for mail in mailbox.mails()] == ["conf3@example.org"]


def named(address: str) -> ConditionGroup:
    return parse({"match": "all", "rules": [{"subject": "address", "op": "begins", "value": address}]})


def test_who_leaves_while_it_runs_gets_no_mail(app: Flask, mailbox: Mailbox, letter: MailingList) -> None:
    campaign = make_campaign(letter)
    begin(campaign)
    entry = select(Subscription.id).join(Contact).where(Contact.address == "conf1@example.org")
    with transaction():
        assert leave(db.session.scalar(entry) or 0, "test")
    drain(app)
    assert states(campaign) == {"sent": 4, "cancelled": 1}
    assert mailbox.mails("conf1@example.org") == []


def test_a_paused_campaign_holds_its_mails_and_goes_on(app: Flask, mailbox: Mailbox, letter: MailingList) -> None:
    campaign = make_campaign(letter)
    begin(campaign)
    with transaction():
        assert pause(id_of(campaign))
    deliver.drain()  # before the chore came: each mail is asked
    assert states(campaign) == {"held": 5}
    assert mailbox.mails() == []
    tend.tend()
    with transaction():
        assert resume(id_of(campaign))
    tend.tend()
    drain(app)
    tend.tend()
    assert states(campaign) == {"sent": 5}
    assert now_of(campaign).state == CampaignState.SENT


def test_the_chore_holds_what_waits_of_a_paused_campaign(app: Flask, letter: MailingList) -> None:
    campaign = make_campaign(letter)
    begin(campaign)
    with transaction():
        pause(id_of(campaign))
    tend.tend()
    assert states(campaign) == {"held": 5}


def test_a_cancelled_campaign_sends_no_more(app: Flask, mailbox: Mailbox, letter: MailingList) -> None:
    campaign = make_campaign(letter)
    begin(campaign)
    with transaction():
        assert cancel(id_of(campaign))
        assert not resume(id_of(campaign))
    tend.tend()
    drain(app)
    assert states(campaign) == {"cancelled": 5}
    assert mailbox.mails() == []


def test_one_that_was_paused_while_it_was_built_is_built_to_the_end(
    app: Flask, mailbox: Mailbox, letter: MailingList, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(build_sql, "BATCH", 2)
    campaign = make_campaign(letter)
    with transaction():
        schedule(id_of(campaign))
    ring = broker.ring

    def pause_and_ring(actor: str) -> None:
        with transaction():
            pause(id_of(campaign))
        ring(actor)

    monkeypatch.setattr(build, "ring", pause_and_ring)
    build.build_due()
    assert states(campaign) == {"ready": 2}
    monkeypatch.setattr(build, "ring", ring)
    with transaction():
        assert resume(id_of(campaign))
    assert now_of(campaign).state == CampaignState.BUILDING
    build.build_due()
    tend.tend()
    drain(app)
    assert states(campaign) == {"sent": 5}


def test_who_builds_after_a_builder_that_died_begins_where_it_ended(
    app: Flask, mailbox: Mailbox, letter: MailingList, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(build_sql, "BATCH", 2)
    campaign = make_campaign(letter)
    with transaction():
        schedule(id_of(campaign))
    write, calls = build_sql.write_messages, []

    def die_in_the_second(*given: Any) -> Any:
        calls.append(given)
        if len(calls) == 2:
            raise KeyboardInterrupt
        return write(*given)

    monkeypatch.setattr(build_sql, "write_messages", die_in_the_second)
    with pytest.raises(KeyboardInterrupt):
        build.build_due()
    db.session.rollback()
    assert states(campaign) == {"ready": 2}
    build.build_due()
    assert states(campaign) == {"ready": 2}  # its lease still runs
    with transaction():
        db.session.execute(update(Campaign).values(lease_until=now(-timedelta(seconds=1))))
    build.build_due()
    drain(app)
    assert states(campaign) == {"sent": 5}
    assert len(mailbox.mails()) == now_of(campaign).total == 5


def test_a_slow_campaign_lets_go_what_its_hour_allows(app: Flask, mailbox: Mailbox, letter: MailingList) -> None:
    campaign = make_campaign(letter, per_hour=3600)
    begin(campaign)
    assert states(campaign) == {"held": 5}
    _released(campaign, seconds_ago=2.5)
    tend.tend()
    drain(app)
    assert states(campaign) == {"sent": 2, "held": 3}
    _released(campaign, seconds_ago=3.5)
    tend.tend()
    drain(app)
    tend.tend()
    assert now_of(campaign).state == CampaignState.SENT


def _released(campaign: Campaign, seconds_ago: float) -> None:
    with transaction():
        query = update(Campaign).where(Campaign.id == id_of(campaign))
        db.session.execute(query.values(released_at=now(-timedelta(seconds=seconds_ago))))


def test_many_refusals_pause_it(app: Flask, mailbox: Mailbox, letter: MailingList) -> None:
    people(letter, 30, "confirmed", nature=Nature.DEMO)
    campaign = make_campaign(letter)
    begin(campaign)
    with transaction():
        some = select(Message.id).order_by(Message.id).limit(25)
        gone = {"state": MessageState.FAILED, "reply": "550 no such user"}
        db.session.execute(update(Message).where(Message.id.in_(some)).values(gone))
    tend.tend()
    assert now_of(campaign).state == CampaignState.PAUSED
    assert now_of(campaign).paused_because == "25 of 25 mails were refused for good"
    drain(app)
    assert mailbox.mails() == []


def test_only_who_agreed_is_told_apart(app: Flask, mailbox: Mailbox, letter: MailingList) -> None:
    with transaction():
        first = db.session.scalar(select(Subscription).join(Contact).where(Contact.address == "conf1@example.org"))
        assert first
        word = {"locale": "en", "wording_hash": _wording(), "state": TrackingState.GRANTED}
        who = {"contact_id": first.contact_id, "list_id": first.list_id}
        db.session.add(TrackingConsent(purpose=TrackingPurpose.CLICKS, **who, **word))
    campaign = make_campaign(letter, body="[Read](https://example.org/more)")
    begin(campaign)
    query = select(Message).where(Message.campaign_id == id_of(campaign)).order_by(Message.recipient)
    told = {one.recipient: one.data for one in db.session.scalars(query)}
    assert [(data or {})["clicks"] for data in told.values()] == [True, False, False, False, False]
    assert [(data or {})["opens"] for data in told.values()] == [False] * 5
    assert list(db.session.scalars(select(CampaignLink.url))) == ["https://example.org/more"]


def _wording() -> str:
    return snapshot.keep(snapshot.SnapshotKind.WORDING, "May we?")


def test_a_letter_that_cannot_be_sent_holds_up_no_other(
    app: Flask, mailbox: Mailbox, letter: MailingList, monkeypatch: pytest.MonkeyPatch
) -> None:
    broken, fine = make_campaign(letter, body="broken"), make_campaign(letter)

    def write(campaign: Campaign, *, subject: str, online: str) -> object:
        if campaign.body == "broken":
            raise ValueError("no letter")
        return write_letter(campaign, subject=subject, online=online)

    monkeypatch.setattr(build, "write_letter", write)
    with transaction():
        schedule(id_of(broken))
        schedule(id_of(fine))
    build.build_due()
    assert now_of(broken).state == CampaignState.DRAFT
    assert now_of(broken).paused_because == "could not be begun: ValueError"
    assert states(fine) == {"ready": 5}
