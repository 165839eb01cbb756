"""Whose day has come: on both engines, the right people on the right day, each once."""

from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select, update

from signup.automations.automation import Automation, AutomationKind
from signup.automations.due import due
from signup.consent.mailing_list import MailingList
from signup.consent.subscription import Subscription
from signup.consent.suppression import Suppression
from signup.contacts.contact import Contact
from signup.counts.event import Event
from signup.ground.db import db, transaction
from tests.cast import ADA, BOB, CLEO, Mailbox, confirm_all, drain, make_form, make_list, sign_up

pytestmark = pytest.mark.both_engines
TODAY = datetime.now(UTC).date()


@pytest.fixture
def letter(app: Flask, client: FlaskClient, mailbox: Mailbox) -> MailingList:
    """Ada and Cleo confirmed, Bob did not."""
    made = make_list()
    form = make_form(made)
    for address in (ADA, BOB, CLEO):
        sign_up(client, form.public_id, address)
    drain(app)
    confirm_all(app, client, mailbox, ADA, CLEO)
    return made


def automation(of: MailingList, kind: AutomationKind, **more: Any) -> Automation:
    values: dict[str, Any] = {"subject": "S", "body": "B", "turned_on_at": datetime.now(UTC) - timedelta(days=60)}
    made = Automation(list_id=of.id, kind=kind, **(values | more))
    with transaction():
        db.session.add(made)
    return made


def subscribed(address: str, **values: Any) -> None:
    """Change a subscription behind everybody's back: as if it had come about another day."""
    mine = select(Subscription.id).join(Contact).where(Contact.address == address).scalar_subquery()
    with transaction():
        db.session.execute(update(Subscription).where(Subscription.id == mine).values(values))


def who(one: Automation, today: date = TODAY) -> list[str]:
    found = [row.address for row in db.session.execute(due(one, today))]
    db.session.rollback()
    return found


def ago(days: float) -> datetime:
    return datetime.now(UTC) - timedelta(days=days)


def test_a_birthday_is_the_day_of_the_field_in_any_year(letter: MailingList) -> None:
    subscribed(ADA, given={"born": f"1984-{TODAY:%m-%d}"})
    subscribed(CLEO, given={"born": f"1984-{TODAY + timedelta(days=40):%m-%d}"})
    subscribed(BOB, given={"born": f"1984-{TODAY:%m-%d}"})
    assert who(automation(letter, AutomationKind.BIRTHDAY, field="born")) == [ADA]


def test_a_birthday_without_its_field_or_a_day_in_it_is_nobodys(letter: MailingList) -> None:
    subscribed(ADA, given={"born": 1984})
    subscribed(CLEO, given={"born": "soon"})
    one = automation(letter, AutomationKind.BIRTHDAY, field="born")
    assert who(one) == []
    one.field = ""
    assert who(one) == []


@pytest.mark.parametrize(
    ("today", "expected"),
    [(date(2027, 2, 28), [ADA, CLEO]), (date(2028, 2, 28), [CLEO]), (date(2028, 2, 29), [ADA]), (date(2027, 3, 1), [])],
)
def test_the_29th_of_february_is_the_28th_where_there_is_none(
    letter: MailingList, today: date, expected: list[str]
) -> None:
    subscribed(ADA, given={"born": "1984-02-29"})
    subscribed(CLEO, given={"born": "1990-02-28"})
    assert who(automation(letter, AutomationKind.BIRTHDAY, field="born"), today) == expected


def test_an_anniversary_is_none_in_the_first_year(letter: MailingList) -> None:
    one = automation(letter, AutomationKind.ANNIVERSARY)
    assert who(one) == []
    two_years_ago = datetime(TODAY.year - 2, 2, 28, 12, tzinfo=UTC)
    subscribed(ADA, confirmed_at=two_years_ago)
    assert who(one, date(TODAY.year, 2, 28)) == [ADA]
    assert who(one, date(TODAY.year, 2, 27)) == []


def test_a_renewal_comes_so_many_days_after_the_confirmation_and_not_long_after(letter: MailingList) -> None:
    one = automation(letter, AutomationKind.RENEWAL, delay_days=700)
    subscribed(ADA, confirmed_at=ago(701))
    subscribed(CLEO, confirmed_at=ago(704))
    assert who(one) == [ADA]


def test_whose_day_was_before_it_was_turned_on_gets_no_renewal(letter: MailingList) -> None:
    subscribed(ADA, confirmed_at=ago(702))
    subscribed(CLEO, confirmed_at=ago(700.5))
    assert who(automation(letter, AutomationKind.RENEWAL, delay_days=700, turned_on_at=ago(1))) == [CLEO]


def test_a_follow_up_comes_so_many_days_after_the_incentive(letter: MailingList) -> None:
    one = automation(letter, AutomationKind.FOLLOW_UP, delay_days=3)
    assert who(one) == []
    with transaction():
        db.session.execute(update(Event).where(Event.kind == "delivered").values(at=ago(3.5)))
    assert who(one) == [ADA, CLEO]


def test_who_got_the_incentive_before_it_was_turned_on_gets_no_follow_up(letter: MailingList) -> None:
    with transaction():
        db.session.execute(update(Event).where(Event.kind == "delivered").values(at=ago(3.5)))
    assert who(automation(letter, AutomationKind.FOLLOW_UP, delay_days=3, turned_on_at=ago(1))) == []


def test_who_left_or_is_on_the_stop_list_gets_nothing(letter: MailingList) -> None:
    for address in (ADA, CLEO):
        subscribed(address, given={"born": f"1984-{TODAY:%m-%d}"})
    one = automation(letter, AutomationKind.BIRTHDAY, field="born")
    assert who(one) == [ADA, CLEO]
    subscribed(ADA, state="unsubscribed")
    with transaction():
        stopped = db.session.scalar(select(Contact.address_hash).where(Contact.address == CLEO))
        db.session.add(Suppression(address_hash=stopped, reason="objected"))
    assert who(one) == []
