"""What a dead sender held: a mail that is waited for goes again, a letter that may be out is a person's to judge."""

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select, update

from signup.ground.db import db, transaction
from signup.ground.dialect import now
from signup.mailer.lease import LEASE, sweep
from signup.mailer.message import Message, MessageState
from signup.mailer.message_kind import MessageKind
from tests.cast import sign_up

pytestmark = pytest.mark.both_engines


def test_of_a_dead_senders_mails_only_a_letter_that_was_handed_over_does_not_go_again(
    app: Flask, client: FlaskClient, form_id: str
) -> None:
    held = [
        (MessageKind.CAMPAIGN, MessageState.HANDED),
        (MessageKind.CAMPAIGN, MessageState.CLAIMED),
        (MessageKind.CONFIRM, MessageState.HANDED),
        (MessageKind.CONFIRM, MessageState.CLAIMED),
    ]
    for number in range(len(held)):
        assert sign_up(client, form_id, f"visitor-{number}@example.org").status_code == 202
    ids = db.session.scalars(select(Message.id).order_by(Message.id)).all()
    with transaction():
        for message_id, (kind, state) in zip(ids, held, strict=True):
            dead = {"kind": kind, "state": state, "owner": "dead", "lease_until": now(-LEASE)}
            db.session.execute(update(Message).where(Message.id == message_id).values(**dead))
    sweep()
    found = db.session.execute(select(Message.state, Message.owner).order_by(Message.id)).all()
    assert [tuple(row) for row in found] == [(state, None) for state in ("unclear", "ready", "ready", "ready")]
