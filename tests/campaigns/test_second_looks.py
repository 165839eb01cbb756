"""What befalls a campaign from elsewhere: an edit, a restore, a new address, a second try, a key that is gone."""

from datetime import timedelta
from pathlib import Path

import pytest
from click.testing import CliRunner
from flask import Flask
from sqlalchemy import select, update
from structlog.testing import capture_logs

from signup.addresses.address import stored
from signup.backup import archive
from signup.campaigns import build, tend
from signup.campaigns.campaign import Campaign, CampaignState
from signup.campaigns.figures import settle_unclear
from signup.campaigns.lifecycle import schedule
from signup.cli.main import main
from signup.consent.mailing_list import MailingList
from signup.contacts.contact import Contact
from signup.ground.db import close_connections, db, transaction
from signup.ground.dialect import now
from signup.mailer import failed_mail
from signup.mailer.dkim_key import DkimKey, forget_keys, make_key
from signup.mailer.message import Message, MessageState
from signup.visitor.own_data.new_address import _move
from tests.campaigns.campaign_cast import begin, id_of, make_campaign, now_of, people, send, states
from tests.cast import Mailbox, drain, make_list

pytestmark = pytest.mark.both_engines


@pytest.fixture
def letter(app: Flask, mailbox: Mailbox) -> MailingList:
    made = make_list()
    people(made, 3)
    return made


def set_state(campaign: Campaign, state: MessageState, reply: str = "") -> int:
    """Give its first message a state, behind everybody's back. Returns its id."""
    first = select(Message.id).where(Message.campaign_id == id_of(campaign)).order_by(Message.id).limit(1)
    with transaction():
        message_id = db.session.scalar(first)
        assert message_id
        db.session.execute(update(Message).where(Message.id == message_id).values(state=state, reply=reply))
    return message_id


def test_an_unclear_mail_of_a_campaign_that_has_ended_goes_again_when_it_is_told_to(
    app: Flask, mailbox: Mailbox, letter: MailingList
) -> None:
    campaign = make_campaign(letter)
    send(app, campaign)
    set_state(campaign, MessageState.UNCLEAR)
    with transaction():
        assert settle_unclear(now_of(campaign), "again") == 1
    drain(app)
    tend.tend()
    drain(app)
    tend.tend()
    assert states(campaign) == {"sent": 3}
    assert len(mailbox.mails()) == 4
    assert now_of(campaign).state == CampaignState.SENT


def test_a_failed_mail_of_a_campaign_that_has_ended_goes_again_from_the_outbox(
    app: Flask, mailbox: Mailbox, letter: MailingList
) -> None:
    campaign = make_campaign(letter)
    send(app, campaign)
    message_id = set_state(campaign, MessageState.FAILED, "550 no")
    with transaction():
        assert failed_mail.retry(message_id)
    tend.tend()
    drain(app)
    assert states(campaign) == {"sent": 3}


def test_what_an_edit_broke_after_the_scheduling_does_not_go(app: Flask, mailbox: Mailbox, letter: MailingList) -> None:
    campaign = make_campaign(letter)
    with transaction():
        schedule(id_of(campaign))
        db.session.execute(update(Campaign).values(body="Hello {{ first_name }}"))
    build.build_due()
    assert now_of(campaign).state == CampaignState.DRAFT
    assert "first_name" in now_of(campaign).paused_because
    assert states(campaign) == {}


@pytest.mark.parametrize(("per_hour", "after", "gone"), [(1, 3_600, 1), (1, 1_800, 0), (20, 190, 1), (7200, 1.2, 2)])
def test_a_very_slow_campaign_goes_on_at_its_pace(
    app: Flask, letter: MailingList, per_hour: int, after: float, gone: int
) -> None:
    campaign = make_campaign(letter, per_hour=per_hour)
    begin(campaign)
    with transaction():
        db.session.execute(update(Campaign).values(released_at=now(-timedelta(seconds=after))))
    tend.tend()
    assert states(campaign).get("ready", 0) == gone


def test_what_a_round_did_not_use_up_counts_for_the_next(app: Flask, letter: MailingList) -> None:
    campaign = make_campaign(letter, per_hour=3600)
    begin(campaign)
    with transaction():
        db.session.execute(update(Campaign).values(released_at=now(-timedelta(seconds=1.8))))
    before = now_of(campaign).released_at
    tend.tend()
    after = now_of(campaign).released_at
    assert before
    assert after
    assert after - before == timedelta(seconds=1)


def test_mails_that_are_held_go_to_a_new_address_too(app: Flask, mailbox: Mailbox, letter: MailingList) -> None:
    campaign = make_campaign(letter, per_hour=1)
    begin(campaign)
    with transaction():
        contact = db.session.scalar(select(Contact).where(Contact.address == "conf1@example.org"))
        assert contact
        _move(contact, stored("moved@example.org"))
    recipients = select(Message.recipient).where(Message.campaign_id == id_of(campaign)).order_by(Message.recipient)
    assert list(db.session.scalars(recipients)) == ["conf2@example.org", "conf3@example.org", "moved@example.org"]


def test_a_restore_leaves_campaigns_to_a_person(
    app: Flask, mailbox: Mailbox, letter: MailingList, tmp_path: Path
) -> None:
    running, later = make_campaign(letter), make_campaign(letter, name="Later")
    begin(running)
    with transaction():
        schedule(id_of(later))
    path = archive.write(tmp_path / "backups")
    drain(app)
    assert len(mailbox.mails()) == 3
    db.session.remove()
    close_connections()
    restored = CliRunner().invoke(main, ["restore", str(path), "--yes"], obj=lambda: app)
    assert restored.exit_code == 0, restored.output
    build.build_due()
    tend.tend()
    drain(app)
    assert len(mailbox.mails()) == 3  # nobody got it twice
    assert now_of(running).state == CampaignState.PAUSED
    assert "restored" in now_of(running).paused_because
    assert now_of(later).state == CampaignState.DRAFT


def test_a_key_that_cannot_be_read_leaves_mails_unsigned_and_lets_them_go(
    app: Flask, mailbox: Mailbox, letter: MailingList
) -> None:
    with transaction():
        make_key("example.org", "s1")
        db.session.execute(update(DkimKey).values(private_key="AAAA"))
    forget_keys()
    campaign = make_campaign(letter)
    with capture_logs() as said:
        send(app, campaign)
    forget_keys()
    assert "dkim.unreadable" in {line["event"] for line in said}
    assert states(campaign) == {"sent": 3}
    assert mailbox.mails()[0]["DKIM-Signature"] is None
