"""A list with people in every state, and campaigns to it."""

from datetime import UTC, datetime
from typing import Any

from flask import Flask
from sqlalchemy import inspect, select

from signup.campaigns import build, tend
from signup.campaigns.campaign import Campaign, CampaignState
from signup.campaigns.lifecycle import schedule
from signup.consent.mailing_list import MailingList
from signup.consent.subscription import Subscription, SubscriptionState
from signup.contacts.contact import Contact, Nature
from signup.ground.db import db, transaction
from signup.mailer.message import Message
from tests.cast import drain, make_list

AT = datetime(2026, 1, 31, 12, tzinfo=UTC)


def people(of: MailingList, n: int, state: str = SubscriptionState.CONFIRMED, **more: Any) -> list[str]:
    """So many people in a state on a list, the first of them number 1; their addresses."""
    made = []
    with transaction():
        for number in range(1, n + 1):
            name = f"{state[:4]}{more.get('nature', '')}{number}"
            given = {"first_name": name.title()} if number % 2 else {}
            contact = Contact(
                address=f"{name}@example.org",
                address_key=f"{name}@example.org",
                standing=state,
                nature=more.get("nature", Nature.REAL),
            )
            db.session.add(contact)
            db.session.flush()
            entry = Subscription(contact_id=contact.id, list_id=of.id, state=state, given=given)
            entry.confirmed_at = None if state == SubscriptionState.PENDING else AT
            db.session.add(entry)
            made.append(contact.address)
    return made


def make_campaign(of: MailingList | None = None, **values: Any) -> Campaign:
    """A draft to a list, committed."""
    words = {"name": "Spring", "subject": "News", "body": 'Hello {{ first_name | "there" }}'}
    made = Campaign(list_id=(of or make_list()).id, **(words | values))
    with transaction():
        db.session.add(made)
    return made


def running_campaign(list_id: int | None) -> int:
    """A campaign that is being sent, of whose mails nobody has written any yet. Needs an open transaction."""
    made = Campaign(list_id=list_id, name="Running", subject="S", body="B", state=CampaignState.SENDING)
    db.session.add(made)
    db.session.flush()
    return made.id


def id_of(campaign: Campaign) -> int:
    """Its id, whatever became of the session that it came from."""
    identity = inspect(campaign).identity
    assert identity
    found: int = identity[0]
    return found


def begin(campaign: Campaign) -> None:
    """Start it and write its messages, as a worker does."""
    with transaction():
        assert schedule(id_of(campaign))
    build.build_due()


def send(app: Flask, campaign: Campaign) -> None:
    """Start it, write its messages, send them, and end it."""
    begin(campaign)
    tend.tend()
    drain(app)
    tend.tend()


def states(campaign: Campaign) -> dict[str, int]:
    """How many of its messages are in each state."""
    db.session.rollback()
    found: dict[str, int] = {}
    for state in db.session.scalars(select(Message.state).where(Message.campaign_id == id_of(campaign))):
        found[state] = found.get(state, 0) + 1
    db.session.rollback()
    return found


def now_of(campaign: Campaign) -> Campaign:
    """The campaign as the database has it."""
    db.session.rollback()
    found = db.session.get(Campaign, id_of(campaign), populate_existing=True)
    assert found
    return found
