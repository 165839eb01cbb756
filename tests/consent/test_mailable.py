"""The one rule on who may be mailed: in SQLAlchemy, as SQL text and in plain words it says the same."""

from datetime import timedelta
from itertools import product
from typing import Any, NamedTuple

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import insert, literal_column, select, update

from signup.consent.mailable import (
    ConsentNeed,
    Obstacle,
    Recipient,
    as_sql,
    looked_up_as_suppressed,
    may_be_mailed,
    why_not,
)
from signup.consent.subscription import Subscription, SubscriptionState
from signup.consent.suppression import Suppression
from signup.contacts.contact import Contact, Nature
from signup.forms.form import Form
from signup.ground.clock import utcnow
from signup.ground.db import db, is_postgresql, transaction
from signup.ground.driver_sql import driver_connection, run
from signup.mailer import compose
from signup.mailer.message import Message, MessageState
from signup.mailer.message_kind import MessageKind, rules_of
from signup.signups.signup import Signup, SignupState
from tests.cast import ADA, BOB, Mailbox, confirm_all, drain, make_form, make_noise, sign_up, suppress

pytestmark = pytest.mark.both_engines

NEEDS: list[ConsentNeed | None] = [*ConsentNeed, None]
COLUMNS = Recipient(Message.recipient_hash, Message.signup_id, Message.subscription_id)
IN_SQL = Recipient(*(literal_column(f"message.{column.key}") for column in COLUMNS))
HOUR = timedelta(hours=1)


class Case(NamedTuple):
    """What may be true of a person when a mail is due."""

    subscription: SubscriptionState
    changed_after_signup: bool
    signup: SignupState
    link_is_good: bool
    suppressed: bool
    nature: Nature


CASES = [
    Case(*values)
    for values in product(SubscriptionState, (True, False), SignupState, (True, False), (True, False), Nature)
]


def expected(case: Case, need: ConsentNeed | None) -> str:
    """The rule in plain words: the first obstacle, or nothing."""
    if need is None:
        return Obstacle.UNCLASSIFIED
    if case.suppressed:
        return Obstacle.SUPPRESSED
    about_signup = need in {ConsentNeed.OPEN_SIGNUP, ConsentNeed.UNANSWERED_SIGNUP}
    if about_signup and not (case.signup == SignupState.PENDING and case.link_is_good):
        return Obstacle.SIGNUP_OVER
    left_before = case.subscription == SubscriptionState.UNSUBSCRIBED and not case.changed_after_signup
    still_waits = case.subscription == SubscriptionState.PENDING or left_before
    if need == ConsentNeed.UNANSWERED_SIGNUP and not still_waits:
        return Obstacle.ANSWERED
    if need == ConsentNeed.CONFIRMED and case.subscription != SubscriptionState.CONFIRMED:
        return Obstacle.NOT_CONFIRMED
    return ""


def store(form: Form, cases: list[Case]) -> None:
    """A contact, subscription, sign-up and mail for each case, all with the case's number as their id."""
    rows: dict[Any, list[dict[str, Any]]] = {Contact: [], Subscription: [], Signup: [], Message: [], Suppression: []}
    template = compose.template_for(MessageKind.CONFIRM, "en", form.list)
    for number, case in enumerate(cases, 1):
        address, now = f"person-{number}@example.org", utcnow()
        on_list = {"contact_id": number, "list_id": form.list_id}
        moved = now + HOUR if case.changed_after_signup else now - HOUR
        contact = {"id": number, "address": address, "address_key": address, "language": "en"}
        rows[Contact].append(contact | {"nature": case.nature, "standing": "pending", "source": ""})
        rows[Subscription].append({"id": number, **on_list, "state": case.subscription, "state_at": moved})
        until = now + HOUR if case.link_is_good else now - HOUR
        signup = {"id": number, **on_list, "subscription_id": number, "form_id": form.id, "language": "en"}
        signup |= {"form_version_id": form.version_id, "handle": address, "state": case.signup}
        rows[Signup].append(signup | {"created_at": now, "expires_at": until})
        mail = {"id": number, "kind": "confirm", "priority": 0, "recipient": address, "recipient_hash": f"h{number}"}
        mail |= {"template_hash": template, "dedupe_key": address, "signup_id": number, "subscription_id": number}
        rows[Message].append(mail | {"state": MessageState.CANCELLED})
        if case.suppressed:
            rows[Suppression].append({"address_hash": f"h{number}", "reason": "test"})
    with transaction():
        for table, values in rows.items():
            db.session.execute(insert(table), values)


def test_in_every_state_the_rule_its_sql_text_and_plain_words_agree(app: Flask) -> None:
    store(make_form(magnet=False), CASES)
    for need in NEEDS:
        rows = db.session.execute(select(Message.id, why_not(need, COLUMNS)))
        obstacles = {row[0]: row[1] for row in rows}
        allowed = set(db.session.scalars(select(Message.id).where(may_be_mailed(need, COLUMNS))))
        db.session.rollback()
        text = as_sql(may_be_mailed(need, IN_SQL), "postgresql" if is_postgresql() else "sqlite")
        with driver_connection() as connection:
            by_text = {row[0] for row in run(connection, f"SELECT id FROM message WHERE {text}", {}).fetchall()}
        wanted = {number: expected(case, need) for number, case in enumerate(CASES, 1)}
        assert obstacles == wanted, need
        assert allowed == by_text == {number for number, obstacle in wanted.items() if not obstacle}, need


def test_each_need_lets_some_mail_go_and_keeps_some_back() -> None:
    for need in ConsentNeed:
        assert {bool(expected(case, need)) for case in CASES} == {True, False}, need


def test_who_is_looked_up_as_suppressed_is_who_is_suppressed(ada: str, bob: str) -> None:
    query = select(Contact.address).where(looked_up_as_suppressed()).order_by(Contact.address)
    assert list(db.session.scalars(query)) == []
    suppress(ada)
    assert list(db.session.scalars(query)) == [ADA]


@pytest.mark.both_engines
def test_a_query_of_subscriptions_asks_about_each_of_them(
    app: Flask, client: FlaskClient, mailbox: Mailbox, form_id: str
) -> None:
    for address in (ADA, BOB):
        sign_up(client, form_id, address)
    drain(app)
    confirm_all(app, client, mailbox, ADA)
    to = Recipient(Contact.address_hash, Signup.id, Subscription.id)
    query = select(Contact.address).join(Subscription, Subscription.contact_id == Contact.id)
    query = query.join(Signup, Signup.subscription_id == Subscription.id).order_by(Contact.address)
    asked = {need: list(db.session.scalars(query.where(may_be_mailed(need, to)))) for need in ConsentNeed}
    assert asked == {
        ConsentNeed.NONE: [ADA, BOB],
        ConsentNeed.OPEN_SIGNUP: [BOB],
        ConsentNeed.UNANSWERED_SIGNUP: [BOB],
        ConsentNeed.CONFIRMED: [ADA],
    }


@pytest.fixture
def waiting(app: Flask, client: FlaskClient, mailbox: Mailbox) -> int:
    """A welcome mail to Ada, who is confirmed, that has not gone out yet."""
    make_noise(app, client, mailbox)
    form_id = make_form().public_id
    sign_up(client, form_id, ADA)
    confirm_all(app, client, mailbox, ADA)
    with transaction():
        query = update(Message).where(Message.kind == MessageKind.WELCOME, Message.recipient == ADA)
        again = query.values(state=MessageState.READY, attempt=0).returning(Message.id)
        return db.session.scalars(again).one()


def replies(app: Flask, message_id: int) -> tuple[str, str | None]:
    row = db.session.execute(select(Message.state, Message.reply).where(Message.id == message_id)).one()
    return row.state, row.reply


def test_a_kind_of_mail_that_nobody_classified_is_withheld(
    app: Flask, client: FlaskClient, mailbox: Mailbox, waiting: int
) -> None:
    assert rules_of("newsletter").needs is None
    with transaction():
        db.session.execute(update(Message).where(Message.id == waiting).values(kind="newsletter"))
    before = len(mailbox.mails())
    drain(app)
    assert len(mailbox.mails()) == before
    assert replies(app, waiting) == ("cancelled", f"withheld: {Obstacle.UNCLASSIFIED}")


def test_a_withheld_mail_says_why(app: Flask, client: FlaskClient, mailbox: Mailbox, waiting: int) -> None:
    suppress(ADA)
    before = len(mailbox.mails())
    drain(app)
    assert len(mailbox.mails()) == before
    assert replies(app, waiting) == ("cancelled", f"withheld: {Obstacle.SUPPRESSED}")


def test_the_same_mail_to_a_confirmed_reader_goes_out(
    app: Flask, client: FlaskClient, mailbox: Mailbox, waiting: int
) -> None:
    before = len(mailbox.mails(ADA))
    drain(app)
    assert len(mailbox.mails(ADA)) == before + 1
    assert replies(app, waiting)[0] == "sent"
