"""A mail that the relay puts off goes again, later each time, until it is too late for it."""

from datetime import timedelta

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select, update

from signup.ground.clock import utcnow
from signup.ground.db import db, transaction
from signup.ground.dialect import now
from signup.mailer.message import Message, MessageState
from tests.cast import EVE, Mailbox, drain, sign_up

pytestmark = pytest.mark.both_engines


def minutes_until_it_goes_again(app: Flask) -> int:
    """Try the only mail now; how many minutes it waits then."""
    with transaction():
        db.session.execute(update(Message).values(not_before=now()))
    drain(app)
    again_at = db.session.scalars(select(Message.not_before).where(Message.state == MessageState.RETRY)).one()
    return round((again_at - utcnow()).total_seconds() / 60)


def test_a_mail_that_is_put_off_goes_again_at_growing_distances_for_two_days(
    app: Flask, client: FlaskClient, mailbox: Mailbox, form_id: str
) -> None:
    mailbox.answer = "451 later"
    assert sign_up(client, form_id, EVE).status_code == 202
    assert [minutes_until_it_goes_again(app) for _try in range(8)] == [1, 5, 15, 30, 60, 120, 240, 240]
    with transaction():
        db.session.execute(update(Message).values(created_at=now(-timedelta(hours=47))))
    assert minutes_until_it_goes_again(app) == 240
    with transaction():
        db.session.execute(update(Message).values(created_at=now(-timedelta(hours=48)), not_before=now()))
    drain(app)
    assert db.session.execute(select(Message.state, Message.reply)).one() == ("failed", "451 later")
    assert mailbox.mails() == []
