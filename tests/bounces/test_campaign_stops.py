"""A campaign of which people complain pauses by itself, and says why."""

import pytest
from flask import Flask
from sqlalchemy import select, update

from signup.bounces import apply
from signup.bounces.bounce_class import BounceClass, Reason, Returned
from signup.campaigns.campaign import Campaign
from signup.ground.db import db, transaction
from signup.mailer.message import Message
from tests.campaigns.campaign_cast import begin, id_of, make_campaign, people
from tests.cast import make_list

pytestmark = pytest.mark.both_engines


def test_two_complaints_about_a_small_campaign_pause_it(app: Flask) -> None:
    letter = make_list()
    people(letter, 3)
    campaign = make_campaign(letter)
    begin(campaign)
    with transaction():
        db.session.execute(update(Message).values(state="sent"))
        db.session.execute(update(Campaign).values(state="sending"))
    states = []
    for message in list(db.session.scalars(select(Message).order_by(Message.id).limit(2))):
        told = Returned(message.recipient, BounceClass.COMPLAINT, Reason.COMPLAINT, message_uid=message.uid)
        with transaction():
            assert apply.take(f"report {message.id}", [told])
        states.append(db.session.scalar(select(Campaign.state)))
    assert states == ["sending", "paused"]
    because = db.session.scalar(select(Campaign.paused_because).where(Campaign.id == id_of(campaign)))
    assert because == "2 of 3 people reported the mail as spam"
